//! `stage APP`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use buildpacks::shown::line;
use schemars::JsonSchema;
use serde::Serialize;

use super::args::StageArgs;
use super::detect::shell_argument;
use super::environment::Environment;
use super::output::Inputs;
use super::{Failure, Reply, Schema, droplet, output, settings, threads};
use crate::cloudfoundry::{DropletReport, Unpublished};
use crate::pipeline;
use crate::report::{Activities, Bars, Progress, Report, Silent, bytes, table};
use crate::sink::Input;
use crate::store::BlobSource;

/// `draws` is whether there is a terminal to draw progress on.
pub(super) fn run(args: StageArgs, draws: bool, environment: &Environment) -> Result<Reply, Failure> {
    let print = args.print.clone();
    let mut args = args;
    refuse_outputs(&args, environment)?;
    let stdout_is_taken = output::takes_stdout(&args.outputs, print.json, print.report.as_deref())?;
    let (images, droplets) = output::divide(std::mem::take(&mut args.outputs));
    let only_droplets = images.is_empty() && !droplets.is_empty();
    droplet::refuse_ignored(&args, !images.is_empty(), !droplets.is_empty())?;
    let mut settings = settings::for_stage(&args, images, environment)?;
    settings.threads = threads(settings.threads)?;
    let droplet = if droplets.is_empty() { None } else { Some(droplet::stage(&args, droplets, environment)?) };
    // An image that is not the expected one, or cannot be made, leaves no droplet either.
    let publish = |droplet: Option<Unpublished>| droplet.map(Unpublished::publish).transpose();
    if only_droplets {
        return reply(None, publish(droplet)?.as_ref(), stdout_is_taken);
    }
    let (bars, activities) = (Bars::default(), Activities::default());
    let progress: &dyn Progress = match (print.quiet, draws) {
        (true, _) => &Silent,
        (false, true) => &bars,
        (false, false) => &activities,
    };
    let report = pipeline::stage(&settings, progress)?;
    reply(Some(&report), publish(droplet)?.as_ref(), stdout_is_taken)
}

/// Refuses outputs in the place of something that is read.
fn refuse_outputs(args: &StageArgs, environment: &Environment) -> Result<(), Failure> {
    with_inputs(args, environment, |inputs| output::refuse(&args.outputs, inputs))
}

/// Refuses a report in the place of an output, or where something is read.
pub(super) fn refuse_report(report: &Path, args: &StageArgs, environment: &Environment) -> Result<(), Failure> {
    with_inputs(args, environment, |inputs| output::refuse_report(report, &args.outputs, inputs))
}

/// Asks about what is read.
fn with_inputs(
    args: &StageArgs,
    environment: &Environment,
    ask: impl FnOnce(&Inputs<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let cache = settings::cache_dir(&args.cache, environment)?;
    let caches = [cache.join("layers"), cache.join("dependencies")];
    let other = |what| move |path| Input { what, path };
    let profile = args.choice.memory_profile.as_deref().map(other("memory profile"));
    let buildpack = args.buildpack.as_deref().map(other("buildpack"));
    let catalogues = args.cache.catalogue.iter().map(PathBuf::as_path).map(other("catalogue"));
    let caches = caches.iter().map(PathBuf::as_path).map(other("cache"));
    ask(&Inputs {
        application: args.app.as_deref().unwrap_or_else(|| Path::new("")),
        base: args.choice.base.as_ref(),
        others: profile.into_iter().chain(buildpack).chain(catalogues).chain(caches).collect(),
    })
}

/// What was made: an image's report, with the droplet's in it when there are both.
#[derive(Serialize, JsonSchema)]
pub(super) struct StageReport<'a> {
    #[serde(flatten)]
    image: Option<&'a Report>,
    /// The droplet, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    droplet: Option<&'a DropletReport>,
}

fn reply(image: Option<&Report>, droplet: Option<&DropletReport>, stdout_is_taken: bool) -> Result<Reply, Failure> {
    let text = droplet.map(droplet::human).unwrap_or_default() + &image.map(human).unwrap_or_default();
    Ok(Reply::new(Schema::Report, &StageReport { image, droplet }, text)?.aside(stdout_is_taken))
}

fn human(report: &Report) -> String {
    let mut out = String::new();
    let application = &report.application;
    let boot = application.spring_boot_version.as_deref().unwrap_or_default();
    let _ = writeln!(out, "{}: {}", application.name, format!("{} {boot}", application.kind).trim_end());
    for dependency in &report.dependencies {
        let _ = writeln!(out, "  {} {} ({})", dependency.id, dependency.version, dependency.origin);
    }
    let _ = writeln!(out, "  base {} ({})\n", report.base.choice, report.base.reference);
    let rows: Vec<_> = report
        .layers
        .iter()
        .map(|layer| {
            let cache = match layer.cache {
                BlobSource::Cached => "hit",
                BlobSource::Built => "miss",
                BlobSource::Base => "base",
            };
            let plain = layer.uncompressed_size.map_or_else(|| "-".to_owned(), bytes);
            let digest = layer.digest.chars().take("sha256:".len() + 12).collect();
            vec![layer.name.clone(), bytes(layer.size), plain, cache.to_owned(), digest]
        })
        .collect();
    out.push_str(&table(&["layer", ">size", ">plain", "cache", "digest"], &rows));
    out.push('\n');
    for note in &report.notes {
        let _ = writeln!(out, "note: {}", line(note));
    }
    for (limit, switches) in &report.memory.examples {
        if limit == "512M" {
            let by = if report.memory.profile.is_some() { ", by what was measured" } else { "" };
            let _ = writeln!(out, "memory at {limit}{by}: {}", switches.lines().next().unwrap_or_default());
        }
    }
    let _ = writeln!(out, "image {} ({}, user {})", report.image.digest, bytes(report.image.size), report.image.user);
    for output in &report.outputs {
        let _ = writeln!(out, "  -> {}", output.output);
    }
    let _ = writeln!(out, "{}", report.timings);
    if let Some(output) = report.outputs.iter().find(|output| output.path != "-") {
        let _ = writeln!(out, "run it: podman run --rm {}", shell_argument(Path::new(&output.output)));
    }
    out
}
