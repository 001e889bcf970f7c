//! Why an application could not be measured, and what to do.

use std::io;
use std::process::ExitStatus;

use super::jvm::AttachError;
use super::load::Answers;
use super::runner::{Ended, RunError};

/// Why an application could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// It could not be started.
    #[error(transparent)]
    Run(#[from] RunError),
    /// It ended by itself.
    #[error("The application ended {}{}", how(ended), shown(log))]
    Ended {
        /// How.
        ended: Ended,
        /// What it wrote last.
        log: Vec<String>,
    },
    /// It was never ready.
    #[error("The application was not ready after {seconds:.0} s{}", shown(log))]
    NotReady {
        /// How long it was waited for.
        seconds: f64,
        /// What it wrote last.
        log: Vec<String>,
    },
    /// Its JVM could not be asked.
    #[error(transparent)]
    Jvm(#[from] AttachError),
    /// It is not started with native memory tracking, or has ended since.
    #[error("The JVM does not track its native memory")]
    NoTracking,
    /// The JVM gave an answer that is not understood.
    #[error("The JVM's answer to `{what}` is not understood: {}", said.chars().take(200).collect::<String>())]
    Unknown {
        /// What it was asked.
        what: &'static str,
        /// What it said.
        said: String,
    },
    /// The kernel did not tell of the process.
    #[error("The process is gone")]
    Gone,
    /// No free port was found.
    #[error("There is no free port")]
    Port(#[source] io::Error),
    /// Signals cannot be watched.
    #[error("Could not watch for signals")]
    Signals(#[source] io::Error),
    /// The load command could not be started.
    #[error("Could not start the load command with `sh`")]
    LoadStart(#[source] io::Error),
    /// The load command failed.
    #[error("The load command `{command}` ended with {status}")]
    Load {
        /// The command.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// Too many requests failed for the numbers to mean anything.
    #[error(
        "{} of {} requests failed{}",
        answers.failed,
        answers.failed + answers.answered,
        shown(log)
    )]
    Failing {
        /// How they were answered.
        answers: Answers,
        /// What the application wrote last.
        log: Vec<String>,
    },
    /// A signal came.
    #[error("Interrupted; the application was stopped, nothing was stored")]
    Interrupted,
}

impl MeasureError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Ended { ended, .. } if ended.out_of_memory => {
                Some("it was killed for its memory: measure with more, such as `--limit 2G`")
            }
            Self::Ended { ended, .. } if ended.code == 82 => {
                Some("the limit is too small to start in: measure with more, such as `--limit 2G`")
            }
            Self::Ended { ended, .. } if ended.code == 0 => Some("only applications that stay can be measured"),
            Self::Ended { .. } => {
                Some("`--env NAME=VALUE` gives it what it needs, such as the address of its database")
            }
            Self::NotReady { .. } => Some("`--ready-within SECONDS` waits longer"),
            Self::Failing { .. } => {
                Some("`--path PATH` asks for what it has, `--load COMMAND` lets you choose the load altogether")
            }
            Self::Run(RunError::Engine { .. }) => Some("`--runner process` needs no container engine"),
            Self::Jvm(AttachError::Process { .. }) => Some(
                "a container of another user cannot be looked into: run as root, in `podman unshare`, or with `--runner process`",
            ),
            _ => None,
        }
    }
}

fn how(ended: &Ended) -> String {
    if ended.out_of_memory {
        "by the kernel, for its memory".to_owned()
    } else {
        format!("with exit code {}", ended.code)
    }
}

fn shown(log: &[String]) -> String {
    if log.is_empty() {
        return String::new();
    }
    format!("; it wrote last:\n{}", log.join("\n"))
}
