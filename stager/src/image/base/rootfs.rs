//! A base from a tar of a root file system, as `mmdebstrap` writes it: its bytes become the layer.
//!
//! The tar is looked through once, and hashed by the read that looks: what is packed later has that hash, so what was seen
//! of it holds for the layer. Device nodes, owners and extended attributes are its maker's business; names that
//! leave the root or appear twice are refused, since runtimes differ in what they make of them.

use std::collections::HashSet;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use buildpacks::application::{Content, ContentError, Encoding, HashingReader, Limits, Source, Span, StatRecord};
use buildpacks::files;

use super::open::plain;
use super::{Base, BaseError, BaseLayer, Platform};
use crate::layer::{LayerFiles, LayerSpec};

#[cfg(test)]
#[path = "rootfs_tests.rs"]
mod tests;

const BLOCK: u64 = 512;
/// Longest gzip header that is read, bytes: ten, and an extra field, name and comment (RFC 1952).
const GZIP_HEADER_BYTES: u64 = 256 * 1024;
/// CRC-32 and size behind a gzip stream, bytes.
const GZIP_TRAILER_BYTES: u64 = 8;
/// Longest cause of an error that is shown, characters.
const MAX_CAUSE: usize = 120;

/// Opens the tar at `path`, plain or one gzip stream.
pub(super) fn open(path: &Path, platform: &Platform) -> Result<Base, BaseError> {
    let failed = |source| BaseError::Read { path: path.to_owned(), source };
    let opened = files::open(path).map_err(failed)?;
    let record = StatRecord::of(&opened.metadata().map_err(failed)?);
    let file = Arc::new(Source::from_file(opened.into_parts().0, path).map_err(failed)?);
    let span = match compression(&file)? {
        None => plain_span(&file, path)?,
        Some("gzip") => gzip_span(&file, path)?,
        Some(format) => {
            let accepted = "a root file system may be a plain tar or a gzip one";
            return Err(BaseError::Compressed { path: path.to_owned(), format, accepted });
        }
    };
    let layer = LayerSpec {
        name: "base".to_owned(),
        created_by: "Base layer from a root file system".to_owned(),
        files: LayerFiles::Tar(Content::Span(span)),
    };
    Ok(Base {
        layers: vec![BaseLayer::Built(layer)],
        inputs: vec![(path.to_owned(), record)],
        ..plain("rootfs", platform.clone())
    })
}

/// The error for a tar that cannot be read. Its cause may quote the tar: of that, a line without control characters.
pub(super) fn broken(path: &Path, source: io::Error) -> BaseError {
    let source = match ContentError::of_source(source, ContentError::Write) {
        ContentError::Read { path, source } => return BaseError::Read { path, source },
        ContentError::Write(source) => source,
        other => io::Error::other(other),
    };
    let text = source.to_string();
    let line = text.lines().next().unwrap_or_default();
    let quoted = line.find(" when getting cksum").map_or(line, |at| &line[..at]);
    let clean: String = quoted.chars().filter(|letter| !letter.is_control()).take(MAX_CAUSE).collect();
    BaseError::Tar { path: path.to_owned(), source: io::Error::new(source.kind(), clean.trim_end().to_owned()) }
}

/// The compression that the first bytes of a file show.
pub(super) fn compression(file: &Source) -> Result<Option<&'static str>, BaseError> {
    let known: [(&[u8], _); 5] = [
        (b"\x1f\x8b", "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\xfd7zXZ\0", "xz"),
        (b"BZh", "bzip2"),
        (b"\x04\x22\x4d\x18", "lz4"),
    ];
    let bytes = start_of(file, 0..file.len().min(8))?;
    Ok(known.into_iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| name))
}

/// A few bytes of a file.
fn start_of(file: &Source, range: std::ops::Range<u64>) -> Result<Vec<u8>, BaseError> {
    let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap_or(0)];
    file.read_at(range.start, &mut bytes).map_err(|error| unread(file, error))?;
    Ok(bytes)
}

