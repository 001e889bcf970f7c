//! Classes in a jar, and in the jars within it.

use super::{Error, Kind, LikelyClasses, kind_of};
use crate::{files, go};
use rawzip::{
    CompressionMethod, ErrorKind, FileReader, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ReaderAt, ZipArchive,
    ZipArchiveEntryWayfinder, ZipLocator,
};
use std::cell::Cell;
use std::io::{self, Read as _};
use std::path::Path;

/// The end of the central directory is looked for in so many bytes at the end of the file.
const SEARCH: u64 = 65 * 1024;
/// A jar in a jar larger than this is refused.
const LARGEST_NESTED: u64 = 1 << 30;

/// Counts the classes of a jar by libjvm's rule: its entries, and those of jars within it, but not of jars in those.
/// What is no zip file has none.
///
/// # Errors
/// [`Error`] when the jar is damaged.
pub fn jar_bytes(jar: &[u8]) -> Result<u64, Error> {
    jar_at(&jar, jar.len() as u64)
}

/// As [`jar_bytes`], for a jar of `length` bytes that is read by offset.
///
/// # Errors
/// [`Error`] when the jar is damaged or cannot be read.
pub fn jar_at<R: ReaderAt>(jar: &R, length: u64) -> Result<u64, Error> {
    Counter::default().jar(jar, length).map_err(Failure::into_error)
}

/// What a jar could not be read for.
pub(super) enum Failure {
    /// The jar itself, which the original words with its path.
    Open(Error),
    /// A jar within it.
    Nested(Error),
}

impl Failure {
    fn into_error(self) -> Error {
        match self {
            Self::Open(error) | Self::Nested(error) => error,
        }
    }
}

/// Counts jars, one after the other, in the same buffers.
pub(super) struct Counter {
    outer: Vec<u8>,
    inner: Vec<u8>,
    /// Of all classes so far, where that is wanted.
    pub(super) likely: Option<LikelyClasses>,
}

impl Default for Counter {
    fn default() -> Self {
        let buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
        Self { outer: buffer.clone(), inner: buffer, likely: None }
    }
}

impl Counter {
    /// One that adds up which classes are likely loaded as well.
    pub(super) fn of_likely() -> Self {
        Self { likely: Some(LikelyClasses::default()), ..Self::default() }
    }

    /// Counts the classes of a jar of `length` bytes.
    pub(super) fn jar<R: ReaderAt>(&mut self, jar: &R, length: u64) -> Result<u64, Failure> {
        let Some(archive) = open(jar, length, &mut self.outer).map_err(Failure::Open)? else { return Ok(0) };
        let mut nested = Vec::new();
        let likely = &mut self.likely;
        let found = entries(&archive, &mut self.outer, |name, entry, method| {
            if let Some(likely) = likely {
                likely.take_file(name);
            }
            if base_name(name).ends_with(b".jar") {
                nested.push((entry, method));
            }
        });
        let Some(mut classes) = found.map_err(Failure::Open)? else { return Ok(0) };
        for (entry, method) in nested {
            classes += self
                .nested(&archive, entry, method)
                .map_err(|error| Failure::Nested(error.framed("unable to counted nested jar", "\n")))?;
        }
        Ok(classes)
    }

    fn nested<R: ReaderAt>(
        &mut self,
        archive: &ZipArchive<&R>,
        wayfinder: ZipArchiveEntryWayfinder,
        method: CompressionMethod,
    ) -> Result<u64, Error> {
        let opening = |error: Error| error.framed("unable to open nested jar", "\n");
        let entry = archive.get_entry(wayfinder).map_err(|error| opening(zip_error(&error)))?;
        let (start, end) = entry.compressed_data_range();
        match method {
            CompressionMethod::STORE => {
                let window = Window { inner: *archive.get_ref(), start, length: end.saturating_sub(start) };
                self.entries_of_nested(&window, window.length)
            }
            CompressionMethod::DEFLATE => {
                let size = wayfinder.uncompressed_size_hint();
                if size > LARGEST_NESTED {
                    return Err(Error::new(format!("nested jar of {size} bytes is too large")));
                }
                let mut bytes = Vec::with_capacity(usize::try_from(size.min(1 << 24)).unwrap_or_default());
                let inflater = flate2::read::DeflateDecoder::new(entry.reader());
                // One byte more than declared is enough for the check to fail.
                entry
                    .verifying_reader(inflater)
                    .take(size + 1)
                    .read_to_end(&mut bytes)
                    .map_err(|error| inflating(&error))?;
                self.entries_of_nested(&bytes.as_slice(), bytes.len() as u64)
            }
            _ => Err(opening(Error::new("zip: unsupported compression algorithm"))),
        }
    }

