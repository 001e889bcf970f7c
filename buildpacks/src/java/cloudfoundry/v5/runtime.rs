//! What the buildpack must know of an unpacked Java runtime.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::application::{Entry, StatRecord};
use crate::dependency::{ResolvedDependency, Sha256};
use crate::java::cloudfoundry::shell_word::is_plain;

/// Most bytes of a text file of a runtime that are read.
const TEXT_BYTES: u64 = 1 << 20;

/// Remembers archives: to know one means to read all of it.
pub trait ArchiveMemo {
    /// The checksum of the file at `path`, open with the stat record `state`: that of an earlier time while the file is as
    /// it was, else what `hash` says of the open file.
    ///
    /// # Errors
    /// What `hash` fails with.
    fn sha256(&self, path: &Path, state: StatRecord, hash: &dyn Fn() -> io::Result<Sha256>) -> io::Result<Sha256>;
    /// What was found in the archive of this selector.
    fn recall(&self, selector: &[u8; 32]) -> Option<Runtime>;
    /// Keeps what was found.
    fn remember(&self, selector: &[u8; 32], runtime: &Runtime);
}

/// What was found in a runtime's archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runtime {
    /// The folders that hold `bin/java`, below the archive's root; empty for the root itself.
    homes: BTreeSet<String>,
    /// `JAVA_VERSION` of the file `release`, by home.
    versions: Vec<(String, Option<String>)>,
    /// What lies directly in `lib`, by home.
    libraries: Vec<(String, Vec<String>)>,
    /// Security providers, by home; none when there is no file that lists them.
    providers: Vec<(String, Option<Vec<String>>)>,
}

/// Where a runtime lists its security providers, from Java 9 on and before.
const SECURITY: [&str; 3] =
    ["conf/security/java.security", "lib/security/java.security", "jre/lib/security/java.security"];

impl Runtime {
    /// Looks into an archive, or recalls what was seen in it.
    pub(super) fn of(
        dependency: &ResolvedDependency,
        scratch: &Path,
        memo: &dyn ArchiveMemo,
    ) -> Result<Self, crate::dependency::DependencyError> {
        let selector = dependency.selector();
        if let Some(known) = memo.recall(&selector) {
            return Ok(known);
        }
        let runtime = Self::look(&dependency.open(scratch)?);
        memo.remember(&selector, &runtime);
        Ok(runtime)
    }

    fn look(entries: &[Entry]) -> Self {
        let homes: BTreeSet<String> = entries
            .iter()
            .filter_map(|entry| entry.path.as_str().strip_suffix("bin/java"))
            .filter(|home| home.matches('/').count() <= 1)
            // Scripts and switches name it.
            .filter(|home| home.is_empty() || is_plain(home))
            .map(|home| home.trim_end_matches('/').to_owned())
            .collect();
        let below = |home: &str, path: &str| if home.is_empty() { path.to_owned() } else { format!("{home}/{path}") };
        let text = |path: &str| {
            let content = entries.iter().find(|entry| entry.path.as_str() == path)?.content()?;
            Some(String::from_utf8_lossy(&content.read(TEXT_BYTES).ok()?).into_owned())
        };
        let version =
            |home: &String| (home.clone(), text(&below(home, "release")).and_then(|text| java_version(&text)));
        let libraries = |home: &String| {
            let lib = below(home, "lib/");
            let names = entries.iter().filter_map(|entry| entry.path.as_str().strip_prefix(&lib));
            let names: BTreeSet<_> = names.filter_map(|rest| rest.split('/').next()).collect();
            (home.clone(), names.into_iter().map(str::to_owned).collect())
        };
        let providers = |home: &String| {
            let listed = SECURITY.iter().find_map(|path| text(&below(home, path)));
            (home.clone(), listed.map(|text| security_providers(&text)))
        };
        Self {
            versions: homes.iter().map(version).collect(),
            libraries: homes.iter().map(libraries).collect(),
            providers: homes.iter().map(providers).collect(),
            homes,
        }
    }

