//! A base from a tar of a root file system, as `mmdebstrap` writes it: its bytes become the layer.
//!
//! The tar is only looked through. Device nodes, owners and extended attributes are its maker's business; names that
//! leave the root or appear twice are refused, since runtimes differ in what they make of them.

use std::collections::HashSet;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use buildpacks::application::{Content, Encoding, MappedFile, Span, StatRecord};
use fs_err as fs;

use super::open::plain;
use super::{Base, BaseError, BaseLayer, Platform};
use crate::layer::{LayerFiles, LayerSpec};

#[cfg(test)]
#[path = "rootfs_tests.rs"]
mod tests;

const BLOCK: u64 = 512;
/// Longest cause of an error that is shown, characters.
const MAX_CAUSE: usize = 120;

/// Opens the tar at `path`, plain or one gzip stream.
pub(super) fn open(path: &Path, platform: &Platform) -> Result<Base, BaseError> {
    let failed = |source| BaseError::Read { path: path.to_owned(), source };
    let opened = fs::File::open(path).map_err(failed)?;
    let record = StatRecord::of(&opened.metadata().map_err(failed)?);
    let file = MappedFile::from_file(opened.file(), path).map_err(failed)?;
    let span = match compression(file.bytes()) {
        None => plain_span(file, path)?,
        Some("gzip") => gzip_span(file, path)?,
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
pub(super) fn broken(path: &Path, source: &io::Error) -> BaseError {
    let text = source.to_string();
    let line = text.lines().next().unwrap_or_default();
    let quoted = line.find(" when getting cksum").map_or(line, |at| &line[..at]);
    let clean: String = quoted.chars().filter(|letter| !letter.is_control()).take(MAX_CAUSE).collect();
    BaseError::Tar { path: path.to_owned(), source: io::Error::new(source.kind(), clean.trim_end().to_owned()) }
}

/// The compression that the first bytes of a file show.
pub(super) fn compression(bytes: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], _); 5] = [
        (b"\x1f\x8b", "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\xfd7zXZ\0", "xz"),
        (b"BZh", "bzip2"),
        (b"\x04\x22\x4d\x18", "lz4"),
    ];
    known.into_iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| name)
}

fn plain_span(file: MappedFile, path: &Path) -> Result<Span, BaseError> {
    let size = file.bytes().len() as u64;
    let mut check = Check::new(path);
    let mut archive = tar::Archive::new(Cursor::new(file.bytes()));
    for member in archive.entries_with_seek().map_err(|source| check.broken(&source))? {
        check.member(&member.map_err(|source| check.broken(&source))?)?;
    }
    check.finish(size)?;
    let range = 0..file.bytes().len();
    Ok(Span { source: Arc::new(file), range, encoding: Encoding::Stored, size, crc32: None })
}

fn gzip_span(file: MappedFile, path: &Path) -> Result<Span, BaseError> {
    let mut check = Check::new(path);
    let bytes = file.bytes();
    let start = gzip_header(bytes)
        .ok_or_else(|| BaseError::TarTruncated { path: path.to_owned(), size: bytes.len() as u64 })?;
    let mut stream =
        Inflated { decoder: flate2::bufread::DeflateDecoder::new(&bytes[start..]), crc: flate2::Crc::new(), size: 0 };
    let mut archive = tar::Archive::new(&mut stream);
    for member in archive.entries().map_err(|source| check.broken(&source))? {
        check.member(&member.map_err(|source| check.broken(&source))?)?;
    }
    io::copy(&mut stream, &mut io::sink()).map_err(|source| check.broken(&source))?;
    let (size, crc) = (stream.size, stream.crc.sum());
    check.finish(size)?;
    let consumed = usize::try_from(stream.decoder.total_in()).unwrap_or(usize::MAX);
    let end = start.saturating_add(consumed).min(bytes.len());
    let trailer = &bytes[end..];
    let Some((trailer, extra)) = trailer.split_first_chunk::<8>() else {
        return Err(BaseError::GzipTrailer { path: path.to_owned() });
    };
    let ([c0, c1, c2, c3, s0, s1, s2, s3], low) = (*trailer, size & u64::from(u32::MAX));
    if u32::from_le_bytes([c0, c1, c2, c3]) != crc || u64::from(u32::from_le_bytes([s0, s1, s2, s3])) != low {
        return Err(BaseError::GzipTrailer { path: path.to_owned() });
    }
    // Padding with zeros is allowed and common on tapes; anything else would be lost without a word.
    if extra.iter().any(|&byte| byte != 0) {
        return Err(BaseError::GzipMembers { path: path.to_owned(), extra: extra.len() });
    }
    Ok(Span { source: Arc::new(file), range: start..end, encoding: Encoding::Deflate, size, crc32: Some(crc) })
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
    decoder: flate2::bufread::DeflateDecoder<&'a [u8]>,
    crc: flate2::Crc,
    size: u64,
}

impl Read for Inflated<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        self.crc.update(&buffer[..read]);
        self.size += read as u64;
        Ok(read)
    }
}

/// What was seen of a tar.
struct Check<'a> {
    path: &'a Path,
    names: HashSet<Box<[u8]>>,
    end: u64,
}

impl<'a> Check<'a> {
    fn new(path: &'a Path) -> Self {
        Self { path, names: HashSet::new(), end: 0 }
    }

    fn broken(&self, source: &io::Error) -> BaseError {
        broken(self.path, source)
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
