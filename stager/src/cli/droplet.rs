//! `stage APP -o droplet:FILE`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;

use super::args::{ChoiceArgs, StageArgs};
use super::detect::shell_argument;
use super::environment::Environment;
use super::problem::{Code, Problem};
use super::{Failure, printer, settings, variables};
use crate::cloudfoundry::{self, DropletReport, DropletSettings, Unpublished};
use crate::image::MediaTypes;
use crate::layer::Compression;
use crate::pipeline::{self, StageError};
use crate::report::bytes;
use crate::sink::is_stdout;
use buildpacks::shown::line;

/// A request for a runtime that droplets cannot have.
#[derive(Debug, thiserror::Error)]
#[error(
    "`--jre {0}` is not for droplets, which run on the platform's root file system: ask for a version such as `17`"
)]
struct RuntimeError(String);

impl Problem for RuntimeError {
    fn code(&self) -> Code {
        Code::UsageValue
    }
}

/// Options that shape an image, or a droplet, where there is none.
#[derive(Debug, thiserror::Error)]
#[error("{} without meaning here: {reason}", named(options))]
struct MeaninglessError {
    options: Vec<&'static str>,
    reason: &'static str,
}

impl Problem for MeaninglessError {
    fn code(&self) -> Code {
        Code::UsageArguments
    }
}

fn named(options: &[&str]) -> String {
    let names: Vec<_> = options.iter().map(|option| format!("`{}`", variables::spoken(option))).collect();
    format!("{} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}

/// Refuses what would be ignored: options of images when every output is a droplet, those of droplets when none is.
pub(super) fn refuse_ignored(args: &StageArgs, images: bool, droplets: bool) -> Result<(), Failure> {
    let choice = &args.choice;
    let (given, reason) = if !droplets {
        (vec![("--buildpack", args.buildpack.is_some())], "the files of a buildpack are for `-o droplet:FILE`")
    } else if images {
        return Ok(());
    } else {
        let given = vec![
            ("--base", choice.base.is_some()),
            ("--compression", args.compression != Compression::default()),
            ("--expect-digest", args.expect_digest.is_some()),
            ("--media-types", args.media_types != MediaTypes::default()),
            ("--locked", choice.locked),
            ("--fetch", choice.fetch),
            ("--with", !choice.with.is_empty()),
            ("--without", !choice.without.is_empty()),
            ("--memory-profile", choice.memory_profile.is_some()),
        ];
        let reason = "a droplet is what the Java buildpack makes of the platform's root file system, the cache and its own \
                      variables such as `JBP_CONFIG_SPRING_AUTO_RECONFIGURATION`; `stage dependency fetch` fills the cache";
        (given, reason)
    };
    let options: Vec<_> = given.into_iter().filter_map(|(name, is_given)| is_given.then_some(name)).collect();
    if options.is_empty() {
        return Ok(());
    }
    Err(MeaninglessError { options, reason }.into())
}

/// Makes the droplets; they have no names until they are published.
pub(super) fn stage(
    args: &StageArgs,
    outputs: Vec<PathBuf>,
    environment: &Environment,
) -> Result<Unpublished, Failure> {
    let mut outputs = outputs.into_iter();
    let Some(output) = outputs.next() else { unreachable!("droplets are made when one is asked for") };
    let settings = DropletSettings {
        application: args.app.clone().unwrap_or_default(),
        cache_dir: settings::cache_dir(&args.cache, environment)?,
        catalogues: args.cache.catalogue.clone(),
        buildpack: args.buildpack.clone(),
        paranoid: args.paranoid,
        java: version(&args.choice)?,
        calculator: args.choice.memory_calculator,
        environment: environment.all().clone(),
        output,
        more_outputs: outputs.collect(),
    };
    let quiet = args.print.quiet;
    // What the buildpack says is the cause when it fails.
    let unsaid = Mutex::new(String::new());
    let log = |text: &str| match unsaid.lock() {
        Ok(mut unsaid) if quiet => unsaid.push_str(text),
        _ => printer::progress(text),
    };
    cloudfoundry::droplet_of(&settings, &log).map_err(|error| {
        printer::progress(&unsaid.lock().map(|text| text.clone()).unwrap_or_default());
        let failure = Failure::from(error);
        let hint = not_taken(&settings, environment).or_else(|| failure.hint.clone());
        Failure { hint, ..failure }
    })
}

/// What an image would be refused with, where no built-in buildpack takes the application: there is no droplet of it either.
fn not_taken(settings: &DropletSettings, environment: &Environment) -> Option<String> {
    match pipeline::detect_built_in(&settings.application, &environment.for_detection()) {
        Err(StageError::NotTaken(refused)) => Some(refused.hint()),
        _ => None,
    }
}

/// The version that `--jre` asks for.
fn version(choice: &ChoiceArgs) -> Result<Option<String>, Failure> {
    match choice.jre.as_deref() {
        None | Some("auto") => Ok(None),
        Some(text) if text.starts_with(|c: char| c.is_ascii_digit()) => Ok(Some(text.to_owned())),
        Some(text) => Err(RuntimeError(text.to_owned()).into()),
    }
}

/// The report as text.
pub(super) fn human(report: &DropletReport) -> String {
    let mut out = String::new();
    for (kind, command) in &report.processes {
        let _ = writeln!(out, "process {kind}: {command}");
    }
    for note in &report.notes {
        let _ = writeln!(out, "note: {}", line(note));
    }
    let _ = writeln!(out, "droplet sha256:{} ({})", report.sha256, bytes(report.size));
    for output in &report.outputs {
        let _ = writeln!(out, "  -> droplet:{}", output.display());
    }
    let _ = writeln!(out, "{}", report.timings);
    if let Some(output) = report.outputs.iter().find(|output| !is_stdout(output)) {
        let path = shell_argument(output);
        let _ = writeln!(
            out,
            "run it: mkdir vcap && tar xzf {path} -C vcap && cd vcap && PORT=8080 stage launcher app '' ''"
        );
    }
    out
}
