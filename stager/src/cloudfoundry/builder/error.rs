//! Why staging failed, with the exit codes platforms tell failures apart by.

use super::super::system;
use std::path::Path;

/// Why staging failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StageError {
    /// No buildpack takes the application.
    #[error("None of the buildpacks detected a compatible application")]
    NothingDetected,
    /// The final buildpack's compile, finalize or supply failed.
    #[error("Failed to compile droplet: {0}")]
    Compile(String),
    /// The release script failed or printed something else than YAML.
    #[error("Failed to build droplet release: {0}")]
    Release(String),
    /// A supplying buildpack failed, or a buildpack is missing.
    #[error("Failed to run all supply scripts: {0}")]
    Supply(String),
    /// A buildpack that shall supply cannot.
    #[error("Error: one of the buildpacks chosen to supply dependencies does not support multi-buildpack apps")]
    NoSupplyScript,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl StageError {
    /// The exit code.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::NothingDetected => 222,
            Self::Compile(_) => 223,
            Self::Release(_) => 224,
            Self::Supply(_) | Self::NoSupplyScript => 225,
            Self::Other(_) => 1,
        }
    }

    /// Scripts cannot be isolated as asked for.
    pub(super) fn not_isolated(reason: &str) -> Self {
        Self::Other(format!("Failed to isolate buildpack scripts (-isolate, STAGE_ISOLATE): {reason}"))
    }

    /// Processes of a script could not be ended; `names` are their numbers and names.
    pub(super) fn unended(names: &str) -> Self {
        Self::Other(unended(names))
    }

    /// An operation on a file that failed: `mkdir /a: permission denied`.
    pub(super) fn file(operation: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::Other(format!("{operation} {}: {}", path.display(), system::reason(error)))
    }
}

/// What is said of processes that could not be ended.
pub(super) fn unended(names: &str) -> String {
    format!("processes that it started could not be ended: {names}")
}
