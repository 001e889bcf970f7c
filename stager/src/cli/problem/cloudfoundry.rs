//! Errors of droplets made of an artifact. The programs of the lifecycle have exit codes of their own, which stay theirs.

use super::{Code, Place, Problem};
use crate::cloudfoundry::ArtifactError;

impl Problem for ArtifactError {
    fn code(&self) -> Code {
        match self {
            Self::Open(source) => source.code(),
            Self::Start(source) => source.code(),
            Self::Catalogue(source) => source.code(),
            Self::Buildpack { .. } => Code::BuildpackFailed,
            Self::Data(_) | Self::NoBuildpack { .. } => Code::BuildpackInvalid,
            Self::NotTaken { .. } => Code::NothingDetected,
            Self::Procfile { .. } => Code::InputMetadata,
            Self::NoFolder { .. } => Code::InputEntry,
            Self::NoChoice { .. } => Code::UsageValue,
            Self::TooOld { .. } => Code::JreTooOld,
            Self::Context(_) => Code::CacheIo,
            Self::Unreadable(_) => Code::InputRead,
            Self::Destination(source) => source.code(),
            Self::Write { source, .. } => written(source.as_ref()),
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::Open(source) => source.advice(),
            Self::Start(source) => source.advice(),
            Self::Catalogue(source) => source.advice(),
            Self::Destination(source) => source.advice(),
            Self::TooOld { needed, .. } => Some(format!("Ask for `--jre {needed}` or later, or for none")),
            Self::NotTaken { artifact } => Some(format!("`stage detect {}` says what it is", artifact.display())),
            Self::Buildpack { .. }
            | Self::Data(_)
            | Self::NoBuildpack { .. }
            | Self::Procfile { .. }
            | Self::NoFolder { .. }
            | Self::NoChoice { .. }
            | Self::Context(_)
            | Self::Unreadable(_)
            | Self::Write { .. } => None,
        }
    }
}

/// The operating system's word among the causes of a droplet that could not be written.
fn written(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Code {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return Place::Output.code(error);
        }
        cause = error.source();
    }
    Code::OutputIo
}
