//! What is read from a Java runtime once, when it comes into the cache.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Release, count, release};
use crate::application::Entry;
use crate::dependency::{DependencyError, Description, Format, Kind, Version};

/// Facts of a Java runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JreFacts {
    /// Its version as it calls itself, such as `17.0.20`, `1.8.0_492`.
    pub java_version: String,
    /// Its feature version: 8, 11, 17 ...
    pub feature: u32,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implementor: Option<String>,
    /// How many classes it holds, as the memory calculator counts them.
    pub class_count: u64,
}

/// The class library, by generation; the last is that of a JDK 8.
pub(in crate::dependency) const CLASS_LIBRARIES: [&str; 3] = ["lib/modules", "lib/rt.jar", "jre/lib/rt.jar"];

/// The facts of `entries` if they are a Java runtime: `bin/java` and a class library.
pub(in crate::dependency) fn facts(
    entries: &[Entry],
    description: &Description,
    scratch: &Path,
) -> Result<Option<JreFacts>, DependencyError> {
    let missing = |missing| DependencyError::NotAJre { coordinates: description.coordinates(), missing };
    let wanted = description.kind == Kind::Jre;
    if matches!(description.archive.format, Format::Jar | Format::File) {
        return if wanted { Err(missing("bin/java")) } else { Ok(None) };
    }
    let absent = [("bin/java", find(entries, "bin/java").is_some()), ("lib/modules", has_classes(entries))];
    if let Some((name, _)) = absent.into_iter().find(|(_, there)| !there) {
        return if wanted { Err(missing(name)) } else { Ok(None) };
    }
    let release = read_release(entries, description)?;
    let version = release.version().unwrap_or_else(|| description.version.clone().java());
    Ok(Some(JreFacts {
        java_version: release.get("JAVA_VERSION").map_or_else(|| version.to_string(), str::to_owned),
        feature: feature(&version),
        implementor: release.get("IMPLEMENTOR").map(str::to_owned),
        class_count: count::classes(entries, description, scratch)?,
    }))
}

/// The feature version of a Java version.
pub(in crate::dependency) fn feature(version: &Version) -> u32 {
    u32::try_from(version.major()).unwrap_or(u32::MAX)
}

fn has_classes(entries: &[Entry]) -> bool {
    CLASS_LIBRARIES.iter().any(|path| find(entries, path).is_some())
}

pub(super) fn find<'e>(entries: &'e [Entry], path: &str) -> Option<&'e Entry> {
    entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok().map(|at| &entries[at])
}

fn read_release(entries: &[Entry], description: &Description) -> Result<Release, DependencyError> {
    let Some(content) = find(entries, "release").and_then(Entry::content) else { return Ok(Release::default()) };
    let bytes = content.read(release::MAX_BYTES).map_err(|source| DependencyError::Content {
        coordinates: description.coordinates(),
        entry: "release".into(),
        source,
    })?;
    Ok(Release::parse(&String::from_utf8_lossy(&bytes)))
}
