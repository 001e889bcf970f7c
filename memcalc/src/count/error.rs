//! Why classes could not be counted.

use crate::go;
use std::io;
use std::path::Path;

/// Why classes could not be counted. `Display` is the original's text: a chain of causes, one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    text: String,
    not_found: bool,
}

impl Error {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), not_found: false }
    }

    /// A failed operation on a path, as the originals word it: `open /app: permission denied`.
    pub(super) fn io(operation: &str, path: &Path, error: &io::Error) -> Self {
        Self {
            text: format!("{operation} {}: {}", path.display(), go::cause(error)),
            not_found: error.kind() == io::ErrorKind::NotFound,
        }
    }

    /// Puts a line in front.
    pub(super) fn within(mut self, outer: &str) -> Self {
        self.text = format!("{outer}\n{}", self.text);
        self
    }

    /// Puts text in front and after, on the same line.
    pub(super) fn framed(mut self, before: &str, after: &str) -> Self {
        self.text = format!("{before}{}{after}", self.text);
        self
    }

    /// Whether the root of it is a file that does not exist.
    pub fn is_not_found(&self) -> bool {
        self.not_found
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}
