//! Taking dependencies out of the cache.

use std::collections::BTreeMap;

use fs_err as fs;
use schemars::JsonSchema;
use serde::Serialize;

use super::{CachedDependency, DependencyCache};
use crate::absence::absent_ok;
use crate::dependency::{DependencyError, Kind, Requirement, Sha256};
use crate::files;

/// Fewest digits of a checksum that stand for it where no other begins with them.
const FEWEST_DIGITS: usize = 8;

/// What was taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Removed {
    /// Checksum of the archive.
    pub sha256: Sha256,
    /// `id@version`, where there was a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependency: Option<String>,
    /// How many bytes its files had together.
    pub bytes: u64,
}

impl DependencyCache {
    /// The checksums that `name` stands for: `ID` for all of an id, `ID@VERSION` for exactly that version, else for all that
    /// the version asks for as a pattern (`17.*`); a checksum, or enough of its first digits. Nothing when there is none.
    /// Damaged records and archives without one are found by their checksums.
    ///
    /// # Errors
    /// [`DependencyError::ReadCache`].
    pub fn named(&self, name: &str) -> Result<Vec<Sha256>, DependencyError> {
        let mut all = BTreeMap::new();
        for sha256 in self.checksums(None)?.into_iter().chain(self.checksums(Some("json"))?) {
            all.insert(sha256, self.legible(sha256)?);
        }
        if let Ok(sha256) = name.parse::<Sha256>() {
            return Ok(all.contains_key(&sha256).then_some(sha256).into_iter().collect());
        }
        let records: Vec<&CachedDependency> = all.values().flatten().collect();
        let found = by_name(&records, name);
        let is_digits = name.len() >= FEWEST_DIGITS && name.bytes().all(|b| b.is_ascii_hexdigit());
        if !found.is_empty() || !is_digits {
            return Ok(found);
        }
        let start = name.to_ascii_lowercase();
        let mut beginning = all.into_keys().filter(|sha256| sha256.to_string().starts_with(&start));
        Ok(match (beginning.next(), beginning.next()) {
            (Some(only), None) => vec![only],
            _ => Vec::new(),
        })
    }

    /// Takes out the archives with these checksums, with their records and proofs and what lies of them in quarantine, when
    /// nobody writes to the cache. Layers that were made of them stay in the layer cache.
    ///
    /// # Errors
    /// [`DependencyError::WriteCache`]; what was taken out before stays so, and what is half removed counts for nothing.
    pub fn remove(&self, which: &[Sha256]) -> Result<Vec<Removed>, DependencyError> {
        let _alone = self.alone()?;
        which.iter().map(|sha256| self.remove_one(*sha256)).collect()
    }

    fn remove_one(&self, sha256: Sha256) -> Result<Removed, DependencyError> {
        let record = self.legible(sha256)?;
        let mut bytes = 0;
        let own = [self.layout.record(sha256), self.layout.proof(sha256), self.layout.blob(sha256)];
        // The record goes first: an archive without one is never used.
        for path in own.into_iter().chain(self.quarantined(Some(sha256))?.into_iter().map(|aside| aside.path)) {
            let metadata = absent_ok(fs::symlink_metadata(&path)).map_err(DependencyError::unread(&path))?;
            absent_ok(fs::remove_file(&path)).map_err(DependencyError::WriteCache)?;
            bytes += metadata.map_or(0, |metadata| metadata.len());
        }
        let folder = files::open_folder(&self.layout.blobs()).map_err(DependencyError::WriteCache)?;
        folder.sync_all().map_err(DependencyError::WriteCache)?;
        Ok(Removed { sha256, dependency: record.map(|record| record.description.coordinates()), bytes })
    }
}

/// The checksums of what is called `ID` or `ID@VERSION`.
fn by_name(records: &[&CachedDependency], name: &str) -> Vec<Sha256> {
    let (id, version) = name.split_once('@').map_or((name, None), |(id, version)| (id, Some(version)));
    let of_id: Vec<_> = records.iter().filter(|record| record.description.id == id).collect();
    let chosen = |chosen: &dyn Fn(&CachedDependency) -> bool| -> Vec<Sha256> {
        of_id.iter().filter(|record| chosen(record)).map(|record| record.sha256).collect()
    };
    let Some(version) = version else { return chosen(&|_| true) };
    let exactly = chosen(&|record| record.description.version.to_string() == version);
    match Requirement::parse(version) {
        Ok(pattern) if exactly.is_empty() => chosen(&|record| {
            let pattern = pattern.clone();
            let pattern = if record.description.kind == Kind::Jre { pattern.java() } else { pattern };
            pattern.matches(&record.description.version)
        }),
        _ => exactly,
    }
}