    /// The runtime's folder: the first whose name starts with one of `prefixes` or is one of `exact`, else the root.
    pub(super) fn home(&self, prefixes: &[&str], exact: &[&str]) -> Option<&str> {
        let named = |home: &&String| {
            !home.is_empty()
                && (prefixes.iter().any(|prefix| home.starts_with(prefix)) || exact.contains(&home.as_str()))
        };
        self.homes.iter().find(named).or_else(|| self.homes.get("")).map(String::as_str)
    }

    /// The feature version: 8, 11, 17 ...
    pub(super) fn feature(&self, home: &str) -> Option<u32> {
        let version = of(&self.versions, home)?.as_deref()?;
        let version = version.strip_prefix("1.").unwrap_or(version);
        let digits = version.find(|c: char| !c.is_ascii_digit()).map_or(version, |end| &version[..end]);
        digits.parse().ok()
    }

    /// What lies directly in its `lib`.
    pub(super) fn libraries(&self, home: &str) -> &[String] {
        of(&self.libraries, home).map_or(&[], Vec::as_slice)
    }

    /// Its security providers, in order.
    pub(super) fn providers(&self, home: &str) -> Option<&[String]> {
        of(&self.providers, home)?.as_deref()
    }
}

fn of<'v, T>(values: &'v [(String, T)], home: &str) -> Option<&'v T> {
    values.iter().find(|(known, _)| known == home).map(|(_, value)| value)
}

fn java_version(release: &str) -> Option<String> {
    let line = release.lines().find_map(|line| line.strip_prefix("JAVA_VERSION="))?;
    Some(line.trim().trim_matches('"').to_owned())
}

fn security_providers(text: &str) -> Vec<String> {
    let line = |line: &str| {
        let (_, provider) = line.trim().strip_prefix("security.provider.")?.split_once('=')?;
        Some(provider.trim().to_owned()).filter(|provider| !provider.is_empty())
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::{Content, EntryPath};

    fn entries(files: &[(&str, &str)]) -> Vec<Entry> {
        let entry = |(path, text): &(&str, &str)| {
            Entry::file(EntryPath::new(path).unwrap(), Content::from_bytes(text.as_bytes()))
        };
        files.iter().map(entry).collect()
    }

    #[test]
    fn a_runtime_lies_in_a_named_folder_or_at_the_root() {
        let runtime = Runtime::look(&entries(&[
            ("jre-17.0.20/bin/java", ""),
            ("jre-17.0.20/release", "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"17.0.20\"\n"),
            ("jre-17.0.20/lib/modules", ""),
            ("jre-17.0.20/lib/server/libjvm.so", ""),
            (
                "jre-17.0.20/conf/security/java.security",
                "#security.provider.9=no\nsecurity.provider.1=SUN\n security.provider.2 = Other\n",
            ),
            ("zulu/bin/java", ""),
            ("a/b/bin/java", ""),
        ]));
        assert_eq!(runtime.home(&["jdk", "jre"], &[]), Some("jre-17.0.20"));
        assert_eq!(runtime.home(&["nothing"], &["zulu"]), Some("zulu"));
        assert_eq!(runtime.home(&["nothing"], &[]), None);
        assert_eq!(runtime.feature("jre-17.0.20"), Some(17));
        assert_eq!(runtime.feature("zulu"), None);
        assert_eq!(runtime.libraries("jre-17.0.20"), ["modules", "server"]);
        assert_eq!(runtime.providers("jre-17.0.20").unwrap(), ["SUN", "Other"]);
        assert_eq!(runtime.providers("zulu"), None);
        let flat = Runtime::look(&entries(&[("bin/java", ""), ("release", "JAVA_VERSION=\"25\"")]));
        assert_eq!((flat.home(&["jre"], &[]), flat.feature("")), (Some(""), Some(25)));
        let eight = Runtime::look(&entries(&[("bin/java", ""), ("release", "JAVA_VERSION=\"1.8.0_252\"")]));
        assert_eq!(eight.feature(""), Some(8));
    }
}
