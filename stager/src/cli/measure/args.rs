//! What is typed after `stage measure`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::super::Failure;
use super::super::args::{CacheArgs, ChoiceArgs, PrintArgs, variable};
use super::super::environment::Environment;
use super::super::inspect;
use super::super::memory::Limit;
use super::super::problem::{Code, Problem};
use crate::measure::runner::Engine;
use crate::measure::{Load, Runner};

#[derive(Debug, Args)]
pub(in super::super) struct MeasureArgs {
    /// The application (a jar, a folder, a tar), whose profile goes beside it; or an image that was staged,
    /// oci:DIR[:TAG] or oci-archive:FILE[:TAG], whose profile goes into its labels
    #[arg(value_name = "APP|IMAGE")]
    pub(in super::super) measured: PathBuf,
    /// Memory limit of the container: generous, since what does not fit is not seen
    #[arg(long, value_name = "SIZE", default_value = "1G", help_heading = "Measurement")]
    pub(super) limit: Limit,
    /// Load: a command for the shell, which finds the application by `PORT` and `URL`
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["path", "connections", "seconds"], help_heading = "Measurement")]
    load: Option<String>,
    /// Load without a command: what is asked for, repeatable [default: /]
    #[arg(long, value_name = "PATH", value_parser = path, help_heading = "Measurement")]
    path: Vec<String>,
    /// Load without a command: requests at a time
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=4096),
        help_heading = "Measurement")]
    connections: u32,
    /// Load without a command: how long
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400),
        help_heading = "Measurement")]
    seconds: u32,
    /// How long the application may take until it is ready, seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120, help_heading = "Measurement")]
    ready_within: u32,
    /// A variable that it needs, repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable, help_heading = "Measurement")]
    pub(super) env: Vec<(String, String)>,
    /// Where it runs
    #[arg(long, value_name = "RUNNER", default_value = "auto", help_heading = "Measurement")]
    runner: RunnerArg,
    /// The container engine, a program that takes podman's arguments [default: podman or docker]
    #[arg(long, value_name = "PROGRAM", help_heading = "Measurement")]
    engine: Option<PathBuf>,
    #[command(flatten)]
    pub(super) choice: ChoiceArgs,
    #[command(flatten)]
    pub(super) cache: CacheArgs,
    #[command(flatten)]
    pub(in super::super) print: PrintArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RunnerArg {
    /// A container for root where there is an engine, else a process
    Auto,
    /// A container
    Container,
    /// A process of this machine, with its libraries; nothing enforces the limit
    Process,
}

/// There is no program that runs containers.
#[derive(Debug, thiserror::Error)]
#[error("There is neither podman nor docker to run a container with")]
struct NoEngine;

impl Problem for NoEngine {
    fn code(&self) -> Code {
        Code::ToolMissing
    }

    fn advice(&self) -> Option<String> {
        Some("`--engine PROGRAM` names one, `--runner process` needs none".to_owned())
    }
}

/// Options that choose what an image has already.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not for images: it was chosen when the image was staged")]
struct ChosenAlready(&'static str);

impl Problem for ChosenAlready {
    fn code(&self) -> Code {
        Code::UsageArguments
    }
}

fn path(text: &str) -> Result<String, &'static str> {
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err("a path starts with `/`") }
}

impl MeasureArgs {
    /// What to put on it.
    pub(super) fn load(&self) -> Load {
        match &self.load {
            Some(command) => Load::Command(command.clone()),
            None => Load::Requests {
                paths: if self.path.is_empty() { vec!["/".to_owned()] } else { self.path.clone() },
                connections: self.connections,
                time: Duration::from_secs(self.seconds.into()),
            },
        }
    }

    pub(super) fn ready_within(&self) -> Duration {
        Duration::from_secs(self.ready_within.into())
    }

    /// Where to run it, and what to say about that.
    pub(super) fn runner(&self, environment: &Environment) -> Result<(Runner, Option<&'static str>), Failure> {
        let search_path = environment.get("PATH").unwrap_or_default();
        let engine = || self.engine.clone().map(Engine::named).or_else(|| Engine::find(OsStr::new(search_path)));
        let is_root = rustix::process::geteuid().is_root();
        match self.runner {
            RunnerArg::Process => Ok((Runner::Process, None)),
            RunnerArg::Auto if self.engine.is_none() && !is_root => {
                Ok((Runner::Process, Some("running it as a process, not in a container: only root can look into one")))
            }
            RunnerArg::Auto => Ok(engine().map_or_else(
                || (Runner::Process, Some("running it as a process: there is neither podman nor docker")),
                |engine| (Runner::Container(engine), None),
            )),
            RunnerArg::Container => Ok(engine().map(|engine| (Runner::Container(engine), None)).ok_or(NoEngine)?),
        }
    }

    /// The image's name, if an image and no application is to be measured.
    pub(super) fn image(&self) -> Result<Option<&str>, Failure> {
        image_named(&self.measured, &self.choice)
    }
}

/// The name of an image, if `path` is one: nothing can be chosen for it any more.
///
/// # Errors
/// When something is chosen all the same.
pub(in super::super) fn image_named<'a>(path: &'a Path, choice: &ChoiceArgs) -> Result<Option<&'a str>, Failure> {
    let text = path.to_str().unwrap_or_default();
    if !inspect::is_image(text) {
        return Ok(None);
    }
    let chosen = [
        ("--base", choice.base.is_some()),
        ("--jre", choice.jre.is_some()),
        ("--locked", choice.locked),
        ("--fetch", choice.fetch),
        ("--with", !choice.with.is_empty()),
        ("--without", !choice.without.is_empty()),
        ("--memory-calculator", choice.memory_calculator.is_some()),
        ("--memory-profile", choice.memory_profile.is_some()),
    ];
    match chosen.into_iter().find(|(_, is_given)| *is_given) {
        Some((name, _)) => Err(ChosenAlready(name).into()),
        None => Ok(Some(text)),
    }
}