fn unread(file: &Source, error: ContentError) -> BaseError {
    match error {
        ContentError::Read { path, source } => BaseError::Read { path, source },
        source => BaseError::Content { name: file.path().display().to_string(), source },
    }
}

fn plain_span(file: &Arc<Source>, path: &Path) -> Result<Span, BaseError> {
    let size = file.len();
    let mut check = Check::new(path, Limits::default());
    check.size(size)?;
    let mut reader = file.hashing_reader(0..size);
    check.members(&mut reader)?;
    check.finish(size)?;
    file.pin(&(0..size), reader.finish()).map_err(|error| unread(file, error))?;
    Ok(Span::whole(file))
}

fn gzip_span(file: &Arc<Source>, path: &Path) -> Result<Span, BaseError> {
    let limits = Limits::default();
    let mut check = Check::new(path, Limits { total_bytes: limits.total_of(file.len()), ..limits });
    check.size(file.len())?;
    let header = start_of(file, 0..file.len().min(GZIP_HEADER_BYTES))?;
    let start =
        gzip_header(&header).ok_or_else(|| BaseError::TarTruncated { path: path.to_owned(), size: file.len() })? as u64;
    let stored = file.hashing_reader(start..file.len());
    let decoder = flate2::bufread::DeflateDecoder::new(stored);
    let mut stream = Inflated { decoder, crc: flate2::Crc::new(), size: 0, limit: check.limits.total_bytes };
    let looked = check.members(&mut stream);
    check.size(stream.size)?;
    looked?;
    let (size, crc) = (stream.size, stream.crc.sum());
    check.finish(size)?;
    let end = start.saturating_add(stream.decoder.total_in()).min(file.len());
    let hash = stream.decoder.into_inner().finish();
    file.pin(&(start..end), hash).map_err(|error| unread(file, error))?;
    if file.len() - end < GZIP_TRAILER_BYTES {
        return Err(BaseError::GzipTrailer { path: path.to_owned() });
    }
    let trailer = start_of(file, end..end + GZIP_TRAILER_BYTES)?;
    let low = size & u64::from(u32::MAX);
    if trailer[..4] != crc.to_le_bytes() || trailer[4..] != low.to_le_bytes()[..4] {
        return Err(BaseError::GzipTrailer { path: path.to_owned() });
    }
    // Padding with zeros is allowed and common on tapes; anything else would be lost without a word.
    let rest = end + GZIP_TRAILER_BYTES..file.len();
    let mut padding = Padding(true);
    io::copy(&mut file.reader(rest.clone()), &mut padding).map_err(|source| check.broken(source))?;
    if !padding.0 {
        let extra = usize::try_from(rest.end - rest.start).unwrap_or(usize::MAX);
        return Err(BaseError::GzipMembers { path: path.to_owned(), extra });
    }
    let source = Arc::clone(file);
    Ok(Span { source, range: start..end, encoding: Encoding::Deflate, size, crc32: Some(crc) })
}

/// Whether only zeros were written to it.
struct Padding(bool);

impl io::Write for Padding {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 &= bytes.iter().all(|byte| *byte == 0);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where the deflate stream starts after a gzip header (RFC 1952); `None` when the header is cut off or of a method
/// other than deflate.
fn gzip_header(bytes: &[u8]) -> Option<usize> {
    let &[_, _, method, flags, ..] = bytes.first_chunk::<10>()?;
    let mut at = 10;
    if method != 8 {
        return None;
    }
    if flags & 4 != 0 {
        let length = u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]);
        at += 2 + usize::from(length);
    }
    for text in [8, 16] {
        if flags & text != 0 {
            at += bytes.get(at..)?.iter().position(|&byte| byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    (at <= bytes.len()).then_some(at)
}

/// A deflate stream, counted and checksummed while it is read.
struct Inflated<'a> {
    decoder: flate2::bufread::DeflateDecoder<HashingReader<'a>>,
    crc: flate2::Crc,
    size: u64,
    /// Most bytes that are decoded: one more is an error.
    limit: u64,
}

impl Read for Inflated<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        self.crc.update(&buffer[..read]);
        self.size += read as u64;
        if self.size > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(read)
    }
}

