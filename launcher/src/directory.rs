//! Listing directories in byte order, as the contract asks.

use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::path_error;

/// An entry of a directory.
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: OsString,
    /// The directory and its name.
    pub(crate) path: PathBuf,
    /// Its own type; links are not followed.
    pub(crate) kind: FileType,
}

/// The entries of a directory, by name. A missing directory has none.
pub(crate) fn list(directory: &Path) -> io::Result<Vec<Entry>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut listed = Vec::new();
    for entry in entries {
        let entry = entry?;
        listed.push(Entry { name: entry.file_name(), path: entry.path(), kind: entry.file_type()? });
    }
    listed.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}

/// The sub-directories of a directory; links to directories do not count.
pub(crate) fn directories(directory: &Path) -> Result<Vec<PathBuf>, String> {
    filtered(directory, |kind| kind.is_dir())
}

/// Everything in a directory but its sub-directories.
pub(crate) fn files(directory: &Path) -> Result<Vec<PathBuf>, String> {
    filtered(directory, |kind| !kind.is_dir())
}

fn filtered(directory: &Path, wanted: impl Fn(FileType) -> bool) -> Result<Vec<PathBuf>, String> {
    let entries = list(directory).map_err(|error| {
        let cause = path_error("open", directory, &error);
        format!("failed to list files in dir '{}': {cause}", directory.display())
    })?;
    Ok(entries.into_iter().filter(|entry| wanted(entry.kind)).map(|entry| entry.path).collect())
}
