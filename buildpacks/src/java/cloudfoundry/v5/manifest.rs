//! `manifest.yml`: which dependencies a buildpack has, in which versions, for which stacks.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::version::{self, MatchError};
use crate::dependency::CachedDependency;
use crate::files;
use crate::java::cloudfoundry::Log;
use crate::java::cloudfoundry::package::Packaged;
use crate::yaml::{self, Mismatches, Node};

/// Name of the file.
pub(super) const FILE: &str = "manifest.yml";

/// What a buildpack has to install.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The buildpack's version, such as `5.0.7`.
    pub version: String,
    /// `java`; also the name the buildpack gives itself.
    pub language: String,
    /// The one stack it was packaged for.
    pub(super) stack: Option<String>,
    /// Name and constraint of each default.
    pub(super) defaults: Vec<(String, String)>,
    /// In the order of the file.
    pub(super) dependencies: Vec<Listed>,
    /// What has no place among the dependencies: no version could be compared with it.
    pub(super) left_out: Vec<LeftOut>,
    /// When lines of versions end.
    pub(super) deprecations: Vec<Deprecation>,
    /// Where it comes from.
    pub(super) origin: Origin,
}

/// Where a manifest comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A buildpack's folder.
    Buildpack,
    /// The catalogue and the offline cache.
    Cache,
}

/// A dependency that the manifest lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) uri: String,
    /// As written; compared with what a file really has.
    pub(super) sha256: String,
    pub(super) stacks: Vec<String>,
    /// Its file, when the buildpack brings it.
    pub(super) file: Option<Brought>,
    /// The archive of the offline cache that it is, where the manifest was made of that cache.
    pub(super) cached: Option<CachedDependency>,
}

/// A file that the manifest names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Brought {
    /// The buildpack's folder.
    pub(super) folder: PathBuf,
    /// As written: it must lie below the folder, which is for who opens it to see.
    pub(super) name: PathBuf,
}

impl Brought {
    /// Where it lies.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }
}

/// A dependency whose version is not semantic. A catalogue is made by hand: one entry spoils no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// As the manifest would name it.
    pub(super) name: String,
    /// As the catalogue or the cache names it: `openjdk@17.0.20.10.1`.
    pub(super) id: String,
}

/// The end of a line of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Deprecation {
    pub(super) name: String,
    pub(super) version_line: String,
    /// `YYYY-MM-DD`.
    pub(super) date: String,
    pub(super) link: String,
}

/// Why a manifest is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A file of the buildpack cannot be read.
    #[error("Could not read `{}` of the buildpack", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no YAML, or has another shape.
    #[error("`{}` of the buildpack is not valid", path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// Why.
        source: yaml::YamlError,
    },
}

/// No version of a dependency can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ChoiceError {
    /// The manifest gives no default.
    #[error("no default version for {0}")]
    NoDefault(String),
    /// It gives more than one.
    #[error("found {1} default versions for {0}")]
    Defaults(String, usize),
    /// The default matches nothing.
    #[error(transparent)]
    Match(#[from] MatchError),
}

/// What is said when a default cannot be chosen.
const MISCONFIGURED: &str = "The buildpack manifest is misconfigured for 'default_versions'. Contact your Cloud Foundry \
    operator/admin. For more information, see \
    https://docs.cloudfoundry.org/buildpacks/custom.html#specifying-default-versions";

