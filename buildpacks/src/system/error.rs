//! Why a tree could not be judged.

use crate::application::ContentError;

/// A file that decides could not be read.
#[derive(Debug, thiserror::Error)]
#[error("Could not read `{entry}` of `{artifact}`")]
pub struct SystemError {
    /// The artifact's path.
    pub artifact: String,
    /// The entry's path.
    pub entry: String,
    /// Why.
    pub source: ContentError,
}
