//! Checking the whole cache.

use std::fs::Metadata;
use std::io::Read as _;
use std::path::PathBuf;

use fs_err as fs;
use schemars::JsonSchema;
use serde::Serialize;

use super::{CachedDependency, DependencyCache};
use crate::absence::absent_ok;
use crate::dependency::{DependencyError, Sha256};
use crate::files::ARCHIVE_BYTES;

/// What a check of the whole cache found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verification {
    /// How many archives were hashed.
    pub checked: usize,
    /// How many bytes they have together.
    pub bytes: u64,
    /// What is wrong, in order of checksum.
    pub findings: Vec<Finding>,
    /// What lies in quarantine, by now, in order of path.
    pub quarantine: Vec<Quarantined>,
}

/// A corrupt archive that was moved out of the way. Nothing reads it: it is there for people, who may delete it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Quarantined {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// `id@version`, where it has a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependency: Option<String>,
    /// Whether a sound archive is there in its place.
    pub replaced: bool,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The checksum the files are named after.
    pub sha256: Sha256,
    /// `id@version`, where there is a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependency: Option<String>,
    /// What is wrong.
    #[serde(flatten)]
    pub problem: Problem,
    /// The command that brings the dependency back, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "problem", rename_all = "kebab-case")]
pub enum Problem {
    /// The archive's bytes are not what its name says.
    Corrupt {
        /// What it hashes to.
        found: Sha256,
        /// Where it was moved; `None` when the cache cannot be written.
        quarantined: Option<PathBuf>,
    },
    /// A record without an archive: who would take it fails.
    NoArchive,
    /// An archive without a record, or with one that says nothing: left by a killed process, added again any time.
    NoRecord,
}

impl DependencyCache {
    /// Hashes every archive, whatever its stat record says, and moves the corrupt ones to the quarantine.
    ///
    /// # Errors
    /// [`DependencyError::ReadCache`] when something cannot be read.
    pub fn verify(&self) -> Result<Verification, DependencyError> {
        let mut result = Verification::default();
        // As before a write: what killed processes left goes. Where nothing can be written nothing was left.
        if self.layout.temporary().is_dir() {
            drop(self.writing());
        }
        let archives = self.checksums(None)?;
        for &sha256 in &archives {
            let record = self.legible(sha256)?;
            let file = crate::files::open(&self.layout.blob(sha256))
                .map_err(DependencyError::unread(&self.layout.blob(sha256)))?;
            let most = record.as_ref().map_or(ARCHIVE_BYTES, |record| record.size).saturating_add(1);
            let (found, size) =
                Sha256::of_reader(file.take(most)).map_err(DependencyError::unread(&self.layout.blob(sha256)))?;
            result.checked += 1;
            result.bytes += size;
            let problem = if found != sha256 {
                Problem::Corrupt { found, quarantined: self.quarantine(sha256, record.as_ref()) }
            } else if record.is_none() {
                Problem::NoRecord
            } else {
                continue;
            };
            let dependency = record.as_ref().map(|record| record.description.coordinates());
            let command = record.as_ref().and_then(command);
            result.findings.push(Finding { sha256, dependency, problem, command });
        }
        for sha256 in self.checksums(Some("json"))? {
            if !archives.contains(&sha256) {
                let record = self.legible(sha256)?;
                let dependency = record.as_ref().map(|record| record.description.coordinates());
                let command = record.as_ref().and_then(command);
                result.findings.push(Finding { sha256, dependency, problem: Problem::NoArchive, command });
            }
        }
        result.findings.sort_by_key(|finding| finding.sha256);
        result.quarantine = self.quarantined(None)?;
        Ok(result)
    }

    /// What lies in quarantine, of one archive or of all.
    pub(super) fn quarantined(&self, of: Option<Sha256>) -> Result<Vec<Quarantined>, DependencyError> {
        let folder = absent_ok(fs::read_dir(self.layout.quarantine()))
            .map_err(DependencyError::unread(&self.layout.quarantine()))?;
        let mut found = Vec::new();
        for entry in folder.into_iter().flatten() {
            let entry = entry.map_err(DependencyError::unread(&self.layout.quarantine()))?;
            let (path, name) = (entry.path(), entry.file_name());
            // What is no archive of ours is none of our business; one may be deleted just now.
            let named = name.to_str().and_then(|name| name.split_once('.')?.0.parse::<Sha256>().ok());
            let named = named.filter(|sha256| of.is_none_or(|of| of == *sha256));
            let metadata = absent_ok(fs::symlink_metadata(&path)).map_err(DependencyError::unread(&path))?;
            let (Some(sha256), Some(metadata)) = (named, metadata.filter(Metadata::is_file)) else { continue };
            let record = self.legible(sha256)?;
            let replaced = record.is_some() && self.has_archive(sha256)?;
            let dependency = record.map(|record| record.description.coordinates());
            found.push(Quarantined { path, bytes: metadata.len(), dependency, replaced });
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }
}

/// The command that brings a dependency back; none for what is made again by whoever needs it.
fn command(record: &CachedDependency) -> Option<String> {
    (!record.is_made_here()).then(|| record.remedy().command())
}

impl Verification {
    /// Whether nothing is wrong with what would be used.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}