impl Manifest {
    /// Reads `manifest.yml` and `VERSION` of the buildpack in `folder`; files it brings are taken below `folder`.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        Self::of_folder(&text(folder, FILE)?, folder)?.with_version(folder)
    }

    /// The same of the Java buildpack in `folder`; none when it has no `manifest.yml`, or that of another buildpack.
    ///
    /// # Errors
    /// [`ManifestError`] when it has one, and that or `VERSION` cannot be read.
    pub fn find(folder: &Path) -> Result<Option<Self>, ManifestError> {
        let absent = [ErrorKind::NotFound, ErrorKind::NotADirectory];
        let text = match text(folder, FILE) {
            Err(ManifestError::Read { source, .. }) if absent.contains(&source.kind()) => return Ok(None),
            text => text?,
        };
        let manifest = Self::of_folder(&text, folder)?;
        if manifest.language == "java" { manifest.with_version(folder).map(Some) } else { Ok(None) }
    }

    fn of_folder(text: &str, folder: &Path) -> Result<Self, ManifestError> {
        Self::parse(text, folder).map_err(|source| ManifestError::Yaml { path: folder.join(FILE), source })
    }

    fn with_version(self, folder: &Path) -> Result<Self, ManifestError> {
        Ok(Self { version: text(folder, "VERSION")?.trim().to_owned(), ..self })
    }

    /// Reads the text of a `manifest.yml`; files it brings are taken below `folder`.
    pub(in super::super) fn parse(text: &str, folder: &Path) -> Result<Self, yaml::YamlError> {
        let mut manifest = Self {
            version: String::new(),
            language: String::new(),
            stack: None,
            defaults: Vec::new(),
            dependencies: Vec::new(),
            left_out: Vec::new(),
            deprecations: Vec::new(),
            origin: Origin::Buildpack,
        };
        let Some(root) = yaml::parse(text)? else { return Ok(manifest) };
        let mut mismatches = Vec::new();
        for (key, value) in root.entries("libbuildpack.Manifest", &mut mismatches) {
            match key.as_str() {
                "language" => manifest.language = value.text(&mut mismatches).unwrap_or_default(),
                "stack" => manifest.stack = value.text(&mut mismatches).filter(|stack| !stack.is_empty()),
                "default_versions" => {
                    for item in value.items("[]libbuildpack.Dependency", &mut mismatches) {
                        let fields = texts(item, &mut mismatches);
                        manifest.defaults.push((field(&fields, "name"), field(&fields, "version")));
                    }
                }
                "dependencies" => {
                    for item in value.items("[]libbuildpack.ManifestEntry", &mut mismatches) {
                        manifest.dependencies.push(listed(item, folder, &mut mismatches));
                    }
                }
                "dependency_deprecation_dates" => {
                    for item in value.items("[]libbuildpack.DeprecationDate", &mut mismatches) {
                        let fields = texts(item, &mut mismatches);
                        manifest.deprecations.push(Deprecation {
                            name: field(&fields, "name"),
                            version_line: field(&fields, "version_line"),
                            date: field(&fields, "date"),
                            link: field(&fields, "link"),
                        });
                    }
                }
                _ => {}
            }
        }
        if mismatches.is_empty() { Ok(manifest) } else { Err(yaml::YamlError::Types(mismatches)) }
    }

    /// The files that it brings, each once.
    pub(in super::super) fn packaged(&self) -> Vec<Packaged> {
        let mut packaged: Vec<Packaged> = Vec::new();
        for listed in &self.dependencies {
            let Some(path) = listed.file.as_ref().and_then(|file| file.path().to_str().map(str::to_owned)) else {
                continue;
            };
            if packaged.iter().any(|known| known.path == path) {
                continue;
            }
            packaged.push(Packaged {
                name: listed.name.clone(),
                version: listed.version.clone(),
                uri: listed.uri.clone(),
                sha256: Some(listed.sha256.clone()),
                path,
            });
        }
        packaged
    }

    /// Whether it has anything for this stack. Without one every stack is right: who names none runs outside a platform.
    pub(super) fn supports(&self, stack: &str) -> bool {
        stack.is_empty()
            || self.dependencies.is_empty() && self.stack.is_none()
            || match &self.stack {
                Some(own) => own == stack,
                None => self.dependencies.iter().any(|listed| listed.stacks.iter().any(|own| own == stack)),
            }
    }

    /// The entries of a dependency for this stack, in the order of the file.
    fn of<'m>(&'m self, name: &str, stack: &str) -> Vec<&'m Listed> {
        let any = stack.is_empty() || self.stack.as_deref() == Some(stack);
        let right = |listed: &&Listed| {
            listed.name == name && (any || self.stack.is_none() && listed.stacks.iter().any(|own| own == stack))
        };
        self.dependencies.iter().filter(right).collect()
    }

    /// The versions of a dependency, in the order of the file.
    pub(super) fn versions(&self, name: &str, stack: &str) -> Vec<&str> {
        self.of(name, stack).into_iter().map(|listed| listed.version.as_str()).collect()
    }

    /// The versions that can be installed without a network: all that a buildpack lists, those in the offline cache
    /// where that is all there is.
    pub(super) fn at_hand(&self, name: &str, stack: &str) -> Vec<&str> {
        let own = self.origin == Origin::Cache;
        let listed = self.of(name, stack).into_iter().filter(|listed| !own || listed.cached.is_some());
        listed.map(|listed| listed.version.as_str()).collect()
    }

    /// The version to name as missing when the offline cache is all there is and holds none that matches.
    pub(super) fn elsewhere(&self, name: &str, constraint: &str, stack: &str) -> Option<&str> {
        match self.origin {
            Origin::Buildpack => None,
            Origin::Cache => version::highest(constraint, &self.versions(name, stack)).ok(),
        }
    }

    /// Whether the offline cache is all there is and does not hold this version.
    pub(super) fn lacks(&self, name: &str, version: &str, stack: &str) -> bool {
        self.origin == Origin::Cache && self.exactly(name, version, stack).is_some_and(|listed| listed.cached.is_none())
    }

    /// The dependency of exactly this version: one that is cached, if there are several.
    pub(super) fn exactly(&self, name: &str, version: &str, stack: &str) -> Option<&Listed> {
        let same = self.of(name, stack).into_iter().filter(|listed| listed.version == version);
        same.min_by_key(|listed| listed.cached.is_none())
    }

    /// Says which versions of a dependency cannot be chosen, whatever is asked for.
    pub(super) fn warn_of_left_out(&self, name: &str, log: Log<'_>) {
        for LeftOut { id, .. } in self.left_out.iter().filter(|left_out| left_out.name == name) {
            log.warning(&format!("{id} is left out: its version is not a semantic one, such as 17.0.20+10"));
        }
    }

    /// The version that is taken when nobody asks for another; says on the log when the manifest cannot tell.
    pub(super) fn default_version(&self, name: &str, stack: &str, log: Log<'_>) -> Result<&str, ChoiceError> {
        let chosen = self.choose_default(name, stack);
        if chosen.is_err() {
            log.error(MISCONFIGURED);
        }
        chosen
    }

    fn choose_default(&self, name: &str, stack: &str) -> Result<&str, ChoiceError> {
        let defaults: Vec<_> = self.defaults.iter().filter(|(known, _)| known == name).collect();
        match defaults[..] {
            [(_, constraint)] => Ok(version::highest(constraint, &self.at_hand(name, stack))
                .or_else(|error| self.elsewhere(name, constraint, stack).ok_or(error))?),
            [] => Err(ChoiceError::NoDefault(name.to_owned())),
            _ => Err(ChoiceError::Defaults(name.to_owned(), defaults.len())),
        }
    }
}

