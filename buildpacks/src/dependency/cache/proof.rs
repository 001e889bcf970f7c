//! Every use of an archive checks it: by its stat record where that proves something, else by hashing all of it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::CachedDependency;
use super::store::{DependencyCache, Trust, read_if_there};
use crate::application::StatRecord;
use crate::dependency::{DependencyError, ResolvedDependency, Sha256};

/// Names this run of the machine's kernel: device numbers and clocks mean the same only within one.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// An archive was intact when it had this stat record.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Proof {
    stat: StatRecord,
    boot_id: String,
}

impl DependencyCache {
    /// The archive of `record`, checked, ready for use.
    ///
    /// # Errors
    /// [`DependencyError::Corrupt`] when its bytes are not what they were; it then lies in quarantine.
    /// [`DependencyError::Lost`] when it is gone.
    pub fn verified(&self, record: &CachedDependency) -> Result<ResolvedDependency, DependencyError> {
        let path = self.layout.blob(record.sha256);
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let coordinates = record.description.coordinates();
                return Err(DependencyError::Lost { coordinates, command: record.command() });
            }
            Err(error) => return Err(DependencyError::ReadCache(error)),
        };
        let stat = StatRecord::of(&file.metadata().map_err(DependencyError::ReadCache)?);
        if self.trust == Trust::Nothing || !self.is_proved(record.sha256, stat) {
            self.prove(record, &file, stat)?;
        }
        Ok(ResolvedDependency::new(record, path, stat))
    }

    /// Whether the archive was found intact with this very stat record since the machine was started.
    fn is_proved(&self, sha256: Sha256, stat: StatRecord) -> bool {
        let Ok(Some(bytes)) = read_if_there(&self.layout.proof(sha256)) else { return false };
        let Ok(proof) = serde_json::from_slice::<Proof>(&bytes) else { return false };
        boot_id().is_some_and(|boot_id| proof == Proof { stat, boot_id })
    }

    /// Hashes the archive and remembers that it is intact, where the cache can be written.
    fn prove(&self, record: &CachedDependency, file: &fs::File, stat: StatRecord) -> Result<(), DependencyError> {
        let settled = stat.settled_at(SystemTime::now());
        let (found, _) = Sha256::of_reader(file).map_err(DependencyError::ReadCache)?;
        if found != record.sha256 {
            return Err(self.corrupt(record, found));
        }
        let unchanged = file.metadata().is_ok_and(|metadata| StatRecord::of(&metadata) == stat);
        if settled
            && unchanged
            && let Some(boot_id) = boot_id()
        {
            // a cache that cannot be written hashes again the next time
            let _ = self.write_json(&self.layout.proof(record.sha256), &Proof { stat, boot_id });
        }
        Ok(())
    }

    /// Puts a corrupt archive out of use; the error says where it lies now.
    pub(super) fn corrupt(&self, record: &CachedDependency, found: Sha256) -> DependencyError {
        DependencyError::Corrupt {
            coordinates: record.description.coordinates(),
            expected: record.sha256,
            found,
            quarantined: self.quarantine(record.sha256).map(PathBuf::into_boxed_path),
            command: record.command().into(),
        }
    }

    /// Moves an archive and its record to the quarantine; `None` when that cannot be done.
    pub(super) fn quarantine(&self, sha256: Sha256) -> Option<PathBuf> {
        let folder = self.layout.quarantine();
        fs::create_dir_all(&folder).ok()?;
        let target = (0..1000).map(|count| folder.join(format!("{sha256}.{count}"))).find(|path| !path.exists())?;
        fs::rename(self.layout.blob(sha256), &target).ok()?;
        let _ = fs::rename(self.layout.record(sha256), with_suffix(&target, ".json"));
        let _ = fs::remove_file(self.layout.proof(sha256));
        Some(target)
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn boot_id() -> Option<String> {
    fs::read_to_string(BOOT_ID).ok().map(|text| text.trim().to_owned())
}
