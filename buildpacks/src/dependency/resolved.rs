//! A dependency that is chosen, cached and checked.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use fs_err as fs;
use serde::Serialize;

use super::cache::{CachedDependency, Facts};
use super::{DependencyError, Description, Sha256, archive};
use crate::application::{Entry, MappedFile, StatRecord};

/// A dependency in the cache whose bytes were checked when it was chosen.
#[derive(Clone, Debug, Serialize)]
pub struct ResolvedDependency {
    /// Its id, such as `openjdk`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its version as published.
    pub version: String,
    /// SHA-256 of its archive.
    pub sha256: Sha256,
    /// Where it comes from: a URI without credentials, Maven coordinates, or how it was added.
    pub origin: String,
    /// Its licence as an SPDX expression.
    pub licence: Option<String>,
    /// What was read from it when it was added.
    pub facts: Facts,
    /// Everything known of it.
    #[serde(skip)]
    pub description: Arc<Description>,
    #[serde(skip)]
    archive: Arc<CheckedArchive>,
}

/// Hashes a file.
type Hash<'a> = &'a dyn Fn() -> io::Result<Sha256>;

/// An archive as it was when it was checked.
#[derive(Debug)]
struct CheckedArchive {
    path: PathBuf,
    stat: StatRecord,
    /// Its files, once it was opened: inflating takes long.
    opened: OnceLock<Vec<Entry>>,
}

impl ResolvedDependency {
    pub(super) fn new(record: &CachedDependency, path: PathBuf, stat: StatRecord) -> Self {
        let description = Arc::new(record.description.clone());
        Self {
            id: description.id.clone(),
            name: description.name.clone(),
            version: description.version.to_string(),
            sha256: record.sha256,
            origin: description.origin(),
            licence: description.licence.clone(),
            facts: record.facts.clone(),
            description,
            archive: Arc::new(CheckedArchive { path, stat, opened: OnceLock::new() }),
        }
    }

    /// A file that lies outside the cache, such as one of an offline buildpack, hashed as it is used: the caller compares
    /// [`ResolvedDependency::sha256`] with what it expects.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn in_place(description: Description, path: &Path) -> io::Result<Self> {
        Self::in_place_with(description, path, |hash| hash())
    }

    /// The same, where `remembered` may know the checksum and need not hash.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn in_place_with(
        description: Description,
        path: &Path,
        remembered: impl FnOnce(Hash<'_>) -> io::Result<Sha256>,
    ) -> io::Result<Self> {
        let file = fs::File::open(path)?;
        let stat = StatRecord::of(&file.metadata()?);
        let sha256 = remembered(&|| Sha256::of_reader(&file).map(|(sha256, _)| sha256))?;
        let size = stat.size;
        let record = CachedDependency { description, sha256, size, facts: Facts::default() };
        Ok(Self::new(&record, path.to_owned(), stat))
    }

    /// Where its archive lies.
    pub fn path(&self) -> &Path {
        &self.archive.path
    }

    /// Identifies the files it stands for without opening it: archive, format, prefix, stripped folders, file name.
    pub fn selector(&self) -> [u8; 32] {
        let archive = &self.description.archive;
        let file = match archive.format {
            super::Format::Jar | super::Format::File => self.description.file_name(),
            _ => String::new(),
        };
        let prefix = archive.prefix.as_deref().unwrap_or_default().trim_matches('/');
        let identity =
            format!("dependency 1\0{}\0{}\0{prefix}\0{}\0{file}", self.sha256, archive.format, archive.strip);
        *Sha256::of(identity.as_bytes()).bytes()
    }

    /// Its files in order of their paths; contents are spans of the mapped archive, or, for a tar.gz, of a file without
    /// a name in `scratch`.
    ///
    /// # Errors
    /// [`DependencyError::Corrupt`] when the archive is not the one that was checked, [`DependencyError::Open`] and its
    /// like when it breaks a rule for archives.
    pub fn open(&self, scratch: &Path) -> Result<Vec<Entry>, DependencyError> {
        let CheckedArchive { path, opened, .. } = self.archive.as_ref();
        if let Some(entries) = opened.get() {
            return Ok(entries.clone());
        }
        let file = fs::File::open(path).map_err(DependencyError::ReadCache)?;
        let mapped = MappedFile::from_file(file.file(), path).map_err(DependencyError::ReadCache)?;
        self.verify(&file, || Sha256::of(mapped.bytes()))?;
        let entries = archive::entries(&Arc::new(mapped), &self.description, scratch)?;
        Ok(opened.get_or_init(|| entries).clone())
    }

    /// Checks that the archive is still the one that was checked. What is made of it is kept under its checksum: who keeps
    /// something asks when everything is read.
    ///
    /// # Errors
    /// [`DependencyError::Corrupt`] when it is another one.
    pub fn verify_unchanged(&self) -> Result<(), DependencyError> {
        let file = fs::File::open(&self.archive.path).map_err(DependencyError::ReadCache)?;
        let mapped = MappedFile::from_file(file.file(), &self.archive.path).map_err(DependencyError::ReadCache)?;
        self.verify(&file, || Sha256::of(mapped.bytes()))
    }

    /// Hashes the archive, now open as `file`, if its stat record is not that of the time it was checked.
    fn verify(&self, file: &fs::File, hash: impl FnOnce() -> Sha256) -> Result<(), DependencyError> {
        let stat = StatRecord::of(&file.metadata().map_err(DependencyError::ReadCache)?);
        let found = if stat == self.archive.stat { self.sha256 } else { hash() };
        if found == self.sha256 {
            return Ok(());
        }
        Err(DependencyError::Corrupt {
            coordinates: self.description.coordinates(),
            expected: self.sha256,
            found,
            quarantined: None,
            command: "stage dependency verify".into(),
        })
    }
}
