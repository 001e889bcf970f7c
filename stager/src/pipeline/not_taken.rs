//! An application that no built-in buildpack takes: who else would, what is nearly there, what was looked for.

use buildpacks::application::Application;
use buildpacks::java::container::LookedFor;
use buildpacks::system::{ApplicationType, Match, NearMiss, SystemError, Verdict, near_misses, only_folder};

use crate::cloudfoundry::folder_name;

/// No built-in buildpack takes an application.
#[derive(Debug, thiserror::Error)]
#[error("No buildpack takes `{artifact}`")]
pub struct NotTaken {
    artifact: String,
    looked_for: Vec<LookedFor>,
    verdict: Verdict,
    near_misses: Vec<NearMiss>,
    only_folder: Option<String>,
}

impl NotTaken {
    /// Looks for what to say; `verdict` are the system buildpacks that would take it.
    pub(super) fn of(
        application: &Application,
        looked_for: Vec<LookedFor>,
        verdict: Verdict,
    ) -> Result<Self, SystemError> {
        let nobody = verdict.matches.is_empty();
        Ok(Self {
            artifact: application.path().display().to_string(),
            looked_for,
            near_misses: if nobody { near_misses(application)? } else { Vec::new() },
            only_folder: only_folder(application).filter(|_| nobody).map(str::to_owned),
            verdict,
        })
    }

    /// What to do, and what was looked for, a line each.
    pub fn hint(&self) -> String {
        let mut lines = self.verdict.best().map_or_else(|| self.nearly_taken(), |best| self.taken_by(best));
        lines.extend(self.looked_for.iter().map(LookedFor::to_string));
        if self.verdict.matches.is_empty() {
            let wants = |known: ApplicationType| Some(format!("`{}` wants {}", known.buildpack(), known.looks_for()?));
            lines.extend(ApplicationType::ALL.into_iter().filter_map(wants));
        }
        lines.join("\n")
    }

    /// Its type, and the buildpack that stages it.
    fn taken_by(&self, best: &Match) -> Vec<String> {
        let known = best.application_type;
        let why = best.evidence.first().map(|found| format!(", because `{}` {}", found.path, found.what));
        let mut lines = vec![format!(
            "Its type is {known}{}: `{}` of the project `{}` takes it; `stage detect {}` says how",
            why.unwrap_or_default(),
            known.buildpack(),
            known.project(),
            self.artifact,
        )];
        lines.extend(self.verdict.warning());
        lines.extend(best.advice.iter().map(|advice| (*advice).to_owned()));
        lines
    }

    /// What it might be with a little more.
    fn nearly_taken(&self) -> Vec<String> {
        let folder = self.only_folder.iter().map(|folder| {
            format!("Everything lies in `{folder}/`, and most is looked for at the top only: stage that folder")
        });
        self.near_misses.iter().map(nearly).chain(folder).collect()
    }
}

/// What is nearly there, and the buildpack it would be for.
fn nearly(near: &NearMiss) -> String {
    let (key, project) = (near.application_type.buildpack(), near.application_type.project());
    if near.application_type == ApplicationType::Binary {
        // Never detected, so there is nothing to add: the command is the answer.
        return format!(
            "{}: `{key}` stages it, which takes nothing by itself and must be named: unpack the project `{project}` into \
             `{}` below DIR, then `CF_STACK=cflinuxfs4 stage builder -buildDir=COPY -buildpacksDir=DIR -buildpackOrder={key} \
             -skipDetect=true` with a copy of the application's folder",
            near.advice,
            folder_name(&key),
        );
    }
    format!("{} for `{key}` (project `{project}`)", near.advice)
}
