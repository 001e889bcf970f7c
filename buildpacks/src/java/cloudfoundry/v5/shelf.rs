//! The manifest of the built-in buildpack: the catalogue, and what the offline cache holds of it.

use super::manifest::{Listed, Manifest, Origin};
use crate::dependency::{CachedDependency, Catalogue, DependencyCache, DependencyError, Target};
use crate::java::cloudfoundry::package::RUNTIMES;

/// The generation whose contract the built-in buildpack keeps, and this program's own version.
const VERSION: &str = concat!("5.0.7+stage.", env!("CARGO_PKG_VERSION"));
/// What the manifest calls the default runtime: runtimes of the cache that no vendor's name stands for count as it.
const DEFAULT_RUNTIME: &str = "openjdk";

impl Manifest {
    /// Of everything the catalogue lists and the cache holds.
    ///
    /// # Errors
    /// When the cache cannot be read.
    pub fn of_cache(catalogue: &Catalogue, cache: &DependencyCache, target: &Target) -> Result<Self, DependencyError> {
        let mut held = cache.list()?;
        held.retain(|record| record.description.platform.runs_on(target));
        let mut dependencies: Vec<Listed> = Vec::new();
        for entry in catalogue.entries() {
            let description = &entry.description;
            // A package that was imported vouches for its own files, also where they are not the published ones.
            let same = |record: &&CachedDependency| {
                record.description.id == description.id && record.description.version == description.version
            };
            let published = held.iter().find(|record| record.sha256 == entry.sha256);
            let cached = published.or_else(|| held.iter().find(same)).cloned();
            dependencies.push(Listed {
                name: description.id.clone(),
                version: description.version.to_string(),
                uri: description.origin(),
                sha256: cached.as_ref().map_or(entry.sha256, |record| record.sha256).to_string(),
                stacks: description.platform.stacks.clone(),
                file: None,
                cached,
            });
        }
        let is_listed = |name: &str, record: &CachedDependency, dependencies: &[Listed]| {
            let sha256 = record.sha256.to_string();
            dependencies.iter().any(|known| known.name == name && known.sha256 == sha256)
        };
        for record in &held {
            let own = record.description.id.as_str();
            let runtime = record.facts.jre.is_some() && !RUNTIMES.contains(&own);
            for name in std::iter::once(own).chain(runtime.then_some(DEFAULT_RUNTIME)) {
                if !is_listed(name, record, &dependencies) {
                    dependencies.extend(listed(name, record));
                }
            }
        }
        let mut names: Vec<_> = dependencies.iter().map(|listed| listed.name.clone()).collect();
        names.sort();
        names.dedup();
        let defaults = names.into_iter().map(|name| {
            let constraint = catalogue.default_version(&name).to_string();
            (name, constraint)
        });
        Ok(Self {
            version: VERSION.to_owned(),
            language: "java".to_owned(),
            stack: None,
            defaults: defaults.collect(),
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
