//! Bytes of an entry, as a handle: a span of a mapped archive, a file on disk, or bytes a buildpack made.

use std::borrow::Cow;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;

use super::MappedFile;
use super::map::blake3_of;

/// Buffer for reading files and inflating, bytes.
const BUFFER_BYTES: usize = 128 * 1024;

/// Bytes of an entry.
#[derive(Clone, Debug)]
pub enum Content {
    /// Made in memory.
    Bytes(Arc<[u8]>),
    /// A span of a mapped file.
    Span(Span),
    /// A file on disk, opened when it is read.
    File {
        /// Where it lies.
        path: Arc<Path>,
        /// Its size in bytes when the tree was opened; another size while reading is an error.
        size: u64,
    },
}

/// A span of a mapped file, as it is stored there.
#[derive(Clone, Debug)]
pub struct Span {
    /// The file.
    pub source: Arc<MappedFile>,
    /// The stored bytes in it.
    pub range: Range<usize>,
    /// How they are stored.
    pub encoding: Encoding,
    /// Size of the content in bytes after decoding, as its header claims; checked when read.
    pub size: u64,
    /// CRC-32 of the content as its header claims, where the archive has one; checked when read.
    pub crc32: Option<u32>,
}

/// How a span is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Stored,
    /// Raw deflate (RFC 1951).
    Deflate,
}

