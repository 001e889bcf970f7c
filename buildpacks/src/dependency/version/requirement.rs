//! What is asked for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Version, VersionError};

/// How many numbers a request without a wildcard needs to mean exactly that version.
const EXACT_NUMBERS: usize = 3;

/// A request for a version: `17`, `17.*`, `17.+`, `17.x`, `17.0.x`, `21.0.5`, `21.0.5+11`, `*`, `latest`.
///
/// One or two numbers stand for everything that starts with them (`17` is `17.*`); three or more, or a qualifier, for
/// that version in any build; with a build, for that build only.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Requirement {
    rule: Rule,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Any,
    StartsWith(Vec<u64>),
    AnyBuild(Version),
    Exact(Version),
}

/// Why a text is not a request for a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version request")]
pub struct RequirementError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub source: VersionError,
}

impl RequirementError {
    /// What would have been right.
    pub fn hint(&self) -> Option<String> {
        Some("Write `17`, `17.*`, `17.+`, `17.0.x`, `21.0.5`, `21.0.5+11`, `*` or `latest`".into())
    }
}

impl Requirement {
    /// Everything; the newest is taken.
    pub fn newest() -> Self {
        Self { rule: Rule::Any, text: "*".into() }
    }

    /// Exactly `version`, its build included.
    pub fn exactly(version: &Version) -> Self {
        Self { rule: Rule::Exact(version.clone()), text: version.as_str().to_owned() }
    }

    /// Reads a request.
    ///
    /// # Errors
    /// When what stands before the wildcard is not a version.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        let text = text.trim();
        let error = |source| RequirementError { text: text.to_owned(), source };
        let rule = match without_wildcard(text) {
            Some("") => Rule::Any,
            Some(prefix) => Rule::StartsWith(prefix_numbers(prefix).map_err(error)?),
            None => {
                let version = Version::parse(text).map_err(error)?;
                let written = text.split('.').count();
                if version.build().is_some() {
                    Rule::Exact(version)
                } else if written < EXACT_NUMBERS && !version.has_qualifier() && version.numbers().len() <= written {
                    Rule::StartsWith(prefix_numbers(text).map_err(error)?)
                } else {
                    Rule::AnyBuild(version)
                }
            }
        };
        Ok(Self { rule, text: text.to_owned() })
    }

    /// The same request for a Java version: `1.8.*` is `8.*`.
    #[must_use]
    pub fn java(mut self) -> Self {
        self.rule = match self.rule {
            Rule::StartsWith(numbers) => Rule::StartsWith(match numbers[..] {
                [1, feature @ 1..=9, ref rest @ ..] => [&[feature], rest].concat(),
                _ => numbers,
            }),
            Rule::AnyBuild(version) => match version.java() {
                // `1.8.0` was never a version of its own: it names the line
                version if version.numbers().len() == 1 && self.text.starts_with("1.") => {
                    Rule::StartsWith(version.numbers().to_vec())
                }
                version => Rule::AnyBuild(version),
            },
            Rule::Exact(version) => Rule::Exact(version.java()),
            Rule::Any => Rule::Any,
        };
        self
    }

    /// Whether `version` is asked for.
    pub fn matches(&self, version: &Version) -> bool {
        match &self.rule {
            Rule::Any => true,
            Rule::StartsWith(prefix) => {
                let mut numbers = version.numbers().iter().chain(std::iter::repeat(&0));
                prefix.iter().all(|wanted| numbers.next() == Some(wanted))
            }
            Rule::AnyBuild(wanted) => wanted.same_without_build(version),
            Rule::Exact(wanted) => wanted == version,
        }
    }

    /// The newest of `candidates` that matches; a release before any pre-release. Of equal versions, the last.
    pub fn select<'c, T>(
        &self,
        candidates: impl IntoIterator<Item = &'c T>,
        version: impl Fn(&T) -> &Version,
    ) -> Option<&'c T> {
        candidates
            .into_iter()
            .filter(|candidate| self.matches(version(candidate)))
            .max_by_key(|candidate| (!version(candidate).is_pre_release(), version(candidate).clone()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// What stands before a wildcard at the end; empty when everything is asked for.
fn without_wildcard(text: &str) -> Option<&str> {
    if ["*", "x", "X", "+", "latest", "newest"].contains(&text) {
        return Some("");
    }
    let before = text.strip_suffix(['*', 'x', 'X', '+'])?;
    let before = before.strip_suffix(['.', '_']).filter(|before| !before.is_empty())?;
    // `17.*.*` and `17.x.x` too
    if before.ends_with(['*', 'x', 'X', '+']) { without_wildcard(before) } else { Some(before) }
}

/// The numbers as written, trailing zeros kept: `17.0` is not `17`.
fn prefix_numbers(text: &str) -> Result<Vec<u64>, VersionError> {
    let wrong = || VersionError { text: text.to_owned(), reason: "only numbers may stand before a wildcard" };
    text.split(['.', '_']).map(|number| number.parse().map_err(|_| wrong())).collect()
}

impl PartialEq for Requirement {
    fn eq(&self, other: &Self) -> bool {
        self.rule == other.rule
    }
}

impl Eq for Requirement {}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Requirement {
    type Err = RequirementError;
    fn from_str(text: &str) -> Result<Self, RequirementError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Requirement {
    type Error = RequirementError;
    fn try_from(text: String) -> Result<Self, RequirementError> {
        Self::parse(&text)
    }
}

impl From<Requirement> for String {
    fn from(requirement: Requirement) -> String {
        requirement.text
    }
}
