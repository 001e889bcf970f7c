//! Bytes of an entry, as a handle: a part of an archive, a file on disk, or bytes a buildpack made.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::source::DiskFile;
use super::span::identity;
use super::{ContentError, Encoding, Source, Span};

/// Bytes of an entry.
#[derive(Clone, Debug)]
pub enum Content {
    /// Made in memory.
    Bytes(Arc<[u8]>),
    /// A part of an open file.
    Span(Span),
    /// A file on disk, opened when it is read.
    File(Arc<DiskFile>),
}

impl Content {
    /// Whether both stand for the same bytes in the same place; the contents of others may be equal nevertheless.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bytes(bytes), Self::Bytes(other)) => Arc::ptr_eq(bytes, other),
            (Self::Span(span), Self::Span(other)) => {
                Arc::ptr_eq(&span.source, &other.source) && span.range == other.range && span.encoding == other.encoding
            }
            (Self::File(file), Self::File(other)) => file.path() == other.path() && file.size() == other.size(),
            _ => false,
        }
    }

    /// Content made of `bytes`.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Bytes(bytes.into())
    }

    /// The file at `path`, which has `size` bytes, opened when it is read.
    pub fn file(path: &Path, size: u64) -> Self {
        Self::File(Arc::new(DiskFile::new(path, size)))
    }

    /// The whole of a source.
    pub fn whole(source: Source) -> Self {
        Self::Span(Span::whole(&Arc::new(source)))
    }

    /// Size in bytes as claimed by the header or the stat record.
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Span(span) => span.size,
            Self::File(file) => file.size(),
        }
    }

    /// The bytes where they lie in memory.
    pub fn as_slice(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Writes the decoded content to `out`, checks size and CRC-32, and returns the [`identity`](Content::identity) of the
    /// very bytes that were read for it. On error `out` may hold a part.
    ///
    /// # Errors
    /// [`ContentError::Changed`] when they are other bytes than those read before.
    pub fn copy_to(&self, out: &mut dyn Write) -> Result<[u8; 32], ContentError> {
        match self {
            Self::Bytes(bytes) => {
                out.write_all(bytes).map_err(ContentError::Write)?;
                self.identity()
            }
            Self::Span(span) => span.copy_to(out),
            Self::File(file) => file.visit(|source| Span::whole(source).copy_to(out)),
        }
    }

    /// The decoded content, checked; without a copy where it lies in memory.
    ///
    /// # Errors
    /// [`ContentError::TooLarge`] when it claims more than `limit` bytes, before anything is allocated.
    pub fn read(&self, limit: u64) -> Result<Cow<'_, [u8]>, ContentError> {
        let size = self.size();
        if size > limit {
            return Err(ContentError::TooLarge { size, limit });
        }
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::Span(span) => span.read().map(Cow::Owned),
            Self::File(file) => file.visit(|source| Span::whole(source).read()).map(Cow::Owned),
        }
    }

    /// Writes the first bytes of the decoded content to `out`, as many as there are and fit, and returns how many.
    /// Nothing is checked but that they can be decoded.
    pub fn read_prefix(&self, out: &mut [u8]) -> Result<usize, ContentError> {
        match self {
            Self::Bytes(bytes) => {
                let length = bytes.len().min(out.len());
                out[..length].copy_from_slice(&bytes[..length]);
                Ok(length)
            }
            Self::Span(span) => span.read_prefix(out),
            Self::File(file) => file.visit(|source| Span::whole(source).read_prefix(out)),
        }
    }

    /// Identifies the content without decoding it: BLAKE3 over the stored bytes' BLAKE3, the encoding, the claimed size
    /// and CRC-32. Equal identities mean equal content; the same content stored in another way has another identity.
    /// What was read before is not read again.
    pub fn identity(&self) -> Result<[u8; 32], ContentError> {
        match self {
            Self::Bytes(bytes) => {
                let mut hasher = blake3::Hasher::new();
                let hash = hasher.update_rayon(bytes).finalize();
                Ok(identity(b"plain", None, bytes.len() as u64, hash.as_bytes()))
            }
            Self::Span(span) => span.identity(),
            Self::File(file) => file.visit(|source| Span::whole(source).identity()),
        }
    }

    /// The archive that the content is, where it can be read by offset: in place where it is stored as it is, else
    /// decoded, at most `limit` bytes, named `path` in messages.
    pub(crate) fn archive(&self, limit: u64, path: &Path) -> Result<Span, ContentError> {
        match self {
            Self::Span(span) if span.encoding == Encoding::Stored => Ok(span.clone()),
            Self::File(file) => file.visit(|source| Ok(Span::whole(source))),
            other => Ok(Span::whole(&Arc::new(Source::decoded(other, limit, path)?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;
    use crate::application::zip;
    use crate::application::zip::writer::{Item, Zip};

    fn contents(items: Vec<Item>) -> Vec<Content> {
        let source = Arc::new(Source::from_bytes(Zip::with(items).bytes(), Path::new("test.zip")));
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
        all.push(Content::file(file.path(), text.len() as u64));
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