/// Why an entry's content could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// The file could not be read.
    #[error("Could not read `{}`", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The sink of the copy failed.
    #[error("Could not write the content")]
    Write(#[source] io::Error),
    /// The content is longer or shorter than its header or its stat record claims.
    #[error("Size claimed {claimed}, found {found}")]
    Size {
        /// What the header says, bytes.
        claimed: u64,
        /// What there is, bytes; when more than claimed, reading stopped there.
        found: u64,
    },
    /// The content does not match its CRC-32.
    #[error("CRC-32 claimed {claimed:08x}, found {found:08x}")]
    Crc {
        /// What the header says.
        claimed: u32,
        /// What the bytes give.
        found: u32,
    },
    /// The deflate stream is broken.
    #[error("The compressed data is broken")]
    Inflate(#[source] io::Error),
    /// The content is larger than the reader allows.
    #[error("The content has {size} bytes, more than the {limit} allowed here")]
    TooLarge {
        /// Size in bytes.
        size: u64,
        /// Limit in bytes.
        limit: u64,
    },
}

impl Span {
    /// The bytes as stored, still encoded.
    pub fn stored(&self) -> &[u8] {
        &self.source.bytes()[self.range.clone()]
    }
}

impl Content {
    /// Whether both stand for the same bytes in the same place; the contents of others may be equal nevertheless.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bytes(bytes), Self::Bytes(other)) => Arc::ptr_eq(bytes, other),
            (Self::Span(span), Self::Span(other)) => {
                Arc::ptr_eq(&span.source, &other.source) && span.range == other.range && span.encoding == other.encoding
            }
            (Self::File { path, size }, Self::File { path: other, size: other_size }) => {
                path == other && size == other_size
            }
            _ => false,
        }
    }

    /// Content made of `bytes`.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Bytes(bytes.into())
    }

    /// The whole of a mapped file.
    pub fn mapped(file: MappedFile) -> Self {
        let (range, size) = (0..file.bytes().len(), file.bytes().len() as u64);
        Self::Span(Span { source: Arc::new(file), range, encoding: Encoding::Stored, size, crc32: None })
    }

    /// Size in bytes as claimed by the header or the stat record.
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Span(span) => span.size,
            Self::File { size, .. } => *size,
        }
    }

    /// The plain bytes where they lie in memory or in a map without decoding; unchecked against CRC and size.
    pub fn as_slice(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Span(span) if span.encoding == Encoding::Stored => Some(span.stored()),
            _ => None,
        }
    }

    /// Writes the decoded content to `out` and checks size and CRC-32. On error `out` may hold a part.
    pub fn copy_to(&self, out: &mut dyn Write) -> Result<(), ContentError> {
        match self {
            Self::Bytes(bytes) => out.write_all(bytes).map_err(ContentError::Write),
            Self::Span(span) => span.copy_to(out),
            Self::File { path, size } => {
                let file = fs::File::open(path.as_ref()).map_err(|source| read_error(path, source))?;
                let found = copy_limited(&mut { file }, out, *size, |source| read_error(path, source))?.0;
                expect_size(*size, found)
            }
        }
    }

    /// The decoded content, checked; without a copy where it lies stored in a map.
    ///
    /// # Errors
    /// [`ContentError::TooLarge`] when it claims more than `limit` bytes, before anything is allocated.
    pub fn read(&self, limit: u64) -> Result<Cow<'_, [u8]>, ContentError> {
        let size = self.size();
        if size > limit {
            return Err(ContentError::TooLarge { size, limit });
        }
        if let Some(slice) = self.as_slice() {
            if let Self::Span(span) = self {
                span.check(slice)?;
            }
            return Ok(Cow::Borrowed(slice));
        }
        if let Self::Span(span) = self {
            return span.inflate().map(Cow::Owned);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        self.copy_to(&mut bytes)?;
        Ok(Cow::Owned(bytes))
    }

    /// Writes the first bytes of the decoded content to `out`, as many as there are and fit, and returns how many.
    /// Nothing is checked but that they can be decoded.
    pub fn read_prefix(&self, out: &mut [u8]) -> Result<usize, ContentError> {
        match self {
            Self::Span(span) if span.encoding == Encoding::Deflate => {
                let mut inflater = flate2::Decompress::new(false);
                let step = inflater.decompress(span.stored(), out, flate2::FlushDecompress::Sync);
                step.map_err(|error| ContentError::Inflate(error.into()))?;
                Ok(usize::try_from(inflater.total_out()).unwrap_or(0))
            }
            Self::File { path, .. } => {
                let file = fs::File::open(path.as_ref()).map_err(|source| read_error(path, source))?;
                let mut filled = 0;
                while filled < out.len() {
                    let read = (&file).read(&mut out[filled..]).map_err(|source| read_error(path, source))?;
                    if read == 0 {
                        break;
                    }
                    filled += read;
                }
                Ok(filled)
            }
            _ => {
                let bytes = self.as_slice().unwrap_or_default();
                let length = bytes.len().min(out.len());
                out[..length].copy_from_slice(&bytes[..length]);
                Ok(length)
            }
        }
    }

    /// Identifies the content without decoding it: BLAKE3 over the stored bytes' BLAKE3, the encoding, the claimed size
    /// and CRC-32. Equal identities mean equal content; the same content stored in another way has another identity.
    /// Spans of a map are read once, however often they are asked for.
    pub fn identity(&self) -> Result<[u8; 32], ContentError> {
        let (tag, crc32, stored) = match self {
            Self::Bytes(bytes) => (&b"plain"[..], None, blake3_of(bytes)),
            Self::Span(span) => {
                let tag = match (span.encoding, span.crc32) {
                    (Encoding::Stored, None) => &b"plain"[..],
                    (Encoding::Stored, Some(_)) => b"stored",
                    (Encoding::Deflate, _) => b"deflate",
                };
                (tag, span.crc32, span.source.hash_of(span.range.clone()))
            }
            Self::File { path, size } => {
                let mapped = MappedFile::open(path).map_err(|source| read_error(path, source))?;
                expect_size(*size, mapped.bytes().len() as u64)?;
                (&b"plain"[..], None, blake3_of(mapped.bytes()))
            }
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(tag).update(b"\0").update(&crc32.unwrap_or(0).to_le_bytes());
        hasher.update(&self.size().to_le_bytes()).update(&stored);
        Ok(*hasher.finalize().as_bytes())
    }
}

impl Span {
    fn copy_to(&self, out: &mut dyn Write) -> Result<(), ContentError> {
        match self.encoding {
            Encoding::Stored => {
                let bytes = self.stored();
                self.check(bytes)?;
                out.write_all(bytes).map_err(ContentError::Write)
            }
            Encoding::Deflate => {
                let mut inflater = flate2::read::DeflateDecoder::new(self.stored());
                let (found, crc) = copy_limited(&mut inflater, out, self.size, ContentError::Inflate)?;
                expect_size(self.size, found)?;
                self.expect_crc(crc)
            }
        }
    }

    /// The whole content of a deflated span at once, twice as fast as piece by piece. Its size is known to be within
    /// the reader's limit.
    fn inflate(&self) -> Result<Vec<u8>, ContentError> {
        let broken = |error: libdeflater::DecompressionError| io::Error::new(io::ErrorKind::InvalidData, error);
        let mut bytes = vec![0; usize::try_from(self.size).unwrap_or(usize::MAX)];
        match libdeflater::Decompressor::new().deflate_decompress(self.stored(), &mut bytes) {
            Ok(found) => expect_size(self.size, found as u64)?,
            Err(libdeflater::DecompressionError::InsufficientSpace) => expect_size(self.size, self.size + 1)?,
            Err(error) => return Err(ContentError::Inflate(broken(error))),
        }
        self.check(&bytes)?;
        Ok(bytes)
    }

