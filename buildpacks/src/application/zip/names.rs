//! Only the names of an archive: reads the central directory and nothing else, for counting classes in many archives.

use super::{end, index};
use crate::application::ArchiveError;

/// The raw names of an archive's entries, in the order of its central directory. Nothing about the entries is checked.
#[derive(Debug)]
pub struct Names<'a> {
    archive: rawzip::ZipSliceArchive<&'a [u8]>,
}

impl<'a> Names<'a> {
    /// Finds the central directory of the archive `bytes`.
    pub fn of(bytes: &'a [u8]) -> Result<Self, ArchiveError> {
        let bounds = end::locate(bytes)?;
        index::open(&bytes[bounds.base..], bounds.end - bounds.base).map(|archive| Self { archive })
    }

    /// Calls `visit` with each name; directories end with `/`.
    pub fn for_each(&self, mut visit: impl FnMut(&[u8])) -> Result<(), ArchiveError> {
        for record in self.archive.entries() {
            visit(record.map_err(ArchiveError::Directory)?.file_path().as_bytes());
        }
        Ok(())
    }
}
