//! Tar archives as trees of spans: ustar, GNU long names, PAX; gzip-compressed ones by way of an unlinked temporary file.

use std::collections::HashMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;

use tar::EntryType;

use super::{
    ArchiveError, Content, Encoding, Entry, EntryError, EntryKind, EntryPath, Limits, MappedFile, OpenError, Span, tree,
};

/// The owner's execute bit.
const S_IXUSR: u32 = 0o100;
/// Size of a tar block, bytes.
const BLOCK_BYTES: usize = 512;
/// Where a header's checksum lies (POSIX.1-1988 ustar).
const CHECKSUM: std::ops::Range<usize> = 148..156;
/// RFC 1952, 2.3.1.
const GZIP_MAGIC: &[u8] = b"\x1f\x8b";
/// Buffer for decompressing, bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// Reads the tar or tar.gz archive that `source` is: sorted entries, their contents spans of the map.
pub fn read(source: &Arc<MappedFile>) -> Result<Vec<Entry>, OpenError> {
    read_within(source, &Limits::default())
}

pub(super) fn read_within(source: &Arc<MappedFile>, limits: &Limits) -> Result<Vec<Entry>, OpenError> {
    let name = source.path().display().to_string();
    if looks_like_gzip(source.bytes()) {
        let plain = inflate(source, limits).map_err(|error| OpenError::archive(&name, error))?;
        return read_plain(&Arc::new(plain), &name, limits);
    }
    read_plain(source, &name, limits)
}

/// Whether `bytes` start with a tar header, known by its checksum.
pub(super) fn looks_like_tar(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..BLOCK_BYTES) else { return false };
    let digits: Vec<u8> = header[CHECKSUM].iter().copied().filter(u8::is_ascii_digit).collect();
    let claimed = std::str::from_utf8(&digits).ok().and_then(|text| u32::from_str_radix(text, 8).ok());
    let counted = |(at, byte): (usize, &u8)| u32::from(if CHECKSUM.contains(&at) { b' ' } else { *byte });
    claimed == Some(header.iter().enumerate().map(counted).sum())
}

/// Whether `bytes` start like a gzip stream.
pub(super) fn looks_like_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(GZIP_MAGIC)
}

fn read_plain(source: &Arc<MappedFile>, name: &str, limits: &Limits) -> Result<Vec<Entry>, OpenError> {
    let broken = |error| OpenError::archive(name, ArchiveError::Tar(error));
    let mut archive = tar::Archive::new(Cursor::new(source.bytes()));
    let mut reader = Reader { source, limits, entries: Vec::new(), files: HashMap::new() };
    for entry in archive.entries_with_seek().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        if reader.entries.len() >= limits.entries {
            return Err(OpenError::archive(name, ArchiveError::TooManyEntries { limit: limits.entries }));
        }
        let raw = entry.path_bytes().into_owned();
        reader.take(&raw, &mut entry).map_err(|source| OpenError::Entry {
            archive: name.to_owned(),
            entry: String::from_utf8_lossy(&raw).into_owned(),
            source,
        })?;
    }
    tree::build(name, reader.entries, limits)
}

struct Reader<'a> {
    source: &'a Arc<MappedFile>,
    limits: &'a Limits,
    entries: Vec<Entry>,
    /// Position of each file in `entries`, for hard links; a later file of the same name takes the place over.
    files: HashMap<String, usize>,
}

impl Reader<'_> {
    fn take<R: Read>(&mut self, raw: &[u8], entry: &mut tar::Entry<'_, R>) -> Result<(), EntryError> {
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader) {
            return Ok(());
        }
        let Some(path) = clean(raw)? else { return Ok(()) };
        let kind = match kind {
            EntryType::Regular | EntryType::Continuous => self.file(entry)?,
            EntryType::Directory => EntryKind::Directory,
            EntryType::Symlink => EntryKind::Symlink { target: self.target(entry)?.into() },
            EntryType::Link => self.hard_link(&self.target(entry)?)?,
            EntryType::GNUSparse => return Err(EntryError::Sparse),
            _ => return Err(EntryError::Special),
        };
        if matches!(kind, EntryKind::File { .. }) {
            self.files.insert(path.as_str().to_owned(), self.entries.len());
        }
        self.entries.push(Entry { path, kind });
        Ok(())
    }

    fn file<R: Read>(&self, entry: &mut tar::Entry<'_, R>) -> Result<EntryKind, EntryError> {
        if is_sparse(entry) {
            return Err(EntryError::Sparse);
        }
        let size = entry.size();
        if size > self.limits.entry_bytes {
            return Err(EntryError::TooLarge { size, limit: self.limits.entry_bytes });
        }
        let start = usize::try_from(entry.raw_file_position()).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        if end > self.source.bytes().len() {
            return Err(EntryError::Beyond);
        }
        let source = Arc::clone(self.source);
        let span = Span { source, range: start..end, encoding: Encoding::Stored, size, crc32: None };
        let executable = entry.header().mode().is_ok_and(|mode| mode & S_IXUSR != 0);
        Ok(EntryKind::File { executable, content: Content::Span(span) })
    }

    fn hard_link(&self, target: &str) -> Result<EntryKind, EntryError> {
        let missing = || EntryError::HardLink { target: target.to_owned() };
        let path = clean(target.as_bytes())?.ok_or_else(missing)?;
        let at = self.files.get(path.as_str()).ok_or_else(missing)?;
        Ok(self.entries[*at].kind.clone())
    }

    fn target<R: Read>(&self, entry: &tar::Entry<'_, R>) -> Result<String, EntryError> {
        let limit = self.limits.link_bytes;
        let target = entry.link_name_bytes().unwrap_or_default();
        if target.is_empty() || target.len() as u64 > limit {
            return Err(EntryError::LinkTarget { limit });
        }
        String::from_utf8(target.into_owned()).map_err(|_| EntryError::LinkTarget { limit })
    }
}

/// GNU's sparse files in PAX form are regular files with these keys.
fn is_sparse<R: Read>(entry: &mut tar::Entry<'_, R>) -> bool {
    let Ok(Some(extensions)) = entry.pax_extensions() else { return false };
    extensions.flatten().any(|extension| extension.key_bytes().starts_with(b"GNU.sparse"))
}

/// The name without `./` in front and `/` behind; none for the root itself.
fn clean(raw: &[u8]) -> Result<Option<EntryPath>, EntryError> {
    let text = std::str::from_utf8(raw).map_err(|_| EntryError::NotUtf8)?;
    let mut rest = text;
    while let Some(shorter) = rest.strip_prefix("./") {
        rest = shorter;
    }
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if (rest.is_empty() && text.starts_with("./")) || rest == "." {
        return Ok(None);
    }
    Ok(Some(EntryPath::new(rest)?))
}

/// Decompresses into a temporary file that has no name and goes away with its map.
fn inflate(source: &MappedFile, limits: &Limits) -> Result<MappedFile, ArchiveError> {
    let limit = limits.total_of(source.bytes().len() as u64);
    let mut input = flate2::bufread::MultiGzDecoder::new(source.bytes());
    let mut file = tempfile::tempfile().map_err(ArchiveError::Temporary)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut total = 0;
    loop {
        let read = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(ArchiveError::Gzip(error)),
        };
        total += read as u64;
        if total > limit {
            return Err(ArchiveError::TooLarge { limit });
        }
        file.write_all(&buffer[..read]).map_err(ArchiveError::Temporary)?;
    }
    MappedFile::from_file(&file, source.path()).map_err(ArchiveError::Temporary)
}
