//! What all detect scripts together say.

use schemars::JsonSchema;
use serde::Serialize;

use super::tree::Tree;
use super::{ApplicationType, SystemError, advice, rules};
use crate::api::Evidence;
use crate::application::Application;

/// The environment variables that decide; none and empty are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// `BUNDLE_GEMFILE`: what Ruby's `Gemfile` is called.
    pub bundle_gemfile: Option<String>,
    /// `GOPACKAGENAME`: the name that makes `.go` files alone a Go application.
    pub go_package_name: Option<String>,
}

/// One buildpack that takes the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Match {
    /// The type it stands for.
    #[serde(rename = "type")]
    pub application_type: ApplicationType,
    /// What in the artifact led there.
    pub evidence: Vec<Evidence>,
    /// Whether nothing but rules that take applications of every kind led there: what `java_buildpack` takes for a
    /// distribution or for a command of Java's.
    pub broad: bool,
    /// What this application still needs to be staged by it.
    pub advice: Vec<&'static str>,
}

/// All buildpacks that take the application, in the platform's default order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The buildpacks that take it; empty when none does.
    pub matches: Vec<Match>,
}

/// Says which buildpacks take the application.
///
/// # Errors
/// A file that decides cannot be read.
pub fn detect(application: &Application, variables: &Variables) -> Result<Verdict, SystemError> {
    let tree = Tree::of(application);
    let mut matches = Vec::new();
    for application_type in ApplicationType::ALL {
        if let Some(found) = rules::look(application_type, tree, variables)? {
            let advice = advice::of(application_type, tree);
            matches.push(Match { application_type, evidence: found.evidence, broad: found.broad, advice });
        }
    }
    Ok(Verdict { matches })
}

impl Verdict {
    /// Whom a platform with the default order would take.
    pub fn platform_winner(&self) -> Option<&Match> {
        self.matches.first()
    }

    /// Who should be taken: the platform's choice, unless only broad rules led there and another one has real evidence.
    pub fn best(&self) -> Option<&Match> {
        self.matches.iter().find(|found| !found.broad).or_else(|| self.platform_winner())
    }

    /// What to know when the platform's choice rests on broad rules alone: whom it would take and why, and whom to name.
    pub fn warning(&self) -> Option<String> {
        let (platform, best) = (self.platform_winner()?, self.best()?);
        if !platform.broad {
            return None;
        }
        let why: Vec<_> = platform.evidence.iter().map(|found| format!("`{}` {}", found.path, found.what)).collect();
        let (why, key) = (why.join(", "), platform.application_type.buildpack());
        Some(if platform == best {
            format!("`{key}` takes it because {why}, but nothing in it is Java's")
        } else {
            let best = best.application_type.buildpack();
            format!(
                "In the platform's default order `{key}` would win over `{best}` because {why}, though nothing in it is \
                 Java's: name `{best}`"
            )
        })
    }
}