    fn entries_of_nested<R: ReaderAt>(&mut self, jar: &R, length: u64) -> Result<u64, Error> {
        let reading = |error: Error| error.within("error reading nested Jar contents");
        let Some(archive) = open(jar, length, &mut self.inner).map_err(reading)? else { return Ok(0) };
        let likely = &mut self.likely;
        let found = entries(&archive, &mut self.inner, |name, _, _| {
            if let Some(likely) = likely {
                likely.take_file(name);
            }
        });
        Ok(found.map_err(reading)?.unwrap_or(0))
    }
}

/// Counts the entries of a jar file whose names satisfy `counts`, not looking into jars within it. `None` if it is no zip
/// file.
///
/// # Errors
/// When it cannot be read.
pub(super) fn plain_file(path: &Path, mut counts: impl FnMut(&[u8]) -> bool) -> io::Result<Option<i64>> {
    let file = files::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let reader = Watched { inner: FileReader::from(file), fault: Cell::new(None) };
    let mut classes = 0;
    let counted = match open(&reader, metadata.len(), &mut buffer) {
        Ok(Some(archive)) => entries(&archive, &mut buffer, |name, _, _| classes += i64::from(counts(name))),
        Ok(None) => Ok(None),
        Err(error) => Err(error),
    };
    // A damaged directory is no zip file's; a file that cannot be read may well be one.
    match reader.fault.take() {
        Some(fault) => Err(fault),
        None => Ok(counted.ok().flatten().map(|_| classes)),
    }
}

/// A reader that tells afterwards whether reading failed.
struct Watched {
    inner: FileReader,
    fault: Cell<Option<io::Error>>,
}

impl ReaderAt for Watched {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.inner.read_at(buffer, offset).inspect_err(|error| {
            self.fault.set(Some(io::Error::new(error.kind(), error.to_string())));
        })
    }
}

/// Finds the central directory; `None` where there is none, so that it is no zip file.
fn open<'r, R: ReaderAt>(jar: &'r R, length: u64, buffer: &mut [u8]) -> Result<Option<ZipArchive<&'r R>>, Error> {
    match ZipLocator::new().max_search_space(SEARCH).locate_in_reader(jar, buffer, length) {
        Ok(archive) => Ok(Some(archive)),
        Err((_, error)) => match error.kind() {
            ErrorKind::IO(_) => Err(zip_error(&error)),
            _ => Ok(None),
        },
    }
}

/// Goes through the central directory and counts classes. `None` where it does not have the number of entries it says,
/// which makes it no zip file.
fn entries<R: ReaderAt>(
    archive: &ZipArchive<R>,
    buffer: &mut [u8],
    mut each: impl FnMut(&[u8], ZipArchiveEntryWayfinder, CompressionMethod),
) -> Result<Option<u64>, Error> {
    let (mut classes, mut seen) = (0, 0u64);
    let mut entries = archive.entries(buffer);
    loop {
        match entries.next_entry() {
            Ok(Some(entry)) => {
                seen += 1;
                let path = entry.file_path();
                let name = path.as_ref();
                classes += u64::from(kind_of(name, false) == Kind::Class);
                each(name, entry.wayfinder(), entry.compression_method());
            }
            Ok(None) => break,
            Err(error) => match error.kind() {
                ErrorKind::InvalidSignature { .. } => break,
                _ => return Err(zip_error(&error)),
            },
        }
    }
    // Only sixteen bits of the number are to be relied on.
    Ok((seen & 0xffff == archive.entries_hint() & 0xffff).then_some(classes))
}

fn zip_error(error: &rawzip::Error) -> Error {
    Error::new(match error.kind() {
        ErrorKind::IO(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => "unexpected EOF".to_owned(),
        ErrorKind::IO(cause) => go::cause(cause),
        ErrorKind::Eof => "unexpected EOF".to_owned(),
        _ => "zip: not a valid zip file".to_owned(),
    })
}

/// What follows the last slash, trailing ones aside.
fn base_name(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|byte| *byte != b'/').map_or(0, |at| at + 1);
    name[..end].rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// Why a compressed jar in a jar could not be inflated.
fn inflating(error: &std::io::Error) -> Error {
    let zip = error.get_ref().and_then(|inner| inner.downcast_ref::<rawzip::Error>());
    let cause = match zip.map(rawzip::Error::kind) {
        Some(ErrorKind::InvalidChecksum { .. }) => "zip: checksum error",
        Some(_) => "unexpected EOF",
        None if error.kind() == std::io::ErrorKind::UnexpectedEof => "unexpected EOF",
        None => "flate: corrupt input",
    };
    Error::new(format!("error copying nested Jar \n{cause}"))
}

/// Part of a reader: a stored jar in a jar.
struct Window<'r, R> {
    inner: &'r R,
    start: u64,
    length: u64,
}

impl<R: ReaderAt> ReaderAt for Window<'_, R> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        self.inner.read_at(&mut buffer[..left], self.start.saturating_add(offset))
    }
}
