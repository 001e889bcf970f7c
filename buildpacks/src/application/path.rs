//! Names inside a tree: relative, `/`-separated, already checked.

use std::borrow::Borrow;
use std::fmt;

/// Longest accepted name in bytes, Linux' `PATH_MAX`.
pub(super) const MAX_PATH_BYTES: usize = 4096;

/// A relative path below the root of an application or a layer: UTF-8, components separated by one `/`,
/// none of them empty, `.` or `..`, no NUL, no backslash, at most 4096 bytes long. Orders by raw bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryPath(Box<str>);

/// Why a name cannot be a path inside a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The name is empty.
    #[error("The name is empty")]
    Empty,
    /// The name starts with `/` or a drive letter.
    #[error("The name is absolute")]
    Absolute,
    /// A component is `..`, which would leave the tree.
    #[error("The name leaves the tree (`..`)")]
    Traversal,
    /// A component is empty or `.`.
    #[error("The name has an empty or `.` component")]
    Component,
    /// The name holds a NUL, a control character or a backslash.
    #[error("The name holds a control character or a backslash")]
    Character,
    /// The name is longer than 4096 bytes.
    #[error("The name is longer than {MAX_PATH_BYTES} bytes")]
    TooLong,
}

impl EntryPath {
    /// Checks `name` and keeps it. A trailing `/` (a directory in zip and tar) is not accepted: strip it first.
    pub fn new(name: &str) -> Result<Self, PathError> {
        if name.is_empty() {
            return Err(PathError::Empty);
        }
        if name.len() > MAX_PATH_BYTES {
            return Err(PathError::TooLong);
        }
        if name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') && name.as_bytes()[0].is_ascii_alphabetic() {
            return Err(PathError::Absolute);
        }
        if name.bytes().any(|b| b < 0x20 || b == 0x7f || b == b'\\') {
            return Err(PathError::Character);
        }
        for component in name.split('/') {
            match component {
                ".." => return Err(PathError::Traversal),
                "" | "." => return Err(PathError::Component),
                _ => {}
            }
        }
        Ok(Self(name.into()))
    }

    /// A name known to be valid, written in the program.
    ///
    /// # Panics
    /// When it is not.
    pub fn literal(name: &'static str) -> Self {
        match Self::new(name) {
            Ok(path) => path,
            Err(error) => panic!("`{name}`: {error}"),
        }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path below `self`.
    #[must_use]
    pub fn join(&self, below: &EntryPath) -> EntryPath {
        EntryPath(format!("{self}/{below}").into())
    }

    /// Every directory above this path, outermost first; empty for a path of one component.
    pub fn ancestors(&self) -> impl Iterator<Item = EntryPath> + '_ {
        self.0.match_indices('/').map(|(at, _)| EntryPath(self.0[..at].into()))
    }

    /// Whether the last component ends in a dot and `extension`, with the same case.
    pub fn has_extension(&self, extension: &str) -> bool {
        self.file_name().strip_suffix(extension).is_some_and(|stem| stem.ends_with('.'))
    }

    /// The last component.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for EntryPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for EntryPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl AsRef<str> for EntryPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
