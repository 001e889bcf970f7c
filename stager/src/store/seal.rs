//! Seals: how a complete blob is known without reading it.

use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::time::{Duration, SystemTime};

use buildpacks::application::{Proof, StatRecord, boot_id};
use serde::{Deserialize, Serialize};

use crate::layer::LAYER_TIME;

/// Mode of finished blobs: nobody should write to them.
const BLOB_MODE: u32 = 0o444;

/// Which file it is, under whatever name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    dev: u64,
    ino: u64,
}

/// The bytes of the sealed file with this device and inode were right in this run of the machine: when it was written, or
/// when it was hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seal {
    dev: u64,
    ino: u64,
    boot_id: String,
}

impl FileId {
    /// Of a file in this state.
    pub fn of(stat: &StatRecord) -> Self {
        Self { dev: stat.dev, ino: stat.ino }
    }
}

impl Seal {
    /// For a file whose content was just written; `None` where the kernel does not say which run of it this is.
    pub(super) fn new(file: FileId) -> Option<Self> {
        boot_id().map(|boot_id| Self { dev: file.dev, ino: file.ino, boot_id: boot_id.to_owned() })
    }

    /// For a file whose content was proved in this state, if that is a sealed one.
    pub(super) fn of(proof: &Proof, stat: &StatRecord) -> Option<Self> {
        if !(proof.holds(stat) && is_sealed(stat)) {
            return None;
        }
        Self::new(FileId::of(stat))
    }

    /// Whether the file in this state, which should have `size` bytes, is the one that was sealed in this run of the
    /// machine.
    pub(super) fn holds(&self, stat: &StatRecord, size: u64) -> bool {
        (self.dev, self.ino, size) == (stat.dev, stat.ino, stat.size)
            && is_sealed(stat)
            && boot_id() == Some(self.boot_id.as_str())
    }
}

/// Marks a file that was just written and that nobody else has: read-only, modification time 1980-01-01T00:00:01Z. Any
/// write moves the time. A file that others may have is never sealed again: who sealed it after hashing would hide what
/// was written in between.
pub fn seal(file: &std::fs::File) -> io::Result<FileId> {
    file.set_permissions(std::fs::Permissions::from_mode(BLOB_MODE))?;
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(LAYER_TIME))?;
    let metadata = file.metadata()?;
    Ok(FileId { dev: metadata.dev(), ino: metadata.ino() })
}

/// Whether a file in this state is sealed.
pub fn is_sealed(stat: &StatRecord) -> bool {
    stat.mtime_ns == i128::from(LAYER_TIME) * 1_000_000_000
}
