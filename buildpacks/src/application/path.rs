//! Names inside a tree: relative, `/`-separated, already checked.

use std::borrow::Borrow;
use std::fmt;

/// Longest accepted name in bytes, Linux' `PATH_MAX`.
pub(super) const MAX_PATH_BYTES: usize = 4096;
/// Longest accepted component in bytes, Linux' `NAME_MAX`; no run time could unpack a longer one.
const MAX_COMPONENT_BYTES: usize = 255;

/// A relative path below the root of an application or a layer: UTF-8, components separated by one `/`,
/// none of them empty, `.`, `..` or longer than 255 bytes, no NUL, no backslash, at most 4096 bytes long. Orders by raw bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, schemars::JsonSchema)]
#[schemars(transparent)]
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
    /// A component is longer than 255 bytes.
    #[error("The name has a component longer than {MAX_COMPONENT_BYTES} bytes")]
    ComponentTooLong,
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
                long if long.len() > MAX_COMPONENT_BYTES => return Err(PathError::ComponentTooLong),
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

    /// Whether it lies below the folder `other`.
    pub fn is_below(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.starts_with('/'))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn knows_its_parts() {
        let path = EntryPath::literal("BOOT-INF/lib/a.jar");
        assert_eq!(path.file_name(), "a.jar");
        assert!(path.has_extension("jar") && !path.has_extension("JAR") && !path.has_extension("ar"));
        let ancestors: Vec<String> = path.ancestors().map(|path| path.to_string()).collect();
        assert_eq!(ancestors, ["BOOT-INF", "BOOT-INF/lib"]);
        assert_eq!(EntryPath::literal("a").join(&path).as_str(), "a/BOOT-INF/lib/a.jar");
    }

    proptest! {
        #[test]
        fn what_is_accepted_stays_below_the_root(name in "[a./\\\\:\u{0}-\u{7f}]{0,12}") {
            if let Ok(path) = EntryPath::new(&name) {
                prop_assert_eq!(path.as_str(), &name);
                let path = std::path::Path::new(&name);
                prop_assert!(path.components().all(|part| matches!(part, std::path::Component::Normal(_))));
                prop_assert_eq!(path.components().count(), name.split('/').count());
            }
        }
    }
}