    fn check(&self, bytes: &[u8]) -> Result<(), ContentError> {
        expect_size(self.size, bytes.len() as u64)?;
        if self.crc32.is_some() {
            let mut crc = flate2::Crc::new();
            crc.update(bytes);
            self.expect_crc(crc.sum())?;
        }
        Ok(())
    }

    fn expect_crc(&self, found: u32) -> Result<(), ContentError> {
        match self.crc32 {
            Some(claimed) if claimed != found => Err(ContentError::Crc { claimed, found }),
            _ => Ok(()),
        }
    }
}

fn read_error(path: &Path, source: io::Error) -> ContentError {
    ContentError::Read { path: path.to_owned(), source }
}

fn expect_size(claimed: u64, found: u64) -> Result<(), ContentError> {
    if claimed == found { Ok(()) } else { Err(ContentError::Size { claimed, found }) }
}

/// Copies at most `limit` bytes and one more look, so that a stream longer than claimed (a bomb) stops right there.
/// Returns the number of bytes seen and their CRC-32.
fn copy_limited(
    input: &mut dyn Read,
    out: &mut dyn Write,
    limit: u64,
    failed: impl Fn(io::Error) -> ContentError,
) -> Result<(u64, u32), ContentError> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut crc = flate2::Crc::new();
    let mut found = 0;
    loop {
        let read = match input.read(&mut buffer) {
            Ok(0) => return Ok((found, crc.sum())),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(error)),
        };
        found += read as u64;
        if found > limit {
            return Err(ContentError::Size { claimed: limit, found });
        }
        crc.update(&buffer[..read]);
        out.write_all(&buffer[..read]).map_err(ContentError::Write)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::zip;
    use crate::application::zip::writer::{Item, Zip};

    fn contents(items: Vec<Item>) -> Vec<Content> {
        let source = Arc::new(MappedFile::from_bytes(Zip::with(items).bytes(), Path::new("test.zip")));
        let entries = zip::read(&source).unwrap();
        entries.iter().filter_map(|entry| entry.content().cloned()).collect()
    }

    #[test]
    fn reads_the_first_bytes_however_it_is_stored() {
        let text = "0123456789".repeat(10_000);
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &text).unwrap();
        let mut all = contents(vec![
            Item::new("a", &text),
            Item { deflate: true, ..Item::new("b", &text) },
            Item { deflate: true, descriptor: true, ..Item::new("c", &text) },
        ]);
        all.push(Content::from_bytes(text.as_bytes()));
        all.push(Content::File { path: Arc::from(file.path()), size: text.len() as u64 });
        for content in &all {
            let mut header = [0; 8];
            assert_eq!(content.read_prefix(&mut header).unwrap(), 8);
            assert_eq!(&header, b"01234567");
            assert_eq!(&*content.read(1 << 20).unwrap(), text.as_bytes());
            let mut copy = Vec::new();
            content.copy_to(&mut copy).unwrap();
            assert_eq!(copy, text.as_bytes());
        }
        let short = contents(vec![Item { deflate: true, ..Item::new("a", "abc") }]);
        assert_eq!(short[0].read_prefix(&mut [0; 8]).unwrap(), 3);
    }

    #[test]
    fn equal_content_has_an_equal_identity_wherever_it_lies() {
        let item = |name: &str, data: &str| Item { deflate: true, ..Item::new(name, data) };
        let (one, two) = (contents(vec![item("a", "x")]), contents(vec![item("first", "y"), item("moved", "x")]));
        assert_eq!(one[0].identity().unwrap(), two[1].identity().unwrap());
        assert_ne!(one[0].identity().unwrap(), two[0].identity().unwrap());
    }

    #[test]
    fn a_changed_content_with_the_same_size_and_sum_has_another_identity() {
        let item = |data: &str| Item { crc: Some(7), ..Item::new("a", data) };
        let (one, two) = (contents(vec![item("x")]), contents(vec![item("y")]));
        assert_ne!(one[0].identity().unwrap(), two[0].identity().unwrap());
    }
}
