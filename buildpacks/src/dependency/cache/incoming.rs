//! An archive on its way into the cache: a temporary file on the cache's disk, hashed while it is written.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::path::PathBuf;

use fs_err as fs;
use tempfile::{NamedTempFile, TempDir};

use super::DependencyCache;
use crate::dependency::digest::Sha256Writer;
use crate::dependency::{DependencyError, Sha256};

/// A right to write below the folder of temporary files, for as long as it lives.
pub(super) struct Writing {
    _lock: Option<File>,
}

/// An archive that is being written.
pub(super) struct Incoming {
    out: Sha256Writer<NamedTempFile>,
    path: PathBuf,
    writing: Writing,
}

/// An archive that is written and hashed and has no name yet.
pub(super) struct Received {
    pub(super) file: NamedTempFile,
    pub(super) sha256: Sha256,
    pub(super) size: u64,
    pub(super) writing: Writing,
}

impl DependencyCache {
    /// Asks to write. Nobody else writing, what killed processes left is cleared away first: whoever writes holds a
    /// shared lock, which the kernel drops with its process.
    pub(super) fn writing(&self) -> Result<Writing, DependencyError> {
        let folder = self.layout.temporary();
        fs::create_dir_all(&folder).map_err(DependencyError::WriteCache)?;
        let path = self.layout.temporary_lock();
        let open = || crate::files::open_lock(&path);
        let lock = open().map_err(DependencyError::WriteCache)?.into_parts().0;
        if lock.try_lock().is_ok() {
            for entry in fs::read_dir(&folder).map_err(DependencyError::WriteCache)?.flatten() {
                // what cannot be cleared away does no harm
                let _ = if entry.path().is_dir() {
                    fs::remove_dir_all(entry.path())
                } else {
                    fs::remove_file(entry.path())
                };
            }
        }
        // from exclusive to shared, or shared from the start; file systems without locks do without clearing
        let locked = lock.lock_shared().is_ok();
        Ok(Writing { _lock: locked.then_some(lock) })
    }

    /// Asks to remove: waits until nobody writes, and keeps others from it. File systems without locks do without.
    pub(super) fn alone(&self) -> Result<Writing, DependencyError> {
        let lock = crate::files::open_lock(&self.layout.temporary_lock()).map_err(DependencyError::WriteCache)?;
        let lock = lock.into_parts().0;
        let locked = lock.lock().is_ok();
        Ok(Writing { _lock: locked.then_some(lock) })
    }

    /// Starts an archive.
    pub(super) fn incoming(&self) -> Result<Incoming, DependencyError> {
        let writing = self.writing()?;
        let file = tempfile::Builder::new()
            .prefix("incoming-")
            .tempfile_in(self.layout.temporary())
            .map_err(DependencyError::WriteCache)?;
        Ok(Incoming { path: file.path().to_owned(), out: Sha256Writer::new(file), writing })
    }

    /// A folder for work in progress on the cache's disk, removed in the end.
    pub(super) fn scratch(&self) -> Result<(TempDir, Writing), DependencyError> {
        let writing = self.writing()?;
        let folder = tempfile::Builder::new()
            .prefix("scratch-")
            .tempdir_in(self.layout.temporary())
            .map_err(DependencyError::WriteCache)?;
        Ok((folder, writing))
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Who copies into the cache should not take a full disk for a broken source.
        let failed = |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", self.path.display()));
        self.out.write(bytes).map_err(failed)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Incoming {
    /// Everything is written.
    pub(super) fn finish(self) -> Result<Received, DependencyError> {
        let (sha256, size, file) = self.out.finish();
        file.as_file().sync_all().map_err(|error| unwritten(file.path(), error))?;
        Ok(Received { file, sha256, size, writing: self.writing })
    }
}

/// The error of a file of the cache that could not be written, which names it: what the system says does not.
pub(super) fn unwritten(path: &Path, error: io::Error) -> DependencyError {
    DependencyError::WriteCache(naming(path, error))
}

/// The same error with the file's path before it.
pub(super) fn naming(path: &Path, error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(_) => io::Error::new(error.kind(), format!("failed to write `{}`: {error}", path.display())),
        None => error,
    }
}
