//! What can be wrong with a catalogue file.

use std::path::PathBuf;

use crate::dependency::RequirementError;

/// Why a catalogue could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file could not be read.
    #[error("Could not read the catalogue")]
    Read(#[source] std::io::Error),
    /// The file is not what a catalogue must be.
    #[error("Could not use the catalogue `{}`, line {line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// No entry has this id.
    #[error("The catalogue has no `{id}`")]
    UnknownId {
        /// The id asked for.
        id: String,
        /// All there are, sorted.
        known: Vec<String>,
    },
    /// No entry of this id has such a version for the target.
    #[error("The catalogue has no `{id}` in version `{requirement}`")]
    UnknownVersion {
        /// The id asked for.
        id: String,
        /// The version asked for.
        requirement: String,
        /// All versions there are, oldest first.
        known: Vec<String>,
    },
    /// The version asked for cannot be read.
    #[error(transparent)]
    Requirement(#[from] RequirementError),
}

impl CatalogueError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read(_) => None,
            Self::Invalid { .. } => Some("`docs/dependencies.md` describes the format".into()),
            Self::UnknownId { known, .. } => Some(format!("Known: {}", known.join(", "))),
            Self::UnknownVersion { known, .. } => Some(format!("Known versions: {}", known.join(", "))),
            Self::Requirement(error) => error.hint(),
        }
    }
}
