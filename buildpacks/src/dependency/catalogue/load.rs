//! The built-in catalogue, and files over it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{CatalogueEntry, CatalogueError, parse};
use crate::dependency::{Kind, Requirement, Sha256, Target, Version};
use crate::files as document;

/// Everything that can be had, in order of id, then version.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    defaults: BTreeMap<String, Requirement>,
    entries: Vec<CatalogueEntry>,
}

impl Catalogue {
    /// No entries at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The entries the Cloud Foundry Java buildpack publishes, with their own URIs and checksums.
    ///
    /// # Panics
    /// Never: a test reads it.
    #[expect(clippy::expect_used, reason = "part of the program, read by a test")]
    pub fn built_in() -> Self {
        let mut catalogue = Self::empty();
        let path = Path::new("<built-in catalogue>");
        catalogue.extend_from(include_str!("built_in.toml"), path).expect("the built-in catalogue is valid");
        catalogue
    }

    /// The built-in catalogue with `files` over it, in order; a later entry replaces one of equal id, version and
    /// platform, a later default one of equal id.
    ///
    /// # Errors
    /// [`CatalogueError::Read`], [`CatalogueError::Invalid`].
    pub fn load(files: &[PathBuf]) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::built_in();
        for file in files {
            let text = document::read_text(file, document::DOCUMENT_BYTES).map_err(CatalogueError::Read)?;
            catalogue.extend_from(&text, file)?;
        }
        Ok(catalogue)
    }

    /// Puts the entries of `text` over those that are there; `path` is for messages.
    ///
    /// # Errors
    /// [`CatalogueError::Invalid`].
    pub fn extend_from(&mut self, text: &str, path: &Path) -> Result<(), CatalogueError> {
        let file = parse::parse(text, path)?;
        self.defaults.extend(file.defaults);
        for entry in file.entries {
            match self.entries.iter_mut().find(|old| entry.replaces(old)) {
                Some(old) => *old = entry,
                None => self.entries.push(entry),
            }
        }
        self.entries.sort_by(|a, b| {
            let key = |entry: &CatalogueEntry| (entry.description.id.clone(), entry.description.version.clone());
            key(a).cmp(&key(b))
        });
        Ok(())
    }

    /// Every entry, in order of id, then version.
    pub fn entries(&self) -> &[CatalogueEntry] {
        &self.entries
    }

    /// The entries of one id, oldest first.
    pub fn of(&self, id: &str) -> impl Iterator<Item = &CatalogueEntry> {
        self.entries.iter().filter(move |entry| entry.description.id == id)
    }

    /// The version of `id` taken when nobody asks for one: its default, else everything.
    pub fn default_version(&self, id: &str) -> Requirement {
        let requirement = self.defaults.get(id).cloned().unwrap_or_else(Requirement::newest);
        if self.is_jre(id) { requirement.java() } else { requirement }
    }

    /// The entry with these bytes.
    pub fn by_sha256(&self, sha256: Sha256) -> Option<&CatalogueEntry> {
        self.entries.iter().find(|entry| entry.sha256 == sha256)
    }

    /// The entry of exactly this id and version for `target`.
    pub fn exactly(&self, id: &str, version: &Version, target: &Target) -> Option<&CatalogueEntry> {
        self.of(id).find(|entry| entry.description.version == *version && entry.description.platform.runs_on(target))
    }

    /// The newest entry of `id` that `requirement` (the default one when `None`) asks for and that runs on `target`.
    ///
    /// # Errors
    /// [`CatalogueError::UnknownId`], [`CatalogueError::UnknownVersion`].
    pub fn find(
        &self,
        id: &str,
        requirement: Option<&Requirement>,
        target: &Target,
    ) -> Result<&CatalogueEntry, CatalogueError> {
        if self.of(id).next().is_none() {
            let mut known: Vec<String> = self.entries.iter().map(|entry| entry.description.id.clone()).collect();
            known.dedup();
            return Err(CatalogueError::UnknownId { id: id.to_owned(), known });
        }
        let requirement = match requirement {
            Some(requirement) if self.is_jre(id) => requirement.clone().java(),
            Some(requirement) => requirement.clone(),
            None => self.default_version(id),
        };
        let candidates = self.of(id).filter(|entry| entry.description.platform.runs_on(target));
        requirement.select(candidates, |entry| &entry.description.version).ok_or_else(|| {
            CatalogueError::UnknownVersion {
                id: id.to_owned(),
                requirement: requirement.to_string(),
                known: self.of(id).map(|entry| entry.description.version.to_string()).collect(),
            }
        })
    }

    fn is_jre(&self, id: &str) -> bool {
        self.of(id).any(|entry| entry.description.kind == Kind::Jre)
    }
}
