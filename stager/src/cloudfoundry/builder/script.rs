//! Running a buildpack's scripts: directly, with the builder's environment, folder and streams.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fs_err as fs;

use super::super::{Surroundings, system};

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
    /// It ended with another status than 0.
    #[error("{0}")]
    Status(String),
}

/// A script of a buildpack.
pub(super) struct Script<'a> {
    path: PathBuf,
    surroundings: &'a Surroundings,
}

impl<'a> Script<'a> {
    /// The script of this name in the buildpack's `bin`.
    pub(super) fn new(buildpack: &Path, name: &str, surroundings: &'a Surroundings) -> Self {
        Self { path: buildpack.join("bin").join(name), surroundings }
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
        let status = self.command(arguments).status().map_err(|error| self.not_started(&error))?;
        if status.success() { Ok(()) } else { Err(ScriptError::Status(system::status(status))) }
    }

    /// Runs it and returns what it wrote to standard output.
    pub(super) fn output(&self, arguments: &[&OsStr]) -> Result<Vec<u8>, ScriptError> {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped());
        let child = command.spawn().map_err(|error| self.not_started(&error))?;
        let output = child.wait_with_output().map_err(|error| ScriptError::Status(system::reason(&error)))?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(ScriptError::Status(system::status(output.status)))
        }
    }

    fn command(&self, arguments: &[&OsStr]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(arguments).stdin(Stdio::null()).env_clear().envs(&self.surroundings.variables);
        command
    }

    fn not_started(&self, error: &std::io::Error) -> ScriptError {
        ScriptError::Start { path: self.path.display().to_string(), reason: system::reason(error) }
    }
}
