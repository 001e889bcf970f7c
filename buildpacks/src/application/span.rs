//! A part of a source: bytes as an archive stores them, decoded and checked when they are read.

use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::Arc;

use super::{ContentError, Source};

/// Buffer for inflating and copying, bytes.
const BUFFER_BYTES: usize = 128 * 1024;
/// Contents up to this size are decoded at once, bytes: twice as fast as piece by piece.
const WHOLE_BYTES: u64 = 256 * 1024;

/// A part of a source, as it is stored there.
#[derive(Clone, Debug)]
pub struct Span {
    /// The file.
    pub source: Arc<Source>,
    /// The stored bytes in it.
    pub range: Range<u64>,
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

impl Span {
    /// All of a source, stored as it is.
    pub fn whole(source: &Arc<Source>) -> Self {
        let size = source.len();
        Self { source: Arc::clone(source), range: 0..size, encoding: Encoding::Stored, size, crc32: None }
    }

    /// How many bytes are stored.
    pub fn stored_len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// BLAKE3 over the stored bytes' BLAKE3, the encoding, the claimed size and CRC-32.
    pub(super) fn identity(&self) -> Result<[u8; 32], ContentError> {
        Ok(self.identity_by(&self.source.hash_of(self.range.clone())?))
    }

    fn identity_by(&self, stored: &[u8; 32]) -> [u8; 32] {
        let tag = match (self.encoding, self.crc32) {
            (Encoding::Stored, None) => &b"plain"[..],
            (Encoding::Stored, Some(_)) => b"stored",
            (Encoding::Deflate, _) => b"deflate",
        };
        identity(tag, self.crc32, self.size, stored)
    }

    /// Writes the decoded content and returns the identity of the very bytes that were read for it.
    pub(super) fn copy_to(&self, out: &mut dyn Write) -> Result<[u8; 32], ContentError> {
        if self.size <= WHOLE_BYTES && self.stored_len() <= 2 * WHOLE_BYTES {
            let (bytes, stored) = self.decode()?;
            out.write_all(&bytes).map_err(ContentError::Write)?;
            return Ok(self.identity_by(&stored));
        }
        let mut stored = self.source.hashing_reader(self.range.clone());
        let (found, crc) = match self.encoding {
            Encoding::Stored => copy_limited(&mut stored, out, self.size, ContentError::Inflate)?,
            Encoding::Deflate => {
                let mut inflater = flate2::bufread::DeflateDecoder::new(&mut stored);
                copy_limited(&mut inflater, out, self.size, ContentError::Inflate)?
            }
        };
        expect_size(self.size, found)?;
        self.expect_crc(crc)?;
        // What is stored behind the end of the stream is part of the identity.
        io::copy(&mut stored, &mut io::sink())
            .map_err(|error| ContentError::of_source(error, ContentError::Inflate))?;
        let hash = stored.finish();
        self.source.pin(&self.range, hash)?;
        Ok(self.identity_by(&hash))
    }

    /// The whole content; its size is known to be within the reader's limit.
    pub(super) fn read(&self) -> Result<Vec<u8>, ContentError> {
        if self.stored_len() <= self.size.saturating_mul(2).saturating_add(WHOLE_BYTES) {
            return Ok(self.decode()?.0);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(self.size).unwrap_or(0));
        self.copy_to(&mut bytes)?;
        Ok(bytes)
    }

    /// The content, and the hash of what is stored.
    fn decode(&self) -> Result<(Vec<u8>, [u8; 32]), ContentError> {
        let stored = self.source.peek(self.range.clone())?;
        let hash = *blake3::hash(&stored).as_bytes();
        self.source.pin(&self.range, hash)?;
        let bytes = match self.encoding {
            Encoding::Stored => stored,
            Encoding::Deflate => self.inflate(&stored)?,
        };
        expect_size(self.size, bytes.len() as u64)?;
        if self.crc32.is_some() {
            let mut crc = flate2::Crc::new();
            crc.update(&bytes);
            self.expect_crc(crc.sum())?;
        }
        Ok((bytes, hash))
    }

    fn inflate(&self, stored: &[u8]) -> Result<Vec<u8>, ContentError> {
        let broken = |error: libdeflater::DecompressionError| io::Error::new(io::ErrorKind::InvalidData, error);
        let mut bytes = vec![0; usize::try_from(self.size).unwrap_or(usize::MAX)];
        match libdeflater::Decompressor::new().deflate_decompress(stored, &mut bytes) {
            Ok(found) => bytes.truncate(found),
            Err(libdeflater::DecompressionError::InsufficientSpace) => expect_size(self.size, self.size + 1)?,
            Err(error) => return Err(ContentError::Inflate(broken(error))),
        }
        Ok(bytes)
    }

    /// Writes the first bytes of the content to `out`, as many as there are and fit, and returns how many. They are as
    /// they are now: nothing is checked but that they can be decoded.
    pub(super) fn read_prefix(&self, out: &mut [u8]) -> Result<usize, ContentError> {
        let reader = self.source.reader(self.range.clone());
        let read = match self.encoding {
            Encoding::Stored => fill(&mut { reader }, out),
            Encoding::Deflate => fill(&mut flate2::bufread::DeflateDecoder::new(reader), out),
        };
        read.map_err(|error| ContentError::of_source(error, ContentError::Inflate))
    }

    fn expect_crc(&self, found: u32) -> Result<(), ContentError> {
        match self.crc32 {
            Some(claimed) if claimed != found => Err(ContentError::Crc { claimed, found }),
            _ => Ok(()),
        }
    }
}

/// Identifies a content by how it is stored and by the hash of what is stored.
pub(super) fn identity(tag: &[u8], crc32: Option<u32>, size: u64, stored: &[u8; 32]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(tag).update(b"\0").update(&crc32.unwrap_or(0).to_le_bytes());
    hasher.update(&size.to_le_bytes()).update(stored);
    *hasher.finalize().as_bytes()
}

fn expect_size(claimed: u64, found: u64) -> Result<(), ContentError> {
    if claimed == found { Ok(()) } else { Err(ContentError::Size { claimed, found }) }
}

fn fill(input: &mut dyn Read, out: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < out.len() {
        match input.read(&mut out[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
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
            Err(error) => return Err(ContentError::of_source(error, failed)),
        };
        found += read as u64;
        if found > limit {
            return Err(ContentError::Size { claimed: limit, found });
        }
        crc.update(&buffer[..read]);
        out.write_all(&buffer[..read]).map_err(ContentError::Write)?;
    }
}
