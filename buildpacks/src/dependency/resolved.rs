//! A dependency that is chosen, cached and checked.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use serde::Serialize;

use super::cache::{CachedDependency, Facts};
use super::digest::Sha256Writer;
use super::{DependencyError, Description, Remedy, Sha256, archive};
use crate::application::{Entry, Source, StatRecord};

/// A dependency in the cache whose bytes were checked when it was chosen, or one that is only told of.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ResolvedDependency {
    /// Its id, such as `openjdk`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its version as published.
    pub version: String,
    /// SHA-256 of its archive; `None` of a runtime that would be made of the host's Java.
    pub sha256: Option<Sha256>,
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
    place: ArchivePlace,
    /// Its files, once it was opened: inflating takes long.
    opened: OnceLock<Vec<Entry>>,
}

/// Where an archive lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ArchivePlace {
    /// In the cache.
    Cache,
    /// Elsewhere, such as in an offline buildpack.
    Elsewhere,
    /// Nowhere yet.
    Nowhere,
}

impl ResolvedDependency {
    /// The archive of `record`, which lies in the cache at `path`.
    pub(super) fn new(record: &CachedDependency, path: PathBuf) -> Self {
        Self::at(record, path, ArchivePlace::Cache)
    }

    /// One that has no archive yet, as far as it is known.
    pub(super) fn told(description: Description, facts: Facts) -> Self {
        Self::with(description, facts, None, PathBuf::new(), ArchivePlace::Nowhere)
    }

    fn at(record: &CachedDependency, path: PathBuf, place: ArchivePlace) -> Self {
        Self::with(record.description.clone(), record.facts.clone(), Some(record.sha256), path, place)
    }

    fn with(
        description: Description,
        facts: Facts,
        sha256: Option<Sha256>,
        path: PathBuf,
        place: ArchivePlace,
    ) -> Self {
        let description = Arc::new(description);
        Self {
            id: description.id.clone(),
            name: description.name.clone(),
            version: description.version.to_string(),
            sha256,
            origin: description.origin(),
            licence: description.licence.clone(),
            facts,
            description,
            archive: Arc::new(CheckedArchive { path, place, opened: OnceLock::new() }),
        }
    }

    /// A file that lies outside the cache, such as one of an offline buildpack, hashed as it is used: the caller compares
    /// [`ResolvedDependency::sha256`] with what it expects.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn in_place(description: Description, path: &Path) -> io::Result<Self> {
        Self::in_place_with(description, path, |_, hash| hash())
    }

    /// The same, where `remembered` may know the checksum of a file in this state and need not hash.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn in_place_with(
        description: Description,
        path: &Path,
        remembered: impl FnOnce(StatRecord, Hash<'_>) -> io::Result<Sha256>,
    ) -> io::Result<Self> {
        let file = crate::files::open_within(path, crate::files::ARCHIVE_BYTES)?;
        let stat = StatRecord::of(&file.metadata()?);
        let sha256 = remembered(stat, &|| Sha256::of_reader(&file).map(|(sha256, _)| sha256))?;
        let size = stat.size;
        let record = CachedDependency { description, sha256, size, facts: Facts::default() };
        Ok(Self::at(&record, path.to_owned(), ArchivePlace::Elsewhere))
    }

    /// Whether it is only told of, and has no archive.
    pub fn is_told(&self) -> bool {
        self.archive.place == ArchivePlace::Nowhere
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
        let sha256 = self.sha256.as_ref().map(Sha256::to_string).unwrap_or_default();
        let identity = format!("dependency 1\0{sha256}\0{}\0{prefix}\0{}\0{file}", archive.format, archive.strip);
        *Sha256::of(identity.as_bytes()).bytes()
    }

    /// Its files in order of their paths. Contents lie in a file without a name in `scratch`, that nobody else has: the
    /// archive is hashed by the read that fills it, so that what is made of them is made of the bytes that were checked,
    /// whatever becomes of the archive meanwhile.
    ///
    /// # Errors
    /// [`DependencyError::Corrupt`], outside the cache [`DependencyError::Changing`], when the archive is not the one that
    /// was checked, [`DependencyError::Open`] and its like when it breaks a rule for archives.
    pub fn open(&self, scratch: &Path) -> Result<Vec<Entry>, DependencyError> {
        if let Some(entries) = self.archive.opened.get() {
            return Ok(entries.clone());
        }
        if self.is_told() {
            return Err(DependencyError::NotMade { coordinates: self.description.coordinates() });
        }
        let source = Arc::new(Source::open(&self.archive.path).map_err(DependencyError::unread(&self.archive.path))?);
        let source = if self.is_read_whole() { source } else { self.copy(&source, scratch)? };
        let archive::Opened { entries, read } = archive::open(&source, &self.description, scratch)?;
        if let Some(found) = read {
            self.expect(found)?;
        }
        Ok(self.archive.opened.get_or_init(|| entries).clone())
    }

    /// Whether all of it is read, and hashed, to get at its files.
    fn is_read_whole(&self) -> bool {
        self.description.archive.format == super::Format::TarGz
    }

    /// A copy in `scratch` that nobody else has, hashed as it is written.
    fn copy(&self, source: &Source, scratch: &Path) -> Result<Arc<Source>, DependencyError> {
        let file = tempfile::tempfile_in(scratch).map_err(DependencyError::WriteCache)?;
        let mut copy = Sha256Writer::new(file);
        io::copy(&mut source.reader(0..source.len()), &mut copy)
            .map_err(DependencyError::unread(&self.archive.path))?;
        let (found, _, file) = copy.finish();
        self.expect(found)?;
        Ok(Arc::new(Source::from_file(file, source.path()).map_err(DependencyError::WriteCache)?))
    }

    fn expect(&self, found: Sha256) -> Result<(), DependencyError> {
        let expected = match self.sha256 {
            Some(expected) if self.archive.place == ArchivePlace::Cache => expected,
            sha256 if sha256 == Some(found) => return Ok(()),
            _ => return Err(DependencyError::Changing { path: self.archive.path.clone() }),
        };
        if found == expected {
            return Ok(());
        }
        Err(DependencyError::Corrupt {
            coordinates: self.description.coordinates(),
            expected,
            found,
            quarantined: None,
            remedy: Box::new(Remedy::of(&self.description)),
        })
    }
}
