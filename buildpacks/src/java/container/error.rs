//! Why detection failed.

use std::fmt;

use super::Kind;
use crate::application::{ContentError, OpenError};
use crate::java::manifest::ManifestError;

/// Why detection failed.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// Nothing known was found.
    #[error("No buildpack takes `{artifact}`")]
    Nothing {
        /// The artifact's path.
        artifact: String,
        /// What was looked for, kind by kind.
        looked_for: Vec<LookedFor>,
    },
    /// Several executable jars side by side.
    #[error("`{artifact}` holds more than one executable jar: `{}`", jars.join("`, `"))]
    Ambiguous {
        /// The artifact's path.
        artifact: String,
        /// The jars.
        jars: Vec<String>,
    },
    /// An entry could not be read.
    #[error("Could not read `{entry}` of `{artifact}`")]
    Content {
        /// The artifact's path.
        artifact: String,
        /// The entry's path.
        entry: String,
        /// Why.
        source: ContentError,
    },
    /// A manifest could not be parsed.
    #[error("Could not parse `{entry}` of `{artifact}`")]
    Manifest {
        /// The artifact's path.
        artifact: String,
        /// The entry's path.
        entry: String,
        /// Why.
        source: ManifestError,
    },
    /// A jar inside the artifact could not be opened.
    #[error(transparent)]
    Nested(#[from] OpenError),
}

/// A kind that was looked for and why it is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedFor {
    /// The kind.
    pub kind: Kind,
    /// What makes it.
    pub wanted: &'static str,
    /// What is missing.
    pub missing: String,
}

impl fmt::Display for LookedFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Looked for {}, but {}", self.wanted, self.missing)
    }
}

impl DetectError {
    /// What to do about it; for nothing detected, one line for each kind that was looked for.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Nothing { looked_for, .. } => {
                Some(looked_for.iter().map(LookedFor::to_string).collect::<Vec<_>>().join("\n"))
            }
            Self::Ambiguous { .. } => Some(
                "Name the jar to stage instead of its directory; where it needs what lies beside it, stage a folder that holds \
                 it and what its `Class-Path` names alone"
                    .to_owned(),
            ),
            Self::Nested(error) => error.hint(),
            _ => None,
        }
    }
}
