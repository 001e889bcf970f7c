//! The manifest of the built-in buildpack: the catalogue, and what the offline cache holds of it.

use super::manifest::{Listed, Manifest, Origin};
use crate::dependency::{CachedDependency, Catalogue, DependencyCache, DependencyError, Kind, Target};

/// The generation whose contract the built-in buildpack keeps, and this program's own version.
const VERSION: &str = concat!("5.0.7+stage.", env!("CARGO_PKG_VERSION"));
/// What the manifest calls the default runtime: runtimes of the cache that the catalogue does not know count as it.
const DEFAULT_RUNTIME: &str = "openjdk";

impl Manifest {
    /// Of everything the catalogue lists and the cache holds.
    ///
    /// # Errors
    /// When the cache cannot be read.
    pub fn of_cache(catalogue: &Catalogue, cache: &DependencyCache, target: &Target) -> Result<Self, DependencyError> {
        let held = cache.list()?;
        let mut dependencies: Vec<Listed> = catalogue
            .entries()
            .iter()
            .map(|entry| Listed {
                name: entry.description.id.clone(),
                version: entry.description.version.to_string(),
                uri: entry.description.origin(),
                sha256: entry.sha256.to_string(),
                stacks: entry.description.platform.stacks.clone(),
                file: None,
                cached: held.iter().find(|record| record.sha256 == entry.sha256).cloned(),
            })
            .collect();
        let unknown = held.iter().filter(|record| catalogue.by_sha256(record.sha256).is_none());
        dependencies.extend(
            unknown
                .clone()
                .filter(|record| record.description.platform.runs_on(target))
                .filter_map(|record| listed(&record.description.id, record)),
        );
        dependencies.extend(
            unknown
                .filter(|record| record.facts.jre.is_some() || record.description.kind == Kind::Jre)
                .filter(|record| record.description.platform.runs_on(target))
                .filter(|record| record.description.id != DEFAULT_RUNTIME)
                .filter_map(|record| listed(DEFAULT_RUNTIME, record)),
        );
        let mut names: Vec<_> = dependencies.iter().map(|listed| listed.name.clone()).collect();
        names.dedup();
        let defaults = names.into_iter().map(|name| {
            let constraint = catalogue.default_version(&name).to_string();
            (name, constraint)
        });
        Ok(Self {
            version: VERSION.to_owned(),
            language: "java".to_owned(),
            stack: None,
            defaults: unique(defaults),
            dependencies,
            deprecations: Vec::new(),
            origin: Origin::Cache,
        })
    }
}

/// A cached dependency under this name, for every stack.
fn listed(name: &str, record: &CachedDependency) -> Option<Listed> {
    let text = record.description.version.to_string();
    let version = semantic(&text)?;
    Some(Listed {
        name: name.to_owned(),
        version,
        uri: record.description.origin(),
        sha256: record.sha256.to_string(),
        stacks: vec!["cflinuxfs4".to_owned(), "cflinuxfs5".to_owned()],
        file: None,
        cached: Some(record.clone()),
    })
}

/// The version with at most three numbers, the fourth as build: `25.0.4.1` is `25.0.4+1`.
fn semantic(text: &str) -> Option<String> {
    let core = text.split(['+', '-', '_']).next()?;
    let parts: Vec<_> = core.split('.').collect();
    if parts.is_empty() || !parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let rest = &text[core.len()..];
    Some(match parts[..] {
        [major, minor, patch, build, ..] => format!("{major}.{minor}.{patch}+{build}"),
        _ if rest.starts_with('+') => text.to_owned(),
        _ => core.to_owned(),
    })
}

fn unique(defaults: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    for (name, constraint) in defaults {
        if !seen.iter().any(|(known, _)| *known == name) {
            seen.push((name, constraint));
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_cached_runtimes_are_made_semantic() {
        for (text, wanted) in [
            ("17.0.9", Some("17.0.9")),
            ("25.0.4.1", Some("25.0.4+1")),
            ("17.0.20+10", Some("17.0.20+10")),
            ("1.8.0_252", Some("1.8.0")),
            ("21", Some("21")),
            ("early", None),
        ] {
            assert_eq!(semantic(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn the_catalogue_is_a_manifest_of_things_not_at_hand() {
        let folder = tempfile::tempdir().unwrap();
        let (catalogue, cache) = (Catalogue::built_in(), DependencyCache::open(folder.path()));
        let manifest = Manifest::of_cache(&catalogue, &cache, &Target::host()).unwrap();
        assert!(manifest.supports("cflinuxfs4") && !manifest.supports("cflinuxfs3"));
        assert!(manifest.at_hand("openjdk", "cflinuxfs4").is_empty());
        assert_eq!(manifest.elsewhere("openjdk", "17.*", "cflinuxfs4"), Some("17.0.20+10"));
        assert!(manifest.lacks("jvmkill", "1.17.0", ""));
    }
}
