//! Files that contents are read from: opened once, read by offset, never mapped.
//!
//! A range that was read whole is known by its hash from then on: bytes that differ the next time are an error, so
//! that everything in one run is made of one state of a file.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::{Content, ContentError, StatRecord, tree_hash};
use crate::files;

/// Decoded archives up to this size are kept in memory, bytes.
const MEMORY_BYTES: u64 = 16 << 20;
/// Buffer of a reader, bytes.
const BUFFER_BYTES: usize = 64 * 1024;

/// A file that is open, or bytes in its place. Reads give what the file holds at that moment: whoever keeps something
/// made of it compares [`Content::identity`] with what [`Content::copy_to`] returns.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    bytes: Bytes,
    /// Size in bytes when it was opened.
    len: u64,
    /// BLAKE3 of ranges that were read whole.
    pins: Mutex<HashMap<(u64, u64), [u8; 32]>>,
}

#[derive(Debug)]
enum Bytes {
    File(std::fs::File),
    /// The last bytes of the file, in memory; as a rule all of it.
    Memory(Vec<u8>),
}

/// Why bytes of a source could not be read, inside an [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[error("Could not read `{}`", path.display())]
pub(super) struct SourceError {
    pub(super) path: PathBuf,
    pub(super) source: io::Error,
}

impl Source {
    /// Opens the regular file at `path`, waiting for nobody.
    ///
    /// # Errors
    /// When it cannot be opened or is no regular file.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::from_file(files::open(path)?.into_parts().0, path)
    }

    /// The open file `file`, named `path` in messages.
    ///
    /// # Errors
    /// When it is no regular file.
    pub fn from_file(file: std::fs::File, path: &Path) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "It is not a regular file"));
        }
        Ok(Self { path: path.to_owned(), bytes: Bytes::File(file), len: metadata.len(), pins: Mutex::default() })
    }

    /// Bytes in memory in place of a file, such as a decoded nested archive, named `path` in messages.
    pub fn from_bytes(bytes: Vec<u8>, path: &Path) -> Self {
        let len = bytes.len() as u64;
        Self { path: path.to_owned(), bytes: Bytes::Memory(bytes), len, pins: Mutex::default() }
    }

    /// The decoded bytes of `content`, at most `limit`, named `path` in messages: in memory when they are few, else in a
    /// temporary file without a name, so that memory does not grow with them.
    ///
    /// # Errors
    /// When the content cannot be read, is larger, or the temporary file cannot be written.
    pub fn decoded(content: &Content, limit: u64, path: &Path) -> Result<Self, ContentError> {
        let size = content.size();
        if size <= MEMORY_BYTES.min(limit) {
            return Ok(Self::from_bytes(content.read(limit)?.into_owned(), path));
        }
        if size > limit {
            return Err(ContentError::TooLarge { size, limit });
        }
        let mut file = tempfile::tempfile().map_err(ContentError::Write)?;
        content.copy_to(&mut file)?;
        Self::from_file(file, path).map_err(ContentError::Write)
    }

    /// Size in bytes when it was opened.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The file's path, for messages only.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The stat record of the open file now; none for bytes in memory.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn stat(&self) -> io::Result<Option<StatRecord>> {
        match &self.bytes {
            Bytes::File(file) => file.metadata().map(|metadata| Some(StatRecord::of(&metadata))),
            Bytes::Memory(_) => Ok(None),
        }
    }

    /// Fills `buffer` with the bytes at `offset`.
    ///
    /// # Errors
    /// When the file ends before: it became shorter since it was opened, or never had them.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ContentError> {
        self.fill(offset, buffer).map_err(|source| ContentError::Read { path: self.path.clone(), source })
    }

    fn fill(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let short = || io::Error::new(io::ErrorKind::UnexpectedEof, "It became shorter while it was read");
        match &self.bytes {
            Bytes::File(file) => file.read_exact_at(buffer, offset).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => short(),
                _ => error,
            }),
            Bytes::Memory(bytes) => {
                let start = offset.checked_sub(self.len - bytes.len() as u64).ok_or_else(short)?;
                let start = usize::try_from(start).unwrap_or(usize::MAX);
                let found = bytes.get(start..start.saturating_add(buffer.len())).ok_or_else(short)?;
                buffer.copy_from_slice(found);
                Ok(())
            }
        }
    }

    /// The bytes in `range`, which have the hash of an earlier read of the same range.
    ///
    /// # Errors
    /// As [`Source::read_at`], and [`ContentError::Changed`] when they are other ones.
    fn read(&self, range: Range<u64>) -> Result<Vec<u8>, ContentError> {
        let bytes = self.peek(range.clone())?;
        self.pin(&range, *blake3::hash(&bytes).as_bytes())?;
        Ok(bytes)
    }

    /// The bytes in `range` as they are now, whatever they were before.
    pub(super) fn peek(&self, range: Range<u64>) -> Result<Vec<u8>, ContentError> {
        let mut bytes = vec![0; usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX)];
        self.read_at(range.start, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads the bytes in `range`, in order, from any position. Its errors are `SourceError`s.
    pub fn reader(&self, range: Range<u64>) -> BufReader<SourceReader<'_>> {
        BufReader::with_capacity(BUFFER_BYTES, SourceReader { source: self, at: range.start, range })
    }

    /// Reads the bytes in `range`, in order. Who has taken all of them may [pin](Source::pin) their hash.
    pub fn hashing_reader(&self, range: Range<u64>) -> HashingReader<'_> {
        HashingReader { inner: self.reader(range), hasher: blake3::Hasher::new() }
    }

    /// BLAKE3 of the bytes in `range`, read once, in pieces, by all threads of the pool when there are many.
    pub(super) fn hash_of(&self, range: Range<u64>) -> Result<[u8; 32], ContentError> {
        if let Some(known) = self.pinned(&range) {
            return Ok(known);
        }
        let hash = tree_hash::of(self, range.clone(), &|_, _| {})?;
        self.pin(&range, hash)?;
        Ok(hash)
    }

    /// As [`Source::hash_of`]; what lies behind `from` is known by its hash, too, taken from the very bytes.
    fn hash_with_tail(&self, range: Range<u64>, from: u64) -> Result<[u8; 32], ContentError> {
        let tail = from..range.end;
        let kept = Mutex::new(vec![0; usize::try_from(tail.end.saturating_sub(tail.start)).unwrap_or(usize::MAX)]);
        let keep = |offset: u64, piece: &[u8]| {
            let skipped = usize::try_from(tail.start.saturating_sub(offset)).unwrap_or(usize::MAX);
            let Some(piece) = piece.get(skipped..) else { return };
            let at = usize::try_from(offset.max(tail.start) - tail.start).unwrap_or(usize::MAX);
            if let Ok(mut kept) = kept.lock()
                && let Some(place) = kept.get_mut(at..at.saturating_add(piece.len()))
            {
                place.copy_from_slice(piece);
            }
        };
        let hash = tree_hash::of(self, range.clone(), &keep)?;
        self.pin(&range, hash)?;
        let kept = kept.into_inner().unwrap_or_default();
        self.pin(&tail, *blake3::hash(&kept).as_bytes())?;
        Ok(hash)
    }

    /// Reads all of `range`, once, so that its end from `from` on is known by its hash, too.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub(crate) fn pin_tail(&self, range: Range<u64>, from: u64) -> Result<(), ContentError> {
        if self.pinned(&range).is_some() && self.pinned(&(from..range.end)).is_some() {
            return Ok(());
        }
        self.hash_with_tail(range, from).map(drop)
    }

    /// The end of `range` from `from` on, as it was when all of `range` was read. What lies before it cannot be read.
    ///
    /// # Errors
    /// [`ContentError::Changed`] when it is not what it was.
    pub(crate) fn pinned_tail(&self, range: &Range<u64>, from: u64) -> Result<Self, ContentError> {
        let tail = from..range.end;
        if self.pinned(&tail).is_none() {
            return Err(ContentError::Changed { path: self.path.clone() });
        }
        let bytes = self.read(tail)?;
        Ok(Self { len: range.end, ..Self::from_bytes(bytes, &self.path) })
    }

    /// The hash that the bytes in `range` had when they were first read whole.
    fn pinned(&self, range: &Range<u64>) -> Option<[u8; 32]> {
        self.pins.lock().ok()?.get(&(range.start, range.end)).copied()
    }

    /// Notes what the bytes in `range` hash to.
    ///
    /// # Errors
    /// [`ContentError::Changed`] when they hashed to something else before.
    pub fn pin(&self, range: &Range<u64>, hash: [u8; 32]) -> Result<(), ContentError> {
        let Ok(mut pins) = self.pins.lock() else { return Ok(()) };
        if *pins.entry((range.start, range.end)).or_insert(hash) == hash {
            return Ok(());
        }
        Err(ContentError::Changed { path: self.path.clone() })
    }
}

