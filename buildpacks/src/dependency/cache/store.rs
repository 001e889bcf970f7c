//! The cache itself: opening it, listing it, reading and writing its small files.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::Serialize;
use tempfile::NamedTempFile;

use super::incoming::naming;
use super::layout::Layout;
use super::{CachedDependency, RecordError};
use crate::absence::absent_ok;
use crate::dependency::{DependencyError, Sha256};
use crate::files;

/// Whether an unchanged stat record stands for an unchanged archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// It does, under the racy-git rule and until the machine is started again.
    #[default]
    StatRecord,
    /// It does not: every use hashes the whole archive.
    Nothing,
}

/// The offline cache of dependencies. Opening it creates nothing; a folder that does not exist is an empty cache, one
/// that cannot be written can be read.
#[derive(Clone, Debug)]
pub struct DependencyCache {
    pub(super) layout: Layout,
    pub(super) trust: Trust,
}

impl DependencyCache {
    /// The cache below `cache_dir`, in its folder `dependencies`.
    pub fn open(cache_dir: &Path) -> Self {
        Self { layout: Layout::new(cache_dir), trust: Trust::default() }
    }

    /// The same cache with another rule for what needs no hashing.
    #[must_use]
    pub fn with_trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Where the archive with this checksum lies, if it is there.
    pub fn blob_path(&self, sha256: Sha256) -> PathBuf {
        self.layout.blob(sha256)
    }

    /// Everything in the cache, in order of id, version, checksum; also what has lost its archive, which
    /// [`DependencyCache::verified`] refuses: what is there to be chosen from depends on what was added and removed alone.
    /// Records that say nothing (of a later version of this program, say) are left out.
    ///
    /// # Errors
    /// [`DependencyError::ReadCache`] when the folder or a record is there and cannot be read: what is in it might be what
    /// is asked for.
    pub fn list(&self) -> Result<Vec<CachedDependency>, DependencyError> {
        let mut found = Vec::new();
        for sha256 in self.checksums(Some("json"))? {
            found.extend(self.known(sha256)?);
        }
        found.sort_by(|a, b| {
            let key = |record: &CachedDependency| {
                (record.description.id.clone(), record.description.version.clone(), record.sha256)
            };
            key(a).cmp(&key(b))
        });
        Ok(found)
    }

    /// Whether the archive with this checksum is there, whatever its bytes are.
    ///
    /// # Errors
    /// [`DependencyError::ReadCache`].
    pub fn has_archive(&self, sha256: Sha256) -> Result<bool, DependencyError> {
        let archive = absent_ok(fs::metadata(self.layout.blob(sha256)))
            .map_err(DependencyError::unread(&self.layout.blob(sha256)))?;
        Ok(archive.is_some_and(|archive| archive.is_file()))
    }

    /// The record of the archive with this checksum, if there is one.
    ///
    /// # Errors
    /// [`DependencyError::ReadCache`], [`DependencyError::Record`].
    pub fn record(&self, sha256: Sha256) -> Result<Option<CachedDependency>, DependencyError> {
        let path = self.layout.record(sha256);
        let Some(bytes) = read_if_there(&path).map_err(DependencyError::unread(&path))? else { return Ok(None) };
        match CachedDependency::read(&bytes) {
            Ok(record) if record.sha256 == sha256 => Ok(Some(record)),
            // One of another archive was put in its place.
            Ok(_) => Err(DependencyError::Record { path, source: RecordError::Changed }),
            Err(source) => Err(DependencyError::Record { path, source }),
        }
    }

    /// The record of the archive with this checksum; one of another program, which is JSON and says nothing to this one, is
    /// as good as none.
    ///
    /// # Errors
    /// [`DependencyError::ReadCache`] when it is there and cannot be read, [`DependencyError::Record`] when it is no JSON or was changed: it
    /// was damaged, and might be what is asked for.
    pub(super) fn known(&self, sha256: Sha256) -> Result<Option<CachedDependency>, DependencyError> {
        match self.record(sha256) {
            Err(DependencyError::Record { source: RecordError::Foreign(_), .. }) => Ok(None),
            result => result,
        }
    }

    /// The record of the archive with this checksum; a damaged one, too, is as good as none: for those who tell of it or write
    /// it again.
    ///
    /// # Errors
    /// [`DependencyError::ReadCache`] when it is there and cannot be read.
    pub(in crate::dependency) fn legible(&self, sha256: Sha256) -> Result<Option<CachedDependency>, DependencyError> {
        match self.record(sha256) {
            Err(DependencyError::Record { .. }) => Ok(None),
            result => result,
        }
    }

    /// The checksums that files `<checksum>[.extension]` in the folder of archives are named after, sorted.
    pub(super) fn checksums(&self, extension: Option<&str>) -> Result<Vec<Sha256>, DependencyError> {
        let folder = match fs::read_dir(self.layout.blobs()) {
            Ok(folder) => folder,
            // A cache of another form is none that is empty: what is no folder stays an error.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(DependencyError::unread(&self.layout.blobs())(error)),
        };
        let mut found = Vec::new();
        for entry in folder {
            let name = entry.map_err(DependencyError::unread(&self.layout.blobs()))?.file_name();
            let Some(name) = name.to_str() else { continue };
            let (stem, own) = name.split_once('.').map_or((name, None), |(stem, own)| (stem, Some(own)));
            if own == extension
                && let Ok(sha256) = stem.parse()
            {
                found.push(sha256);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Writes `value` as JSON under `path`, whole or not at all. After a power cut it may be gone.
    pub(super) fn write_json(&self, path: &Path, value: &impl Serialize) -> io::Result<()> {
        self.json_file(path, value)?.persist(path).map_err(|error| naming(path, error.error))?;
        Ok(())
    }

    /// Writes `value` as JSON under `path`, whole or not at all, to stay.
    pub(super) fn write_json_durably(&self, path: &Path, value: &impl Serialize) -> io::Result<()> {
        let file = self.json_file(path, value)?;
        file.as_file().sync_all().map_err(|error| naming(file.path(), error))?;
        file.persist(path).map_err(|error| naming(path, error.error))?;
        if let Some(parent) = path.parent() {
            files::open_folder(parent)?.sync_all()?;
        }
        Ok(())
    }

    /// A temporary file with `value`, for all to read once it has its name.
    fn json_file(&self, path: &Path, value: &impl Serialize) -> io::Result<NamedTempFile> {
        let mut bytes = serde_json::to_vec_pretty(value)?;
        bytes.push(b'\n');
        let folder = self.layout.temporary();
        fs::create_dir_all(&folder)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let readable = Permissions::from_mode(0o644);
        let mut file = tempfile::Builder::new().prefix("json-").permissions(readable).tempfile_in(&folder)?;
        file.write_all(&bytes).map_err(|error| naming(path, error))?;
        Ok(file)
    }
}

/// The bytes of the file at `path`; `None` when there is no such file.
pub(super) fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    absent_ok(files::read(path, files::DOCUMENT_BYTES))
}
