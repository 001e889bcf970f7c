//! Running a buildpack's scripts: directly, with the builder's environment, folder and streams.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::super::{output, system};
use super::disk;
use super::error::{self, StageError};
use super::limits::{DISK, TIME};
use super::supervision::{Ended, Print, Runner, Task};

/// A script that failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScriptError {
    /// It could not be started.
    #[error("fork/exec {path}: {reason}")]
    Start {
        /// The script.
        path: String,
        /// Why.
        reason: String,
    },
    /// It ended with another status than 0, or was ended at a limit.
    #[error("{0}")]
    Status(String),
    /// It was not run, since it could not be isolated.
    #[error(transparent)]
    Isolation(StageError),
    /// Something that it started still runs.
    #[error("{}", error::unended(_0))]
    Unended(String),
}

impl ScriptError {
    /// The staging's error when this script's is one of `phase`.
    pub(super) fn within(self, phase: impl FnOnce(String) -> StageError) -> StageError {
        match self {
            Self::Isolation(error) => error,
            other => phase(other.to_string()),
        }
    }
}

/// A script of a buildpack.
pub(super) struct Script<'a> {
    path: PathBuf,
    buildpack: &'a Path,
    name: &'static str,
    key: &'a str,
    runner: &'a Runner<'a>,
}

impl<'a> Script<'a> {
    /// The script of this name in the `bin` of the buildpack with this key.
    pub(super) fn new(buildpack: &'a Path, name: &'static str, key: &'a str, runner: &'a Runner<'a>) -> Self {
        Self { path: buildpack.join("bin").join(name), buildpack, name, key, runner }
    }

    /// Whether there is such a file.
    pub(super) fn exists(&self) -> bool {
        fs::metadata(&self.path).is_ok()
    }

    /// Whether any execute bit is set; the text of the error when there is no such file.
    pub(super) fn executable(&self) -> Result<bool, String> {
        match fs::metadata(&self.path) {
            Ok(metadata) => Ok(metadata.permissions().mode() & 0o111 != 0),
            Err(error) => Err(format!("stat {}: {}", self.path.display(), system::reason(&error))),
        }
    }

    /// Runs it.
    pub(super) fn run(&self, arguments: &[&OsStr]) -> Result<(), ScriptError> {
        self.start(arguments, Print::Through).map(drop)
    }

    /// Runs it and returns what it wrote to standard output.
    pub(super) fn output(&self, arguments: &[&OsStr]) -> Result<Vec<u8>, ScriptError> {
        self.start(arguments, Print::Kept)
    }

    fn start(&self, arguments: &[&OsStr], print: Print) -> Result<Vec<u8>, ScriptError> {
        let mut command = Vec::new();
        if let Some(isolation) = self.runner.isolation {
            command = isolation.view(self.key, self.buildpack).map_err(ScriptError::Isolation)?.arguments();
        }
        command.push(self.path.clone().into_os_string());
        command.extend(arguments.iter().map(OsString::from));
        let ended = self.runner.run(&Task { command, isolated: self.runner.isolation.is_some(), print });
        let reason = match ended {
            Ended::Itself(status, printed) if status.success() => return Ok(printed),
            Ended::Itself(status, _) => {
                self.report_full_disk();
                system::status(status)
            }
            Ended::NotStarted(error) => return Err(self.not_started(&error)),
            Ended::NotIsolated(reason) => return Err(ScriptError::Isolation(StageError::not_isolated(&reason))),
            Ended::TooLong(limit) => {
                let reason = format!("time limit of {limit:?} exceeded");
                self.report(&format!("it ran longer than the time limit of {limit:?}"), Some(TIME));
                reason
            }
            Ended::TooLarge(exceeded) => {
                self.report(&exceeded.to_string(), Some(DISK));
                "size limit exceeded".to_owned()
            }
            Ended::TooMuch(limit) => {
                self.report(&format!("it printed more than {limit} bytes"), None);
                "output limit exceeded".to_owned()
            }
            Ended::Unended(names) => {
                self.report(&error::unended(&names), None);
                return Err(ScriptError::Unended(names));
            }
        };
        Err(ScriptError::Status(reason))
    }

    /// Says which script was ended and why; by which limit, where one can be set.
    fn report(&self, reason: &str, setting: Option<(&str, &str)>) {
        let setting = setting.map(|(flag, variable)| format!(" (-{flag}, {variable})")).unwrap_or_default();
        output::error_line(&format!(
            "Script '{}' of buildpack '{}' was ended in phase {}: {reason}{setting}",
            self.path.display(),
            self.key,
            self.name
        ));
    }

    /// Scripts seldom say that they failed for want of room.
    fn report_full_disk(&self) {
        if let Some(folder) = disk::full(&self.runner.folders) {
            output::error_line(&format!(
                "Script '{}' of buildpack '{}' failed in phase {}: no space left on the disk of {} '{}'",
                self.path.display(),
                self.key,
                self.name,
                folder.what,
                folder.path.display()
            ));
        }
    }

    fn not_started(&self, error: &io::Error) -> ScriptError {
        ScriptError::Start { path: self.path.display().to_string(), reason: system::reason(error) }
    }
}
