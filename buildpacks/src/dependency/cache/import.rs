//! Taking in what others have: an export, another cache, a folder of files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;
use schemars::JsonSchema;
use serde::Serialize;
use walkdir::WalkDir;

use super::{CachedDependency, DependencyCache};
use crate::absence::absent_ok;
use crate::application::{Entry, Source, tar};
use crate::dependency::{Catalogue, DependencyError, Sha256};
use crate::files;

/// Largest record that is read, bytes.
const RECORD_BYTES: u64 = 1 << 20;

/// What an import took in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Imported {
    /// What is cached now, in order of arrival.
    pub added: Vec<CachedDependency>,
    /// What was left alone.
    pub skipped: Vec<Skipped>,
}

/// A file that was left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Skipped {
    /// The file.
    pub path: PathBuf,
    /// What it hashes to.
    pub sha256: Option<Sha256>,
    /// Why.
    pub reason: String,
}

impl DependencyCache {
    /// Takes in `from`: a tar of a cache's folder `sha256` such as [`DependencyCache::export`] writes, a file the catalogue knows by its checksum, a folder
    /// of such files, or the folder of another cache, whose records are taken over. Everything is hashed on the way.
    ///
    /// # Errors
    /// [`DependencyError::Read`], [`DependencyError::WriteCache`], and [`DependencyError::Checksum`] for an export whose
    /// bytes are not what it says.
    pub fn import(&self, from: &Path, catalogue: &Catalogue) -> Result<Imported, DependencyError> {
        let mut imported = Imported::default();
        if !fs::metadata(from).map_err(DependencyError::Read)?.is_dir() {
            if !self.import_export(from, &mut imported)? {
                self.import_file(from, catalogue, &mut imported)?;
            }
            return Ok(imported);
        }
        // of another cache only its archives: layers and work in progress are no dependencies
        let shelves = [from.join("dependencies/sha256"), from.join("sha256")];
        let root = shelves.iter().find(|folder| folder.is_dir()).map_or(from, PathBuf::as_path);
        for entry in WalkDir::new(root).sort_by_file_name() {
            let entry = entry.map_err(|error| DependencyError::Read(error.into()))?;
            if entry.file_type().is_file() {
                self.import_file(entry.path(), catalogue, &mut imported)?;
            }
        }
        Ok(imported)
    }

    /// Takes in one file by the record beside it or by what the catalogue says of its checksum.
    fn import_file(&self, file: &Path, catalogue: &Catalogue, imported: &mut Imported) -> Result<(), DependencyError> {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let claimed = name.split('.').next().and_then(|stem| stem.parse::<Sha256>().ok());
        if claimed.is_some() && name.contains('.') {
            // a record or a proof of another cache
            return Ok(());
        }
        let (sha256, _) =
            Sha256::of_reader(files::open_within(file, files::ARCHIVE_BYTES).map_err(DependencyError::Read)?)
                .map_err(DependencyError::Read)?;
        let skip = |reason: &str| Skipped { path: file.to_owned(), sha256: Some(sha256), reason: reason.to_owned() };
        if claimed.is_some_and(|claimed| claimed != sha256) {
            imported.skipped.push(skip("its bytes are not those it is named after"));
            return Ok(());
        }
        let beside = claimed.map(|_| absent_ok(files::read(&file.with_extension("json"), files::DOCUMENT_BYTES)));
        let beside = beside.transpose().map_err(DependencyError::Read)?.flatten();
        let record = beside.and_then(|bytes| CachedDependency::read(&bytes).ok());
        let description = match (catalogue.by_sha256(sha256), record) {
            (Some(entry), _) => entry.description.clone(),
            (None, Some(record)) => record.description,
            (None, None) => {
                imported.skipped.push(skip("the catalogue has no entry with this checksum"));
                return Ok(());
            }
        };
        imported.added.push(self.add(file, &description, Some(sha256))?);
        Ok(())
    }

    /// Takes in an export; `false` when `file` is none.
    fn import_export(&self, file: &Path, imported: &mut Imported) -> Result<bool, DependencyError> {
        let mapped = Arc::new(Source::open(file).map_err(DependencyError::Read)?);
        let Ok(entries) = tar::read(&mapped) else { return Ok(false) };
        let of_an_export = |entry: &Entry| entry.path.as_str().split('/').next() == Some("sha256");
        if entries.is_empty() || !entries.iter().all(of_an_export) {
            return Ok(false);
        }
        for entry in &entries {
            let Some(stem) = entry.path.file_name().strip_suffix(".json") else { continue };
            let broken = |error: io::Error| DependencyError::Read(error);
            let content =
                |entry: &Entry| entry.content().cloned().ok_or_else(|| broken(io::ErrorKind::InvalidData.into()));
            let bytes = content(entry)?;
            let bytes = bytes.read(RECORD_BYTES).map_err(|error| broken(io::Error::other(error)))?;
            let record = CachedDependency::read(&bytes)
                .map_err(|source| DependencyError::Record { path: entry.path.as_str().into(), source })?;
            let Some(blob) = entries.iter().find(|entry| entry.path.file_name() == stem) else { continue };
            let mut incoming = self.incoming()?;
            content(blob)?.copy_to(&mut incoming).map_err(|error| broken(io::Error::other(error)))?;
            let what = file.display().to_string();
            let received = incoming.finish()?;
            imported.added.push(self.admit(received, &record.description, Some(record.sha256), &what)?);
        }
        Ok(true)
    }
}
