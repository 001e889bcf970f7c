//! The state of an artifact on disk without reading its bytes.

use std::path::Path;
use std::time::SystemTime;

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::{OpenError, StatRecord, directory};

/// The state of a file or of a whole directory by stat records. Equal fingerprints mean an unchanged artifact only when
/// the earlier one was [settled](Fingerprint::settled).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fingerprint {
    /// A single file.
    File(StatRecord),
    /// A directory.
    Directory {
        /// BLAKE3 over every path and its stat record, sorted by path, in hexadecimal.
        hash: String,
        /// The youngest change below, nanoseconds since 1970, with whether all time stamps are whole seconds.
        newest: StatRecord,
    },
}

impl Fingerprint {
    /// Takes the fingerprint of what lies at `path` now.
    pub fn of(path: &Path) -> Result<Self, OpenError> {
        let metadata = fs::metadata(path).map_err(|source| OpenError::read(path, source))?;
        if metadata.is_dir() {
            Ok(Self::of_records(&directory::stat_records(path)?))
        } else {
            Ok(Self::File(StatRecord::of(&metadata)))
        }
    }

    /// The fingerprint of a directory with these records, sorted by path.
    pub(super) fn of_records(records: &[(String, StatRecord)]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for (path, record) in records {
            hasher.update(path.as_bytes()).update(b"\0");
            hasher.update(&record.dev.to_le_bytes()).update(&record.ino.to_le_bytes());
            hasher.update(&record.size.to_le_bytes());
            hasher.update(&record.mtime_ns.to_le_bytes()).update(&record.ctime_ns.to_le_bytes());
        }
        let newest =
            records.iter().map(|(_, record)| *record).max_by_key(|record| record.mtime_ns.max(record.ctime_ns));
        let none = StatRecord { dev: 0, ino: 0, size: 0, mtime_ns: 0, ctime_ns: 0 };
        Self::Directory { hash: hasher.finalize().to_hex().to_string(), newest: newest.unwrap_or(none) }
    }

    /// Whether every change after `now` must show in the next fingerprint. One that is not settled must not be kept as
    /// proof that nothing changed.
    pub fn settled(&self, now: SystemTime) -> bool {
        match self {
            Self::File(record) | Self::Directory { newest: record, .. } => record.settled_at(now),
        }
    }
}
