//! Only the names of an archive: reads the central directory and nothing else, for counting classes in many archives.

use std::ops::Range;

use rawzip::ZipArchive;

use super::view::View;
use super::{end, index};
use crate::application::{ArchiveError, Source};

/// The raw names of an archive's entries, in the order of its central directory. Nothing about the entries is checked.
#[derive(Debug)]
pub struct Names<'a> {
    archive: ZipArchive<View<'a>>,
    /// Where the archive's offsets count from, in the source.
    start: u64,
}

impl<'a> Names<'a> {
    /// Finds the central directory of the archive in `range` of `source`.
    pub fn of(source: &'a Source, range: Range<u64>) -> Result<Self, ArchiveError> {
        let view = View::new(source, range.clone());
        let bounds = end::locate(&view)?;
        let archive = index::open(view.behind(bounds.base), bounds.end - bounds.base)?;
        Ok(Self { archive, start: range.start + bounds.base })
    }

    /// Where the central directory starts in the source.
    pub fn directory(&self) -> u64 {
        self.start.saturating_add(self.archive.directory_offset())
    }

    /// Calls `visit` with each name; directories end with `/`.
    pub fn for_each(&self, mut visit: impl FnMut(&[u8])) -> Result<(), ArchiveError> {
        let mut buffer = index::record_buffer(&self.archive);
        let mut records = self.archive.entries(&mut buffer);
        while let Some(record) = records.next_entry().map_err(ArchiveError::Directory)? {
            visit(record.file_path().as_bytes());
        }
        Ok(())
    }
}
