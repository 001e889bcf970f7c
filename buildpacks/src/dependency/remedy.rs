//! What helps when the cache has lost an archive: its record says what it was.

use super::{CatalogueEntry, Description, Sha256};

/// What helps when the archive of a cached dependency is gone or corrupt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy(Description);

impl Remedy {
    /// Of the dependency that is described so.
    pub(super) fn of(description: &Description) -> Self {
        Self(description.clone())
    }

    /// The command that brings it back.
    pub fn command(&self) -> String {
        let Description { id, version, archive, .. } = &self.0;
        if self.is_published() {
            return format!("stage dependency fetch {}", self.0.coordinates());
        }
        let prefix = archive.prefix.iter().map(|prefix| format!(" --prefix {prefix}"));
        let strip = (archive.strip > 0).then(|| format!(" --strip {}", archive.strip));
        let options: String = prefix.chain(strip).collect();
        format!("stage dependency add FILE --id {id} --version {version}{options}")
    }

    /// What to do, for people.
    pub(super) fn hint(&self) -> String {
        format!("Run `{}`, or `stage dependency remove {}` to do without it", self.command(), self.0.coordinates())
    }

    /// What would be fetched, where it is published.
    pub fn entry(&self, sha256: Sha256) -> Option<CatalogueEntry> {
        self.is_published().then(|| CatalogueEntry { description: self.0.clone(), sha256, deprecated: None })
    }

    fn is_published(&self) -> bool {
        self.0.uri.is_some() || self.0.maven.is_some()
    }
}
