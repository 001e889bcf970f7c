//! Spring Boot's layers index (Spring Boot reference, "Packaging Layered Jar or War"):
//!
//! ```yaml
//! - "dependencies":
//!   - "BOOT-INF/lib/library1.jar"
//! - "application":
//!   - "BOOT-INF/classes/"
//! ```
//!
//! A member that ends in `/` takes everything below it, any other one file. The first layer with a fitting member wins;
//! what fits none goes to the last layer.

use std::collections::{HashMap, HashSet};

use crate::shown::Shown;

/// Largest index that is read, bytes.
pub(super) const MAX_BYTES: u64 = 16 << 20;

/// Longest name of a layer, characters: far more than any real one, and no more than a line of a report has room for.
const MAX_NAME: usize = 100;

/// The layers and their members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayersIndex {
    layers: Vec<String>,
    /// Single files, each with its layer.
    files: HashMap<String, usize>,
    /// Prefixes that end in `/`, each with its first layer.
    folders: HashMap<String, usize>,
}

/// Why a layers index cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayersIndexError {
    /// The index is not UTF-8.
    #[error("The layers index is not UTF-8")]
    NotUtf8,
    /// The index names no layer.
    #[error("The layers index is empty")]
    Empty,
    /// A line is neither a layer nor a member.
    #[error("Line {line} is neither `- \"layer\":` nor `  - \"path\"`")]
    Line {
        /// Line number, from 1.
        line: usize,
    },
    /// A member before any layer.
    #[error("Line {line} belongs to no layer")]
    NoLayer {
        /// Line number, from 1.
        line: usize,
    },
    /// A layer named before.
    #[error("Line {line} names layer `{}` again", Shown(layer))]
    Repeated {
        /// Line number, from 1.
        line: usize,
        /// The layer.
        layer: String,
    },
    /// A layer with a name that is none.
    #[error(
        "Line {line} names a layer `{}`: 1 to {MAX_NAME} characters are allowed, none of them a control character",
        Shown(layer)
    )]
    Name {
        /// Line number, from 1.
        line: usize,
        /// The name.
        layer: String,
    },
}

impl LayersIndex {
    /// Parses an index; blank lines are passed over.
    pub fn parse(bytes: &[u8]) -> Result<Self, LayersIndexError> {
        let text = std::str::from_utf8(bytes).map_err(|_| LayersIndexError::NotUtf8)?;
        let mut index = Self::default();
        let mut names = HashSet::new();
        for (at, raw) in text.lines().enumerate() {
            let line = at + 1;
            let text = raw.trim_end();
            if text.is_empty() {
                continue;
            }
            let unquoted = |text: &str| Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned());
            if let Some(name) = text.strip_prefix("- ").and_then(|rest| rest.strip_suffix(':')).and_then(unquoted) {
                if !is_name(&name) {
                    return Err(LayersIndexError::Name { line, layer: name });
                }
                if !names.insert(name.clone()) {
                    return Err(LayersIndexError::Repeated { line, layer: name });
                }
                index.layers.push(name);
            } else if let Some(member) = text.strip_prefix("  - ").and_then(unquoted) {
                let layer = index.layers.len().checked_sub(1).ok_or(LayersIndexError::NoLayer { line })?;
                index.add(member, layer);
            } else {
                return Err(LayersIndexError::Line { line });
            }
        }
        if index.layers.is_empty() { Err(LayersIndexError::Empty) } else { Ok(index) }
    }

    /// Names of the layers, in order.
    pub fn layers(&self) -> &[String] {
        &self.layers
    }

    /// Position of the layer that takes `path`.
    pub fn layer_of(&self, path: &str) -> usize {
        let file = self.files.get(path).copied();
        let prefixes = path.match_indices('/').map(|(at, _)| &path[..=at]);
        let folder = prefixes.filter_map(|prefix| self.folders.get(prefix)).min().copied();
        match (file, folder) {
            (Some(file), Some(folder)) => file.min(folder),
            (found, other) => found.or(other).unwrap_or(self.layers.len().saturating_sub(1)),
        }
    }

    fn add(&mut self, member: String, layer: usize) {
        if member.ends_with('/') {
            self.folders.entry(member).or_insert(layer);
        } else {
            self.files.entry(member).or_insert(layer);
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().nth(MAX_NAME).is_none() && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INDEX: &str = "- \"dependencies\":\n  - \"BOOT-INF/lib/a.jar\"\n  - \"BOOT-INF/lib/b.jar\"\n\
        - \"loader\":\n  - \"org/\"\n- \"empty\":\n- \"application\":\n  - \"BOOT-INF/classes/\"\n  - \"BOOT-INF/\"\n";

    #[test]
    fn the_first_match_wins_and_the_rest_goes_last() {
        let index = LayersIndex::parse(INDEX.as_bytes()).unwrap();
        assert_eq!(index.layers(), ["dependencies", "loader", "empty", "application"]);
        let layer = |path: &str| index.layers()[index.layer_of(path)].as_str();
        assert_eq!(layer("BOOT-INF/lib/b.jar"), "dependencies");
        assert_eq!(layer("BOOT-INF/lib/c.jar"), "application");
        assert_eq!(layer("org/a/B.class"), "loader");
        assert_eq!(layer("organisation"), "application");
        assert_eq!(layer("META-INF/x"), "application");
    }

    #[test]
    fn reads_blank_lines_and_windows_line_ends() {
        let index = INDEX.replace('\n', "\r\n") + "\r\n\r\n";
        assert_eq!(LayersIndex::parse(index.as_bytes()), LayersIndex::parse(INDEX.as_bytes()));
    }

    #[test]
    fn names_the_broken_line() {
        let error = |text: &str| LayersIndex::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error("\n\n"), LayersIndexError::Empty);
        assert_eq!(error("- \"a\":\nnonsense"), LayersIndexError::Line { line: 2 });
        assert_eq!(error("- \"a\":\n - \"b\""), LayersIndexError::Line { line: 2 });
        assert_eq!(error("- a:"), LayersIndexError::Line { line: 1 });
        assert_eq!(error("  - \"b\""), LayersIndexError::NoLayer { line: 1 });
        for name in [String::new(), "x".repeat(101), "\u{1b}[1m".to_owned()] {
            let error = error(&format!("- \"{name}\":"));
            assert!(error.to_string().len() < 300, "{error}");
            assert_eq!(error, LayersIndexError::Name { line: 1, layer: name });
        }
        assert_eq!(error("- \"a\":\n- \"a\":"), LayersIndexError::Repeated { line: 2, layer: "a".to_owned() });
    }

    /// Quadratic, this takes minutes.
    #[test]
    fn a_hundred_thousand_layers_are_no_work() {
        let folder = |at: usize| format!("- \"layer {at}\":\n  - \"folder/{at}/\"\n  - \"file/{at}\"\n");
        let index = LayersIndex::parse((0..100_000).map(folder).collect::<String>().as_bytes()).unwrap();
        for at in 0..100_000 {
            assert_eq!((index.layer_of(&format!("folder/{at}/x")), index.layer_of(&format!("file/{at}"))), (at, at));
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(- \"[a-c]\":\n|  - \"[a-c/]{0,3}\"\n|[ \"-]{0,3}\n){0,8}", path: String) {
            if let Ok(index) = LayersIndex::parse(text.as_bytes()) {
                prop_assert!(index.layer_of(&path) < index.layers().len());
            }
        }
    }
}
