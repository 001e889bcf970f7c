//! The file `release` at the root of every Java runtime since 7: `KEY="VALUE"` lines.

use std::collections::BTreeMap;

use crate::dependency::Version;

/// Most bytes of a `release` file that are read.
pub(in crate::dependency) const MAX_BYTES: u64 = 64 * 1024;

/// What a `release` file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::dependency) struct Release(BTreeMap<String, String>);

impl Release {
    /// Reads the file's text; lines that are no `KEY="VALUE"` are passed over.
    pub(in crate::dependency) fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let (key, value) = line.split_once('=')?;
            Some((key.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
        };
        Self(text.lines().filter_map(line).collect())
    }

    /// A value, if it is there and not empty.
    pub(in crate::dependency) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The Java version.
    pub(in crate::dependency) fn version(&self) -> Option<Version> {
        Some(Version::parse(self.get("JAVA_VERSION")?).ok()?.java())
    }

    /// The Java version with its build, such as `17.0.15+6`, where the vendor says it.
    pub(in crate::dependency) fn full_version(&self) -> Option<Version> {
        let full = ["JAVA_RUNTIME_VERSION", "SEMANTIC_VERSION"].iter().find_map(|key| {
            let text = self.get(key)?;
            let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "._+".contains(c))).unwrap_or(text.len());
            Version::parse(&text[..end]).ok()
        });
        Some(full.or_else(|| self.version())?.java())
    }

    /// The modules in it, in its order.
    pub(in crate::dependency) fn modules(&self) -> Vec<&str> {
        self.get("MODULES").map(|modules| modules.split_whitespace().collect()).unwrap_or_default()
    }
}
