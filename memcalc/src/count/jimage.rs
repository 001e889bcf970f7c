//! Classes in a run-time image (`lib/modules` of a JRE).
//!
//! Layout, little endian: seven words (magic, version, flags, resource count, table length, size of locations, size of
//! strings), a table of redirects, a table of offsets into the locations, the locations, the strings. Contents follow
//! and are not read.

use super::Error;
use crate::files;
use std::io::{self, Read};
use std::path::Path;

/// Bytes of the header.
const HEADER: usize = 28;
/// Bytes of an entry of either table.
const WORD: usize = 4;
/// An index larger than this is refused.
const LARGEST_INDEX: u64 = 1 << 30;

/// Counts the resources with extension `class`. `image` may end after the strings. The magic number is not checked.
///
/// # Errors
/// [`Error`] when the index is incomplete or has unknown attributes.
pub fn jimage_bytes(image: &[u8]) -> Result<u64, Error> {
    let index = Index::new(image)?;
    index.count().map_err(|error| error.within("unable to inventory JVM modules"))
}

/// Counts the resources with extension `class` of an image, reading only its index.
///
/// # Errors
/// [`Error`] when the file cannot be read, or as [`jimage_bytes`].
pub fn jimage_file(path: &Path) -> Result<u64, Error> {
    let finding = |error: Error| error.within(&format!("unable to find JVM modules in {}", path.display()));
    let mut file = files::open(path)
        .map_err(|error| Error::io("open", path, &error).within(&format!("unable to open {}", path.display())))
        .map_err(finding)?;
    let bytes = read_index(&mut file).map_err(|error| {
        finding(Error::io("read", path, &error).within("unable to read magic").within("unable to read header"))
    })?;
    let index = Index::new(&bytes).map_err(finding)?;
    index.count().map_err(|error| error.within("unable to inventory JVM modules"))
}

/// As [`jimage_bytes`], for an image that is read from its start to the end of its index.
///
/// # Errors
/// What reading fails with; the image's own errors are inside.
pub fn jimage_reader(image: &mut dyn Read) -> io::Result<Result<u64, Error>> {
    Ok(jimage_bytes(&read_index(image)?))
}

/// The start of an image, to the end of its index.
fn read_index(image: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(HEADER);
    image.take(HEADER as u64).read_to_end(&mut bytes)?;
    if let Ok(header) = Header::new(&bytes) {
        image.take(header.index_length().min(LARGEST_INDEX)).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

struct Header {
    table: u32,
    locations: u32,
    strings: u32,
}

impl Header {
    fn new(image: &[u8]) -> Result<Self, Error> {
        const FIELDS: [&str; 7] =
            ["magic", "version", "flags", "resource count", "table length", "locations size", "strings size"];
        let mut words = [0; 7];
        for (at, (word, name)) in words.iter_mut().zip(FIELDS).enumerate() {
            *word = self::word(image, at * WORD)
                .map_err(|error| error.within(&format!("unable to read {name}")).within("unable to read header"))?;
        }
        let [.., table, locations, strings] = words;
        Ok(Self { table, locations, strings })
    }

    /// Bytes of tables, locations and strings.
    fn index_length(&self) -> u64 {
        2 * WORD as u64 * u64::from(self.table) + u64::from(self.locations) + u64::from(self.strings)
    }
}

fn word(image: &[u8], at: usize) -> Result<u32, Error> {
    let rest = image.get(at..).unwrap_or_default();
    match rest.first_chunk() {
        Some(bytes) => Ok(u32::from_le_bytes(*bytes)),
        None if rest.is_empty() => Err(Error::new("EOF")),
        None => Err(Error::new("unexpected EOF")),
    }
}

struct Index<'a> {
    offsets: &'a [u8],
    locations: &'a [u8],
    strings: &'a [u8],
}

impl<'a> Index<'a> {
    fn new(image: &'a [u8]) -> Result<Self, Error> {
        let header = Header::new(image)?;
        let table = usize::try_from(header.table).unwrap_or(usize::MAX).saturating_mul(WORD);
        let after = &image[HEADER..];
        let (_, after) = split(after, table)
            .map_err(|error| error.within("unable to read redirect").within("unable to create redirects"))?;
        let (offsets, after) = split(after, table)
            .map_err(|error| error.within("unable to read offset").within("unable to create offsets"))?;
        let strings = after.get(usize::try_from(header.locations).unwrap_or(usize::MAX)..).unwrap_or_default();
        // Locations are not cut off at their end: the original reads on as well.
        Ok(Self { offsets, locations: after, strings })
    }

    fn count(&self) -> Result<u64, Error> {
        let mut classes = 0;
        for offset in self.offsets.as_chunks::<WORD>().0 {
            let extension = self.extension(u32::from_le_bytes(*offset))?;
            if extension != 0 {
                classes += u64::from(self.is_class(extension)?);
            }
        }
        Ok(classes)
    }

    /// Offset of the extension of the resource at a location, 0 if it has none.
    fn extension(&self, offset: u32) -> Result<u32, Error> {
        const EXTENSION: u8 = 4;
        const LAST_KIND: u8 = 7;
        let mut bytes = usize::try_from(offset).ok().and_then(|at| self.locations.get(at..)).unwrap_or_default().iter();
        let mut next = || bytes.next().copied().ok_or_else(|| Error::new("EOF").within("unable to read attribute"));
        let mut extension = 0;
        loop {
            let first = next()?;
            let (kind, length) = (first >> 3, (first & 7) + 1);
            if kind == 0 {
                return Ok(extension);
            }
            let mut value = 0u32;
            for _ in 0..length {
                value = value << 8 | u32::from(next()?);
            }
            match kind {
                EXTENSION => extension = value,
                0..=LAST_KIND => {}
                _ => return Err(Error::new(format!("unknown attribute type{kind}"))),
            }
        }
    }

    /// Whether the string is `class`. The original reads as many bytes as the string has characters, so bytes within
    /// characters after the fifth do not matter.
    fn is_class(&self, offset: u32) -> Result<bool, Error> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.strings.get(at..)).unwrap_or_default();
        let end = rest
            .iter()
            .position(|byte| *byte == 0)
            .ok_or_else(|| Error::new("EOF").within("unable to determine string length"))?;
        Ok(rest[..end].strip_prefix(b"class").is_some_and(|rest| rest.iter().all(|byte| byte & 0xc0 == 0x80)))
    }
}

fn split(bytes: &[u8], at: usize) -> Result<(&[u8], &[u8]), Error> {
    bytes
        .split_at_checked(at)
        .ok_or_else(|| Error::new(if bytes.len().is_multiple_of(WORD) { "EOF" } else { "unexpected EOF" }))
}
