//! An archive in its file, read by offset through small windows: its end, its directory and its local headers are looked
//! at piece by piece, however large it is.

use std::cell::RefCell;
use std::io;
use std::ops::Range;

use rawzip::ReaderAt;

use crate::application::{ContentError, Source};

/// Size of a window, bytes: a directory's records and the headers of small entries follow one another.
const WINDOW_BYTES: usize = 8 * 1024;
/// One for the directory, one for local headers, one for what lies before the end record.
const WINDOWS: usize = 3;

/// A part of a source.
#[derive(Debug)]
pub(crate) struct View<'a> {
    source: &'a Source,
    range: Range<u64>,
    windows: RefCell<Vec<Window>>,
}

/// Bytes read earlier, by their offset in the view.
#[derive(Debug)]
struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    fn get(&self, at: u64, length: usize) -> Option<&[u8]> {
        let skip = usize::try_from(at.checked_sub(self.start)?).ok()?;
        self.bytes.get(skip..skip.checked_add(length)?)
    }
}

impl<'a> View<'a> {
    pub(crate) fn new(source: &'a Source, range: Range<u64>) -> Self {
        Self { source, range, windows: RefCell::default() }
    }

    /// What lies behind `base`.
    pub(super) fn behind(&self, base: u64) -> View<'a> {
        Self::new(self.source, self.range.start + base..self.range.end)
    }

    pub(super) fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// The bytes in `range`, which must lie inside.
    pub(super) fn bytes(&self, range: Range<u64>) -> Result<Vec<u8>, ContentError> {
        let mut bytes = vec![0; usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX)];
        self.fill(range.start, &mut bytes)?;
        Ok(bytes)
    }

    /// The bytes at `at`; none when they reach beyond the end.
    pub(super) fn array<const N: usize>(&self, at: u64) -> Result<Option<[u8; N]>, ContentError> {
        if at.checked_add(N as u64).is_none_or(|end| end > self.len()) {
            return Ok(None);
        }
        let mut bytes = [0; N];
        self.fill(at, &mut bytes)?;
        Ok(Some(bytes))
    }

    fn fill(&self, at: u64, buffer: &mut [u8]) -> Result<(), ContentError> {
        let left = usize::try_from(self.len().saturating_sub(at)).unwrap_or(usize::MAX);
        if buffer.len() >= WINDOW_BYTES || buffer.len() > left {
            return self.source.read_at(self.range.start.saturating_add(at), buffer);
        }
        let mut windows = self.windows.borrow_mut();
        if let Some(found) = windows.iter().find_map(|window| window.get(at, buffer.len())) {
            buffer.copy_from_slice(found);
            return Ok(());
        }
        // The window that was filled first makes room.
        let mut bytes = if windows.len() < WINDOWS { Vec::new() } else { windows.remove(0).bytes };
        bytes.resize(left.min(WINDOW_BYTES), 0);
        self.source.read_at(self.range.start + at, &mut bytes)?;
        buffer.copy_from_slice(&bytes[..buffer.len()]);
        windows.push(Window { start: at, bytes });
        Ok(())
    }
}

impl ReaderAt for View<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = usize::try_from(self.len().saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        if length == 0 {
            return Ok(0);
        }
        self.fill(offset, &mut buffer[..length]).map_err(|error| match error {
            ContentError::Read { source, .. } => source,
            other => io::Error::other(other),
        })?;
        Ok(length)
    }
}
