//! The layer cache: blobs by digest, records by selector. Nothing in it is trusted because of its name alone.
//!
//! A blob's modification time is set to a constant when it is complete (its *seal*): any later write through any of its
//! hard links moves that time. A record remembers device, inode and the run of the machine too. While seal, size, device
//! and inode hold, and until the machine is started again, a blob is used without reading it; otherwise it is hashed
//! again, and quarantined when its bytes do not match.

mod blob;
mod files;
mod memo;
mod seal;

use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use buildpacks::application::boot_id;
use fs_err as fs;
use tempfile::NamedTempFile;

pub use blob::{BlobSource, LayerBlob, NewBlob};
pub use files::{NEW, copy_hashed, hash, new_temporary, remove_abandoned};
pub use memo::{Input, Memo, MemoKey};
pub use seal::{FileId, is_sealed, seal};

use crate::layer::Selector;

/// Why the layer cache failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder of the cache could not be read or written.
    #[error("Could not {action} `{}` in the layer cache", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The layer cache below a cache folder.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    /// Where new files go when the cache cannot be written: gone with the process.
    private: Option<tempfile::TempDir>,
    paranoid: bool,
}

/// Held while a layer is built.
#[derive(Debug)]
pub struct BuildLock(#[expect(dead_code, reason = "unlocks when dropped")] Option<fs::File>);

impl Store {
    /// Opens the cache in `cache_dir`, creating its folders. A folder that cannot be written is still read; what is
    /// built then lives only as long as the process. `paranoid` hashes every blob on use.
    pub fn open(cache_dir: &Path, paranoid: bool) -> Result<Self, StoreError> {
        let root = cache_dir.join("layers");
        let private = match create(cache_dir, &root) {
            Ok(()) => None,
            Err(error) if is_read_only(&error) => Some(tempfile::tempdir().map_err(|source| StoreError::Io {
                action: "create a temporary folder beside",
                path: root.clone(),
                source,
            })?),
            Err(source) => return Err(StoreError::Io { action: "create", path: root, source }),
        };
        let store = Self { root, private, paranoid };
        if store.private.is_none() {
            files::remove_abandoned(&store.scratch_path(), "");
        }
        Ok(store)
    }

    /// Whether what is built is kept for the next run.
    pub fn is_writable(&self) -> bool {
        self.private.is_none()
    }

    /// Whether no stat record is trusted.
    pub fn is_paranoid(&self) -> bool {
        self.paranoid
    }

    /// A folder for temporary files on the cache's disk.
    pub fn scratch(&self) -> PathBuf {
        self.scratch_path()
    }

    fn scratch_path(&self) -> PathBuf {
        self.private.as_ref().map_or_else(|| self.root.join("tmp"), |private| private.path().to_owned())
    }

    /// A new temporary file; it is removed unless committed.
    pub fn new_file(&self) -> Result<NamedTempFile, StoreError> {
        let scratch = self.scratch_path();
        files::new_temporary(&scratch, NEW).map_err(|source| StoreError::Io {
            action: "create a file",
            path: scratch,
            source,
        })
    }

    /// The blob of an equal layer built before, if it is there and sound.
    pub fn lookup(&self, selector: &Selector) -> Result<Option<LayerBlob>, StoreError> {
        blob::lookup(self, selector)
    }

    /// Keeps a new blob under its digest and remembers it under its selector, which is that of what it was made of:
    /// there is no way to keep it under another.
    pub fn commit(&self, new: NewBlob) -> Result<LayerBlob, StoreError> {
        blob::commit(self, new)
    }

    /// Waits until no other process builds the layer of this selector.
    pub fn lock(&self, selector: &Selector) -> Result<BuildLock, StoreError> {
        if !self.is_writable() {
            return Ok(BuildLock(None));
        }
        let path = self.root.join("locks").join(&selector.hex()[..3]);
        let failed = |source| StoreError::Io { action: "lock", path: path.clone(), source };
        let file = buildpacks::files::open_lock(&path).map_err(failed)?;
        match file.lock() {
            Ok(()) => Ok(BuildLock(Some(file))),
            // Some network file systems cannot lock: then equal layers may be built twice, which is harmless.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(BuildLock(None)),
            Err(source) => Err(failed(source)),
        }
    }

    /// Opens the memo of a whole run, if it still holds.
    pub fn memo(&self, key: MemoKey) -> Memo {
        Memo::new(&self.root.join("memo"), self.is_writable(), key)
    }

    /// Opens the memo of a copy of the blob `digest` outside the cache, at `path`: recalled while it is what it was when it
    /// was hashed in this run of the machine. `None` where nothing is trusted.
    pub fn copy_memo(&self, path: &Path, digest: crate::digest::Digest) -> Option<Memo> {
        let boot = boot_id().filter(|_| !self.paranoid)?;
        let path = std::path::absolute(path).ok()?;
        let hex = digest.hex();
        let parts = [&b"copy of a blob 1"[..], boot.as_bytes(), hex.as_bytes(), path.as_os_str().as_bytes()];
        Some(self.memo(MemoKey::of(parts)))
    }

    /// Where the blob with this digest lies, if it is there.
    pub fn blob_path(&self, digest: crate::digest::Digest) -> PathBuf {
        self.root.join("blobs/sha256").join(digest.hex())
    }

    fn record_path(&self, selector: &Selector) -> PathBuf {
        self.root.join("selectors").join(format!("{}.json", selector.hex()))
    }
}

/// Says to backup programs that the folder can be made again (the cache directory tagging convention).
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# Cache of the stage program; safe to remove.\n";

fn create(cache_dir: &Path, root: &Path) -> io::Result<()> {
    for folder in ["blobs/sha256", "selectors", "locks", "memo", "tmp", "quarantine"] {
        let path = root.join(folder);
        if !path.is_dir() {
            fs::create_dir_all(&path)?;
        }
    }
    // A new file: whatever else has its name stays as it is, also a link to nowhere.
    match fs::File::create_new(cache_dir.join("CACHEDIR.TAG")) {
        Ok(mut tag) => tag.write_all(TAG.as_bytes())?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    rustix::fs::access(root.join("tmp"), rustix::fs::Access::WRITE_OK)?;
    Ok(())
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}
