//! What `stage detect` found, as one document.

use std::path::{Path, PathBuf};

use buildpacks::api::Evidence;
use buildpacks::java::container::{Detection, LookedFor};
use buildpacks::system::{ApplicationType, Match};
use schemars::JsonSchema;
use serde::Serialize;

use super::steps::{self, Step};
use crate::cloudfoundry::{LocateError, folder_name, locate};
use crate::pipeline::{Detected, Taker};

/// The document.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct DetectReport<'a> {
    #[serde(flatten)]
    pub(super) taken: Taken<'a>,
    /// The type of the application.
    #[serde(rename = "type")]
    pub(super) application_type: ApplicationType,
    /// Whether `stage APP` stages it.
    pub(super) built_in: bool,
    /// Whom a platform with the default order would take.
    pub(super) platform_buildpack: Option<String>,
    /// Where broad rules decide for that one: whom it would take, why, and whom to name.
    pub(super) conflict: Option<String>,
    /// The system buildpacks that take it, the one to use first.
    pub(super) matches: Vec<Candidate<'a>>,
    /// What to do to stage it.
    pub(super) next: Vec<Step>,
    /// What a person should know.
    pub(super) notes: Vec<String>,
}

/// Who stages it, and why.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::cli) enum Taken<'a> {
    /// A built-in buildpack.
    BuiltIn(&'a Detection),
    /// One of the platform's.
    System {
        /// Its name.
        buildpack: String,
        /// What in the artifact led there.
        evidence: &'a [Evidence],
    },
}

/// A system buildpack that takes the application.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Candidate<'a> {
    #[serde(flatten)]
    pub(super) found: &'a Match,
    /// Its name.
    pub(super) buildpack: String,
    /// The project that publishes it.
    pub(super) project: String,
    /// Its folder's name below the folder of buildpacks.
    pub(super) folder: String,
    /// Whether it is there; none when nobody asked.
    pub(super) installed: Option<bool>,
    /// Where it is.
    pub(super) installed_at: Option<PathBuf>,
}

/// Makes the document. `buildpacks_dir` is where to look whether buildpacks are installed.
pub(super) fn of<'a>(detected: &'a Detected, app: &Path, buildpacks_dir: Option<&Path>) -> DetectReport<'a> {
    let Detected { format, taker, verdict } = detected;
    let mut notes = Vec::new();
    let (application_type, taken, next) = match taker {
        Taker::BuiltIn(detection) => {
            let next = vec![steps::stage(app)];
            (ApplicationType::Java, Taken::BuiltIn(detection), next)
        }
        Taker::System { best, looked_for } => {
            notes.extend(best.advice.iter().map(|advice| (*advice).to_owned()));
            if best.application_type == ApplicationType::Java {
                notes.extend(looked_for.iter().map(LookedFor::to_string));
            }
            let candidate = candidate(best, buildpacks_dir);
            let next = steps::build(&candidate, *format, app, buildpacks_dir);
            let taken = Taken::System { buildpack: candidate.buildpack, evidence: &best.evidence };
            (best.application_type, taken, next)
        }
    };
    let winner = verdict.platform_winner();
    if let (Taker::BuiltIn(_), Some(winner)) = (taker, winner)
        && winner.application_type != application_type
    {
        notes.push(format!("In the platform's default order `{}` would win", winner.application_type.buildpack()));
    }
    if let Some(base) = buildpacks_dir {
        notes.extend(verdict.matches.iter().filter_map(|found| malformed(base, found.application_type)));
    }
    let mut matches: Vec<_> = verdict.matches.iter().map(|found| candidate(found, buildpacks_dir)).collect();
    // Stable: those behind the first stay in the platform's order.
    matches.sort_by_key(|candidate| candidate.found.application_type != application_type);
    DetectReport {
        taken,
        application_type,
        built_in: matches!(taker, Taker::BuiltIn(_)),
        platform_buildpack: winner.map(|winner| winner.application_type.buildpack()),
        conflict: verdict.warning(),
        matches,
        next,
        notes,
    }
}

fn candidate<'a>(found: &'a Match, buildpacks_dir: Option<&Path>) -> Candidate<'a> {
    let key = found.application_type.buildpack();
    // What cannot be read is told in a note.
    let located = buildpacks_dir.and_then(|base| locate(base, &key).ok());
    Candidate {
        found,
        project: found.application_type.project(),
        folder: folder_name(&key),
        buildpack: key,
        installed: located.as_ref().map(Result::is_ok),
        installed_at: located.and_then(Result::ok),
    }
}

/// What is wrong with a buildpack's folder that is there.
fn malformed(base: &Path, application_type: ApplicationType) -> Option<String> {
    let key = application_type.buildpack();
    match locate(base, &key) {
        Ok(Err(LocateError::Malformed(_))) => {
            Some(format!("`{}` holds no buildpack: it has no `bin/`", base.join(folder_name(&key)).display()))
        }
        Ok(_) => None,
        Err(error) => Some(format!("Whether `{key}` is installed cannot be found out: {error}")),
    }
}
