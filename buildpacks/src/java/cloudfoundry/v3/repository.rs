//! Repositories: a folder of files on a server with an `index.yml`, one map of versions to URIs.

use super::cache::shown;
use super::phase::Phase;
use super::settings::{Settings, Value};
use super::staging::Failure;
use super::version::Version;
use crate::files;
use crate::yaml;

/// A file of a repository.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its version.
    pub(super) version: Version,
    /// Where it is published.
    pub(super) uri: String,
}

impl Phase<'_> {
    /// The newest file that the settings `version` and `repository_root` ask for; `name` is what the error names.
    pub(super) fn item(&self, name: &str, settings: &Settings) -> Result<Item, Failure> {
        self.find(settings).map_err(|failure| Failure::of(name, failure))
    }

    fn find(&self, settings: &Settings) -> Result<Item, Failure> {
        let root = settings
            .text("repository_root")
            .ok_or_else(|| Failure("Setting `repository_root` is missing: the URI of a repository".to_owned()))?;
        let request = match settings.text("version") {
            Some(text) => Version::request(&text).map_err(|error| Failure(error.to_string()))?,
            None => Version::any(),
        };
        let index = self.index(&self.canonical(&root)?)?;
        let mut best: Option<(Version, &str)> = None;
        for (text, uri) in &index {
            match Version::exact(text) {
                Ok(version) if request.takes(&version) && best.as_ref().is_none_or(|(known, _)| *known < version) => {
                    best = Some((version, uri));
                }
                Ok(_) => {}
                Err(error) => self.warn("VersionResolver", &format!("Discarding illegal version {text}: {error}")),
            }
        }
        best.map(|(version, uri)| Item { version, uri: uri.to_owned() }).ok_or_else(|| {
            let versions: Vec<_> = index.iter().map(|(version, _)| version.as_str()).collect();
            Failure(format!("No version resolvable for '{}' in {}", request.as_str(), versions.join(", ")))
        })
    }

    /// The versions and URIs of an index, in its order.
    fn index(&self, root: &str) -> Result<Vec<(String, String)>, Failure> {
        let uri = format!("{root}/index.yml");
        let path = self.cached(&uri)?;
        let refused = |error: &dyn std::fmt::Display| Failure(format!("Could not read `{}`: {error}", shown(&uri)));
        let text = files::read_text(&path, files::DOCUMENT_BYTES).map_err(|error| refused(&error))?;
        let root = yaml::parse(&text).map_err(|error| refused(&error))?;
        let settings = Settings::of(root.as_ref());
        let uris = settings.iter().filter(|(_, uri)| matches!(uri, Value::Text(_)));
        Ok(uris.map(|(version, uri)| (version.to_owned(), uri.to_string())).collect())
    }

    /// A root with its variables put in.
    fn canonical(&self, root: &str) -> Result<String, Failure> {
        let default = self.settings("repository")?.text("default_repository_root").unwrap_or_default();
        let root = root
            .replace("{default.repository.root}", default.strip_suffix('/').unwrap_or(&default))
            .replace("{platform}", self.staging.platform)
            .replace("{architecture}", self.staging.architecture);
        Ok(root.strip_suffix('/').unwrap_or(&root).to_owned())
    }

    /// Says that an item is got, and gives its file.
    pub(super) fn download(&self, name: &str, item: &Item) -> Result<std::path::PathBuf, Failure> {
        let log = self.staging.log;
        log.raw(&format!("-----> Downloading {name} {} from {} ", item.version.as_str(), shown(&item.uri)));
        let path = self.cached(&item.uri).inspect_err(|_| log.raw("\n"))?;
        log.raw("(found in cache)\n");
        Ok(path)
    }
}