fn text(folder: &Path, name: &str) -> Result<String, ManifestError> {
    let path = folder.join(name);
    files::read_text(&path, files::DOCUMENT_BYTES).map_err(|source| ManifestError::Read { path, source })
}

fn texts(node: &Node, mismatches: &mut Mismatches) -> Vec<(String, String)> {
    let entries = node.entries("libbuildpack.Dependency", mismatches).into_iter();
    let scalar = |(key, value): (String, &Node)| Some((key, value.text(&mut Vec::new())?));
    entries.filter_map(scalar).collect()
}

fn field(fields: &[(String, String)], name: &str) -> String {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

fn listed(node: &Node, folder: &Path, mismatches: &mut Mismatches) -> Listed {
    let fields = texts(node, mismatches);
    let mut stacks = Vec::new();
    for (key, value) in node.entries("libbuildpack.ManifestEntry", mismatches) {
        if key == "cf_stacks" {
            stacks = value.items("[]string", mismatches).iter().filter_map(|item| item.text(&mut Vec::new())).collect();
        }
    }
    let file = field(&fields, "file");
    Listed {
        name: field(&fields, "name"),
        version: field(&fields, "version"),
        uri: field(&fields, "uri"),
        sha256: field(&fields, "sha256"),
        stacks,
        file: (!file.is_empty()).then(|| Brought { folder: folder.to_owned(), name: file.into() }),
        cached: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
language: java
default_versions:
- {name: openjdk, version: 17.x}
- {name: twice, version: 1.x}
- {name: twice, version: 2.x}
- {name: gone, version: 1.x}
dependencies:
- {name: openjdk, version: 17.0.20+10, uri: 'https://example/o.tgz', sha256: aa, cf_stacks: [cflinuxfs4], file: d/o.tgz}
- {name: openjdk, version: 17.0.9+9, uri: 'https://example/p.tgz', sha256: bb, cf_stacks: [cflinuxfs4]}
- {name: openjdk, version: 17.9.0+1, uri: 'https://example/q.tgz', sha256: cc, cf_stacks: [cflinuxfs5], file: /abs/q.tgz}
dependency_deprecation_dates:
- {version_line: 8.x, name: openjdk, date: 2026-11-30, link: 'https://example/', match: '8'}
";

    #[test]
    fn entries_of_other_stacks_are_not_seen() {
        let manifest = Manifest::parse(TEXT, Path::new("/bp")).unwrap();
        assert_eq!(manifest.versions("openjdk", "cflinuxfs4"), ["17.0.20+10", "17.0.9+9"]);
        assert_eq!(manifest.versions("openjdk", ""), ["17.0.20+10", "17.0.9+9", "17.9.0+1"]);
        assert!(manifest.supports("cflinuxfs5") && manifest.supports("") && !manifest.supports("cflinuxfs3"));
        let quiet = |_: &str| ();
        let log = Log::new(&quiet);
        assert_eq!(manifest.default_version("openjdk", "cflinuxfs4", log), Ok("17.0.20+10"));
        let file = |version| manifest.exactly("openjdk", version, "").unwrap().file.as_ref().map(Brought::path);
        assert_eq!(file("17.0.20+10"), Some("/bp/d/o.tgz".into()));
        assert_eq!(file("17.0.9+9"), None);
        assert_eq!(file("17.9.0+1"), Some("/abs/q.tgz".into()));
        assert_eq!(manifest.exactly("openjdk", "17.9.0+1", "cflinuxfs4"), None);
        assert_eq!(manifest.deprecations[0].date, "2026-11-30");
    }

    #[test]
    fn defaults_that_cannot_be_chosen_are_named() {
        let manifest = Manifest::parse(TEXT, Path::new("/bp")).unwrap();
        let said = std::cell::RefCell::new(String::new());
        let sink = |text: &str| said.borrow_mut().push_str(text);
        let error = |name: &str| manifest.default_version(name, "", Log::new(&sink)).unwrap_err().to_string();
        assert_eq!(error("jvmkill"), "no default version for jvmkill");
        assert_eq!(error("twice"), "found 2 default versions for twice");
        assert_eq!(error("gone"), "no match found for 1.x in []");
        assert_eq!(said.borrow().matches("misconfigured for 'default_versions'").count(), 3);
    }
}
