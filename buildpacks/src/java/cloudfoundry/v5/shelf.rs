//! The manifest of the built-in buildpack: the catalogue, and what the offline cache holds of it.

use super::manifest::{LeftOut, Listed, Manifest, Origin};
use super::version::Semantic;
use crate::dependency::{
    CachedDependency, Catalogue, DependencyCache, DependencyError, Description, Target, is_vendors_runtime,
};

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
        // A runtime made of the host's Java is there or not by what was staged before: no droplet may depend on that.
        held.retain(|record| record.description.platform.runs_on(target) && !record.is_made_here());
        let mut dependencies: Vec<Listed> = Vec::new();
        let mut left_out = Vec::new();
        for entry in catalogue.entries() {
            let description = &entry.description;
            // A package that was imported vouches for its own files, also where they are not the published ones.
            let same = |record: &&CachedDependency| {
                record.description.id == description.id && record.description.version == description.version
            };
            let published = held.iter().find(|record| record.sha256 == entry.sha256);
            let cached = published.or_else(|| held.iter().find(same)).cloned();
            if Semantic::parse(&description.version.to_string()).is_none() {
                // What is cached of it has its turn below, with a version made semantic where that can be.
                if cached.is_none() {
                    left_out.push(unlisted(&description.id, description));
                }
                continue;
            }
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
            let runtime = record.facts.jre.is_some() && !is_vendors_runtime(own);
            for name in std::iter::once(own).chain(runtime.then_some(DEFAULT_RUNTIME)) {
                if is_listed(name, record, &dependencies) {
                    continue;
                }
                match listed(name, record) {
                    Some(listed) => dependencies.push(listed),
                    None => left_out.push(unlisted(name, &record.description)),
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
            left_out,
            deprecations: Vec::new(),
            origin: Origin::Cache,
        })
    }
}

fn unlisted(name: &str, description: &Description) -> LeftOut {
    LeftOut { name: name.to_owned(), id: format!("{}@{}", description.id, description.version) }
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
    let version = match parts[..] {
        [major, minor, patch, build, ..] => format!("{major}.{minor}.{patch}+{build}"),
        _ if rest.starts_with('+') => text.to_owned(),
        _ => core.to_owned(),
    };
    Semantic::parse(&version).map(|_| version)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::java::cloudfoundry::Log;

    #[test]
    fn versions_of_cached_runtimes_are_made_semantic() {
        for (text, wanted) in [
            ("17.0.9", Some("17.0.9")),
            ("25.0.4.1", Some("25.0.4+1")),
            ("17.0.20+10", Some("17.0.20+10")),
            ("1.8.0_252", Some("1.8.0")),
            ("21", Some("21")),
            ("early", None),
            ("17..9", None),
            ("17.0.9+9_b", None),
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
        assert_eq!(manifest.left_out, []);
    }

    #[test]
    fn a_version_that_is_not_semantic_leaves_the_others_usable() {
        let folder = tempfile::tempdir().unwrap();
        let mut catalogue = Catalogue::built_in();
        let entry = |id: &str, version: &str| {
            let sha256 = "0".repeat(64);
            format!(
                "[[dependency]]\nid = \"{id}\"\nversion = \"{version}\"\nuri = \"https://host/x.tar.gz\"\n\
                 sha256 = \"{sha256}\"\n"
            )
        };
        let text = [entry("openjdk", "17.0.99.1"), entry("jvmkill", "1.18.0_b")].concat();
        catalogue.extend_from(&text, Path::new("more.toml")).unwrap();
        let cache = DependencyCache::open(folder.path());
        let manifest = Manifest::of_cache(&catalogue, &cache, &Target::host()).unwrap();
        assert_eq!(manifest.elsewhere("openjdk", "17.*", "cflinuxfs4"), Some("17.0.20+10"));
        assert!(manifest.lacks("jvmkill", "1.17.0", "") && !manifest.lacks("jvmkill", "1.18.0_b", ""));
        let said = std::cell::RefCell::new(String::new());
        let sink = |text: &str| said.borrow_mut().push_str(text);
        manifest.warn_of_left_out("openjdk", Log::new(&sink));
        let said = said.into_inner();
        assert!(said.contains("openjdk@17.0.99.1 is left out: its version is not a semantic one"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
