//! Names inside the cache folder.

use std::path::{Path, PathBuf};

use crate::dependency::Sha256;

/// Where things lie below `<cache-dir>/dependencies`.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(super) fn new(cache_dir: &Path) -> Self {
        Self { root: cache_dir.join("dependencies") }
    }

    /// Archives, records and proofs.
    pub(super) fn blobs(&self) -> PathBuf {
        self.root.join("sha256")
    }

    /// The archive with this checksum.
    pub(super) fn blob(&self, sha256: Sha256) -> PathBuf {
        self.blobs().join(sha256.to_string())
    }

    /// What is known of it.
    pub(super) fn record(&self, sha256: Sha256) -> PathBuf {
        self.blobs().join(format!("{sha256}.json"))
    }

    /// The stat record it had when it was last found intact.
    pub(super) fn proof(&self, sha256: Sha256) -> PathBuf {
        self.blobs().join(format!("{sha256}.stat"))
    }

    /// Files that are being written, on the same disk as the archives.
    pub(super) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Held shared by whoever writes below [`Layout::temporary`], exclusively by whoever clears it.
    pub(super) fn temporary_lock(&self) -> PathBuf {
        self.root.join("tmp.lock")
    }

    /// Archives that were found corrupt.
    pub(super) fn quarantine(&self) -> PathBuf {
        self.root.join("quarantine")
    }

    /// Which archive was made of which of the host's Java runtimes.
    pub(super) fn host(&self, key: &str) -> PathBuf {
        self.root.join("host").join(format!("{key}.json"))
    }
}
