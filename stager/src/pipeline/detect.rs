//! What an artifact is, and who stages it: a buildpack built in here, or one of the platform's.

use std::path::Path;

use buildpacks::application::{Application, Format};
use buildpacks::java::container::{self, DetectError, Detection, LookedFor};
use buildpacks::java::{CensusMemo, NoMemo};
use buildpacks::system::{self, Match, Variables, Verdict};

use super::{NotTaken, StageError};

/// An artifact that some buildpack takes.
#[derive(Debug)]
pub struct Detected {
    /// What it is on disk.
    pub format: Format,
    /// Who stages it.
    pub taker: Taker,
    /// The system buildpacks that take it.
    pub verdict: Verdict,
}

/// Who stages an application.
#[derive(Debug)]
pub enum Taker {
    /// A built-in buildpack.
    BuiltIn(Box<Detection>),
    /// One of the platform's, since no built-in one does.
    System {
        /// The one that should.
        best: Match,
        /// What the built-in ones looked for.
        looked_for: Vec<LookedFor>,
    },
}

/// Says what the artifact at `path` is.
///
/// # Errors
/// [`StageError::NotTaken`] when neither a built-in nor a system buildpack takes it.
pub fn detect(path: &Path, variables: &Variables) -> Result<Detected, StageError> {
    let application = Application::open(path)?;
    let looked_for = match container::detect(&application) {
        Ok(detection) => {
            let verdict = system::detect(&application, variables)?;
            let taker = Taker::BuiltIn(Box::new(detection));
            return Ok(Detected { format: application.format(), taker, verdict });
        }
        Err(DetectError::Nothing { looked_for, .. }) => looked_for,
        Err(error) => return Err(error.into()),
    };
    let verdict = system::detect(&application, variables)?;
    match verdict.best().cloned() {
        Some(best) => Ok(Detected { format: application.format(), taker: Taker::System { best, looked_for }, verdict }),
        None => Err(NotTaken::of(&application, looked_for, verdict)?.into()),
    }
}

/// Says what the built-in buildpacks make of the artifact at `path`.
///
/// # Errors
/// [`StageError::NotTaken`] when none of them takes it; it says who else would.
pub fn detect_built_in(path: &Path, variables: &Variables) -> Result<Detection, StageError> {
    built_in(&Application::open(path)?, &NoMemo, variables)
}

/// As [`detect_built_in`], for an open artifact, with a memo.
pub(super) fn built_in(
    application: &Application,
    memo: &dyn CensusMemo,
    variables: &Variables,
) -> Result<Detection, StageError> {
    match container::detect_remembering(application, memo) {
        Err(DetectError::Nothing { looked_for, .. }) => {
            let verdict = system::detect(application, variables)?;
            Err(NotTaken::of(application, looked_for, verdict)?.into())
        }
        other => Ok(other?),
    }
}