/// Reads a range of a source.
#[derive(Debug)]
pub struct SourceReader<'a> {
    source: &'a Source,
    range: Range<u64>,
    at: u64,
}

impl Read for SourceReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.range.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        self.source.fill(self.at, &mut buffer[..length]).map_err(|source| {
            let kind = source.kind();
            io::Error::new(kind, SourceError { path: self.source.path.clone(), source })
        })?;
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for SourceReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(offset) => self.range.start.checked_add(offset),
            SeekFrom::End(offset) => self.range.end.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = place.filter(|place| *place >= self.range.start).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at - self.range.start)
    }
}

/// Reads a range of a source in order and hashes what is taken from it, and no more.
#[derive(Debug)]
pub struct HashingReader<'a> {
    inner: BufReader<SourceReader<'a>>,
    hasher: blake3::Hasher,
}

impl HashingReader<'_> {
    /// BLAKE3 of the bytes that were taken.
    pub fn finish(self) -> [u8; 32] {
        *self.hasher.finalize().as_bytes()
    }
}

impl Read for HashingReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

impl BufRead for HashingReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.hasher.update(&self.inner.buffer()[..amount]);
        self.inner.consume(amount);
    }
}

/// A file on disk that is opened whenever it is read, and known by its hash once it was.
#[derive(Debug)]
pub struct DiskFile {
    path: Box<Path>,
    size: u64,
    pin: std::sync::OnceLock<[u8; 32]>,
}

impl DiskFile {
    /// The file at `path`, which has `size` bytes.
    pub(super) fn new(path: &Path, size: u64) -> Self {
        Self { path: path.into(), size, pin: std::sync::OnceLock::new() }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes when it was found; another size while reading is an error.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Opens it and gives it to `visit`; what that reads whole is what was read before.
    pub(super) fn visit<T>(
        &self,
        visit: impl FnOnce(&Arc<Source>) -> Result<T, ContentError>,
    ) -> Result<T, ContentError> {
        let failed = |source| ContentError::Read { path: self.path.to_path_buf(), source };
        let source = Arc::new(Source::open(&self.path).map_err(failed)?);
        if source.len() != self.size {
            return Err(ContentError::Changed { path: self.path.to_path_buf() });
        }
        let whole = 0..self.size;
        if let Some(known) = self.pin.get() {
            source.pin(&whole, *known)?;
        }
        let result = visit(&source)?;
        match source.pinned(&whole) {
            Some(hash) if *self.pin.get_or_init(|| hash) != hash => {
                Err(ContentError::Changed { path: self.path.to_path_buf() })
            }
            _ => Ok(result),
        }
    }
}
