//! Stat records: the short cut around hashing, under the racy-git rule.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// Kernels stamp files with a coarse clock; two writes inside one tick cannot be told apart. 100 Hz is the coarsest.
const TICK: Duration = Duration::from_millis(20);
/// File systems that keep whole seconds (or even ones) only: recognised by a zero fraction.
const COARSE: Duration = Duration::from_secs(2);

/// What identifies the state of a file without reading it. Equal records mean unchanged bytes only when the record was
/// taken well after the file's last change: see [`StatRecord::settled_at`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StatRecord {
    /// Device.
    pub dev: u64,
    /// Inode.
    pub ino: u64,
    /// Size in bytes.
    pub size: u64,
    /// Last change of the content, nanoseconds since 1970.
    pub mtime_ns: i128,
    /// Last change of the inode, nanoseconds since 1970; nobody can set it back.
    pub ctime_ns: i128,
}

impl StatRecord {
    /// The record of a file.
    pub fn of(metadata: &Metadata) -> Self {
        let nanoseconds = |seconds: i64, fraction: i64| i128::from(seconds) * 1_000_000_000 + i128::from(fraction);
        Self {
            dev: metadata.dev(),
            ino: metadata.ino(),
            size: metadata.size(),
            mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether a change of the file after `now` must show in its next record: the file's last change lies more than a
    /// clock tick before `now`. A record that is not settled must not be kept as proof that nothing changed.
    pub fn settled_at(&self, now: SystemTime) -> bool {
        let Ok(now) = now.duration_since(SystemTime::UNIX_EPOCH) else { return false };
        let coarse = self.mtime_ns % 1_000_000_000 == 0 && self.ctime_ns % 1_000_000_000 == 0;
        let margin = if coarse { COARSE } else { TICK };
        let now = i128::try_from(now.as_nanos()).unwrap_or(0);
        let margin = i128::try_from(margin.as_nanos()).unwrap_or(i128::MAX);
        self.mtime_ns.max(self.ctime_ns) + margin < now
    }
}
