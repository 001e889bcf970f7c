//! A file that is not what its id says.

use crate::shown::Listed;

/// Why a file is not what it was called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// It is something else.
    #[error("`{file}` is no `{id}`: expected {expected}, found {found}")]
    Other {
        /// The file.
        file: String,
        /// What it was called.
        id: String,
        /// What that is.
        expected: String,
        /// What it is.
        found: String,
        /// What to do.
        hint: Option<String>,
    },
    /// It could be either of several.
    #[error("`{file}` holds several of them: {}", Listed(places))]
    Several {
        /// The file.
        file: String,
        /// The folders, in order.
        places: Vec<String>,
    },
}

impl Mismatch {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Other { hint, .. } => hint.clone(),
            Self::Several { places, .. } => {
                places.first().map(|place| format!("Name the one to take, such as `--prefix {place}`"))
            }
        }
    }
}
