//! Every use of an archive checks it: by its stat record where that proves something, else by hashing all of it.

use std::io::Read as _;
use std::path::PathBuf;

use fs_err as fs;

use super::CachedDependency;
use super::store::{DependencyCache, Trust, read_if_there};
use crate::absence::absent_ok;
use crate::application::{Proof, StatRecord, Witnessed};
use crate::dependency::{DependencyError, ResolvedDependency, Sha256};

impl DependencyCache {
    /// The archive of `record`, checked, ready for use.
    ///
    /// # Errors
    /// [`DependencyError::Corrupt`] when its bytes are not what they were; it then lies in quarantine.
    /// [`DependencyError::Lost`] when it is gone, to the quarantine for one: its record stays, so that whoever would take
    /// it fails until it is there again or is removed, whatever was run before.
    pub fn verified(&self, record: &CachedDependency) -> Result<ResolvedDependency, DependencyError> {
        let path = self.layout.blob(record.sha256);
        let Some(file) = absent_ok(crate::files::open(&path)).map_err(DependencyError::unread(&path))? else {
            let coordinates = record.description.coordinates();
            let remedy = Box::new(record.remedy());
            return Err(DependencyError::Lost { coordinates, sha256: record.sha256, remedy });
        };
        let stat = StatRecord::of(&file.metadata().map_err(DependencyError::unread(&path))?);
        let is_believed = self.trust != Trust::Nothing && self.is_proved(record.sha256, &stat);
        if !is_believed {
            self.prove(record, &file)?;
        }
        let how = if is_believed { "believed by its stat record" } else { "hashed" };
        log::info!("archive of {}: {how}", record.description.coordinates());
        Ok(ResolvedDependency::new(record, path))
    }

    /// Whether the archive was found intact in this very state since the machine was started. A proof that cannot be
    /// read proves nothing: then the archive is hashed.
    fn is_proved(&self, sha256: Sha256, stat: &StatRecord) -> bool {
        let Ok(Some(bytes)) = read_if_there(&self.layout.proof(sha256)) else { return false };
        serde_json::from_slice::<Proof>(&bytes).is_ok_and(|proof| proof.holds(stat))
    }

    /// Hashes the archive and remembers that it is intact, where the cache can be written.
    fn prove(&self, record: &CachedDependency, file: &fs::File) -> Result<(), DependencyError> {
        // One byte more than there should be is enough to be another file.
        let most = record.size.saturating_add(1);
        let hashed = Witnessed::read(file.file(), |file| Sha256::of_reader(file.take(most)).map(|(found, _)| found));
        let Some(hashed) = hashed.map_err(DependencyError::unread(file.path()))? else {
            return Err(DependencyError::Changing { path: file.path().to_owned() });
        };
        if hashed.value != record.sha256 {
            return Err(self.corrupt(record, hashed.value));
        }
        if let Some(proof) = hashed.proof {
            // a cache that cannot be written hashes again the next time
            let _ = self.write_json(&self.layout.proof(record.sha256), &proof);
        }
        Ok(())
    }

    /// Puts a corrupt archive out of use; the error says where it lies now.
    pub(super) fn corrupt(&self, record: &CachedDependency, found: Sha256) -> DependencyError {
        DependencyError::Corrupt {
            coordinates: record.description.coordinates(),
            expected: record.sha256,
            found,
            quarantined: self.quarantine(record.sha256, Some(record)).map(PathBuf::into_boxed_path),
            remedy: Box::new(record.remedy()),
        }
    }

    /// Moves an archive to the quarantine; `None` when that cannot be done. Its record stays and says that there was one,
    /// unless it is of what is made again as a by-product.
    pub(super) fn quarantine(&self, sha256: Sha256, record: Option<&CachedDependency>) -> Option<PathBuf> {
        let folder = self.layout.quarantine();
        fs::create_dir_all(&folder).ok()?;
        let target = (0..1000).map(|count| folder.join(format!("{sha256}.{count}"))).find(|path| !path.exists())?;
        fs::rename(self.layout.blob(sha256), &target).ok()?;
        let _ = fs::remove_file(self.layout.proof(sha256));
        if record.is_some_and(CachedDependency::is_made_here) {
            let _ = fs::remove_file(self.layout.record(sha256));
        }
        Some(target)
    }
}
