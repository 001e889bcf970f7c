//! Checking the whole cache.

use std::io::Read as _;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::DependencyCache;
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
    /// A record without an archive.
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
            let file = crate::files::open(&self.layout.blob(sha256)).map_err(DependencyError::ReadCache)?;
            let most = record.as_ref().map_or(ARCHIVE_BYTES, |record| record.size).saturating_add(1);
            let (found, size) = Sha256::of_reader(file.take(most)).map_err(DependencyError::ReadCache)?;
            result.checked += 1;
            result.bytes += size;
            let problem = if found != sha256 {
                Problem::Corrupt { found, quarantined: self.quarantine(sha256) }
            } else if record.is_none() {
                Problem::NoRecord
            } else {
                continue;
            };
            let dependency = record.as_ref().map(|record| record.description.coordinates());
            let command = record.as_ref().map(super::CachedDependency::command);
            result.findings.push(Finding { sha256, dependency, problem, command });
        }
        for sha256 in self.checksums(Some("json"))? {
            if !archives.contains(&sha256) {
                let record = self.legible(sha256)?;
                let dependency = record.as_ref().map(|record| record.description.coordinates());
                let command = record.as_ref().map(super::CachedDependency::command);
                result.findings.push(Finding { sha256, dependency, problem: Problem::NoArchive, command });
            }
        }
        result.findings.sort_by_key(|finding| finding.sha256);
        Ok(result)
    }
}

impl Verification {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}
