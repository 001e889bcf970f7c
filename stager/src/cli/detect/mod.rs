//! `stage detect APP`.

mod report;
mod steps;
mod text;

use super::args::DetectArgs;
use super::environment::Environment;
use super::{Failure, Reply, Schema};
use crate::pipeline;

pub(super) use report::DetectReport;
pub(super) use steps::argument as shell_argument;
pub(super) use text::detection as human;

pub(super) fn run(args: &DetectArgs, environment: &Environment) -> Result<Reply, Failure> {
    if let Some(folder) = &args.buildpacks_dir {
        // A misspelt folder is not one without buildpacks.
        drop(fs_err::read_dir(folder)?);
    }
    let detected = pipeline::detect(&args.app, &environment.for_detection())?;
    let report = report::of(&detected, &args.app, args.buildpacks_dir.as_deref());
    Reply::new(Schema::Detect, &report, text::report(&report))
}
