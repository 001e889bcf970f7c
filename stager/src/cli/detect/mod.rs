//! `stage detect APP`.

mod report;
mod steps;
mod text;

use super::args::DetectArgs;
use super::environment::Environment;
use super::stage::failure;
use super::{Failure, printer};
use crate::pipeline;

pub(super) use text::detection as human;

pub(super) fn run(args: &DetectArgs, environment: &Environment) -> Result<(), Failure> {
    if let Some(folder) = &args.buildpacks_dir {
        // A misspelt folder is not one without buildpacks.
        drop(fs_err::read_dir(folder)?);
    }
    let detected = pipeline::detect(&args.app, &environment.for_detection()).map_err(failure)?;
    let report = report::of(&detected, &args.app, args.buildpacks_dir.as_deref());
    if args.print.json {
        printer::json(&report)?;
    } else if !args.print.quiet {
        printer::data(&text::report(&report))?;
    }
    Ok(())
}