/// What was seen of a tar.
struct Check<'a> {
    path: &'a Path,
    limits: Limits,
    names: HashSet<Box<[u8]>>,
    end: u64,
}

impl<'a> Check<'a> {
    fn new(path: &'a Path, limits: Limits) -> Self {
        Self { path, limits, names: HashSet::new(), end: 0 }
    }

    fn size(&self, size: u64) -> Result<(), BaseError> {
        let limit = self.limits.total_bytes;
        if size <= limit { Ok(()) } else { Err(self.too_large(limit, "bytes")) }
    }

    fn too_large(&self, limit: u64, what: &'static str) -> BaseError {
        BaseError::OverLimit { path: self.path.to_owned(), limit, what }
    }

    fn broken(&self, source: io::Error) -> BaseError {
        broken(self.path, source)
    }

    /// Looks at every member, and takes everything else that the tar holds.
    fn members(&mut self, tar: &mut dyn Read) -> Result<(), BaseError> {
        let mut archive = tar::Archive::new(&mut *tar);
        for member in archive.entries().map_err(|source| self.broken(source))? {
            let member = member.map_err(|source| self.broken(source))?;
            self.member(&member)?;
        }
        io::copy(tar, &mut io::sink()).map_err(|source| self.broken(source))?;
        Ok(())
    }

    fn member<R: Read>(&mut self, member: &tar::Entry<'_, R>) -> Result<(), BaseError> {
        let kind = member.header().entry_type();
        self.end = member.raw_file_position() + member.size().next_multiple_of(BLOCK);
        if kind.is_pax_global_extensions() {
            return Ok(());
        }
        let name = member.path_bytes();
        let refused = |reason| BaseError::TarMember {
            path: self.path.to_owned(),
            name: String::from_utf8_lossy(&name).into_owned(),
            reason,
        };
        hostile(&name).map_or(Ok(()), |reason| Err(refused(reason)))?;
        if kind.is_gnu_sparse() {
            return Err(refused("it is a sparse file"));
        }
        if kind.is_hard_link()
            && let Some(target) = member.link_name_bytes()
            && hostile(&target).is_some()
        {
            return Err(refused("it is a hard link that leaves the root"));
        }
        if !self.names.insert(normal(&name).into()) {
            return Err(refused("it is there twice"));
        }
        if self.names.len() > self.limits.entries {
            return Err(self.too_large(self.limits.entries as u64, "members"));
        }
        Ok(())
    }

    fn finish(&self, size: u64) -> Result<(), BaseError> {
        if size < self.end + BLOCK {
            return Err(BaseError::TarTruncated { path: self.path.to_owned(), size });
        }
        if self.names.is_empty() {
            return Err(BaseError::TarEmpty { path: self.path.to_owned() });
        }
        Ok(())
    }
}

/// Why no layer may hold a member of this name.
fn hostile(name: &[u8]) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it has no name");
    }
    if name.starts_with(b"/") {
        return Some("its name is absolute");
    }
    let mut components = name.split(|&byte| byte == b'/');
    if components.any(|component| component == b"..") {
        return Some("its name leaves the root (`..`)");
    }
    let last = normal(name).rsplit(|&byte| byte == b'/').next();
    last.is_some_and(|last| last.starts_with(b".wh.")).then_some("it would delete files of the layers below")
}

/// A name without `./` before and `/` behind it.
fn normal(name: &[u8]) -> &[u8] {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    name.strip_suffix(b"/").unwrap_or(name)
}
