//! A dependency that is chosen, cached and checked.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use serde::Serialize;

use super::cache::{CachedDependency, Facts};
use super::digest::Sha256Writer;
use super::{DependencyError, Description, Sha256, archive};
use crate::application::{Entry, Source, StatRecord};

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
    /// Whether any change since must show in the stat record.
    settled: bool,
    /// Its files, once it was opened: inflating takes long.
    opened: OnceLock<OpenedArchive>,
}

/// An archive's files, read from one open file.
#[derive(Debug)]
struct OpenedArchive {
    entries: Vec<Entry>,
    /// The file that contents are still to be read from, and what it was when it was checked.
    watched: Option<(Arc<Source>, StatRecord)>,
}

impl ResolvedDependency {
    /// The archive of `record` that was hashed after it had this stat record; `settled` says whether that was
    /// [settled](StatRecord::settled_at) before.
    pub(super) fn new(record: &CachedDependency, path: PathBuf, stat: StatRecord, settled: bool) -> Self {
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
            archive: Arc::new(CheckedArchive { path, stat, settled, opened: OnceLock::new() }),
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
        let file = crate::files::open(path)?;
        let stat = StatRecord::of(&file.metadata()?);
        let settled = stat.settled_at(SystemTime::now());
        let sha256 = remembered(stat, &|| Sha256::of_reader(&file).map(|(sha256, _)| sha256))?;
        let size = stat.size;
        let record = CachedDependency { description, sha256, size, facts: Facts::default() };
        Ok(Self::new(&record, path.to_owned(), stat, settled))
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

    /// Its files in order of their paths. Contents are spans of the archive, or, for a tar.gz, of a file without a name in
    /// `scratch`; then the archive was hashed by the read that filled it.
    ///
    /// # Errors
    /// [`DependencyError::Corrupt`] when the archive is not the one that was checked, [`DependencyError::Open`] and its
    /// like when it breaks a rule for archives.
    pub fn open(&self, scratch: &Path) -> Result<Vec<Entry>, DependencyError> {
        if let Some(opened) = self.archive.opened.get() {
            return Ok(opened.entries.clone());
        }
        let source = Arc::new(Source::open(&self.archive.path).map_err(DependencyError::ReadCache)?);
        let (source, stat) = if self.is_read_whole() { (source, None) } else { self.checked(source, scratch)? };
        let archive::Opened { entries, read } = archive::open(&source, &self.description, scratch)?;
        if let Some(found) = read {
            self.expect(found)?;
        }
        let watched = stat.map(|stat| (source, stat));
        Ok(self.archive.opened.get_or_init(|| OpenedArchive { entries, watched }).entries.clone())
    }

    /// Checks that the open archive is still the one that was checked. What is made of it is kept under its checksum: who
    /// keeps something asks when everything is read.
    ///
    /// # Errors
    /// [`DependencyError::Changed`] when it was written since.
    pub fn verify_unchanged(&self) -> Result<(), DependencyError> {
        let watched = self.archive.opened.get().and_then(|opened| opened.watched.as_ref());
        let Some((source, before)) = watched else { return Ok(()) };
        match source.stat().map_err(DependencyError::ReadCache)? {
            Some(now) if now == *before => Ok(()),
            _ => Err(DependencyError::Changed { coordinates: self.description.coordinates() }),
        }
    }

    /// Whether all of it is read, and hashed, to get at its files.
    fn is_read_whole(&self) -> bool {
        self.description.archive.format == super::Format::TarGz
    }

    /// The open archive and its stat record: its bytes are those that were checked as long as that stays what it is. Where
    /// the record of the check does not prove that, a copy in `scratch`, hashed as it is written, that nobody else has.
    fn checked(
        &self,
        source: Arc<Source>,
        scratch: &Path,
    ) -> Result<(Arc<Source>, Option<StatRecord>), DependencyError> {
        let now = source.stat().map_err(DependencyError::ReadCache)?;
        if self.archive.settled && now == Some(self.archive.stat) {
            return Ok((source, now));
        }
        let file = tempfile::tempfile_in(scratch).map_err(DependencyError::WriteCache)?;
        let mut copy = Sha256Writer::new(file);
        io::copy(&mut source.reader(0..source.len()), &mut copy).map_err(DependencyError::ReadCache)?;
        let (found, _, file) = copy.finish();
        self.expect(found)?;
        let copy = Source::from_file(file, source.path()).map_err(DependencyError::WriteCache)?;
        Ok((Arc::new(copy), None))
    }

    fn expect(&self, found: Sha256) -> Result<(), DependencyError> {
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
