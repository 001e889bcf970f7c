//! Tar archives as trees of spans: ustar, GNU long names, PAX; gzip-compressed ones by way of an unlinked temporary file.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::sync::Arc;

use tar::EntryType;

use super::{
    ArchiveError, Content, ContentError, Encoding, Entry, EntryError, EntryKind, EntryPath, Limits, OpenError, Source,
    Span, tree,
};

/// The owner's execute bit.
const S_IXUSR: u32 = 0o100;
/// Size of a tar block, bytes.
pub(super) const BLOCK_BYTES: usize = 512;
/// Where a header's checksum lies (POSIX.1-1988 ustar).
const CHECKSUM: std::ops::Range<usize> = 148..156;
/// RFC 1952, 2.3.1.
const GZIP_MAGIC: &[u8] = b"\x1f\x8b";
/// Buffer for decompressing, bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// Reads the tar or tar.gz archive that `source` is: sorted entries, their contents spans of it.
pub fn read(source: &Arc<Source>) -> Result<Vec<Entry>, OpenError> {
    read_within(source, &Limits::default())
}

pub(super) fn read_within(source: &Arc<Source>, limits: &Limits) -> Result<Vec<Entry>, OpenError> {
    let name = source.path().display().to_string();
    let refuse = |error| OpenError::archive(&name, error);
    let start = source.peek(0..source.len().min(GZIP_MAGIC.len() as u64));
    if looks_like_gzip(&start.map_err(|error| refuse(ArchiveError::Content(error)))?) {
        let plain = inflate(source, limits).map_err(refuse)?;
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

fn read_plain(source: &Arc<Source>, name: &str, limits: &Limits) -> Result<Vec<Entry>, OpenError> {
    let broken = |error: io::Error| OpenError::archive(name, failed(error, ArchiveError::Tar));
    let mut archive = tar::Archive::new(source.reader(0..source.len()));
    let mut reader = Reader { source, limits, entries: Vec::new(), files: HashMap::new() };
    let allowed = limits.total_of(source.len());
    let mut total = 0_u64;
    for entry in archive.entries_with_seek().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        if reader.entries.len() >= limits.entries {
            return Err(OpenError::archive(name, ArchiveError::TooManyEntries { limit: limits.entries }));
        }
        let raw = entry.path_bytes().into_owned();
        let before = reader.entries.len();
        reader
            .take(&raw, &mut entry)
            .map_err(|source| OpenError::entry(name, &String::from_utf8_lossy(&raw), source))?;
        // Hard links add the size of what they link to: a few bytes each may stand for gigabytes.
        total = total.saturating_add(reader.entries[before..].iter().map(Entry::size).sum());
        if total > allowed {
            return Err(OpenError::archive(name, ArchiveError::TooLarge { limit: allowed }));
        }
    }
    tree::build(name, reader.entries, limits)
}

struct Reader<'a> {
    source: &'a Arc<Source>,
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
        let start = entry.raw_file_position();
        let end = start.saturating_add(size);
        if end > self.source.len() {
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

/// What a reader of the source failed with: the file itself, or what is written in it.
fn failed(error: io::Error, other: impl FnOnce(io::Error) -> ArchiveError) -> ArchiveError {
    match ContentError::of_source(error, ContentError::Write) {
        ContentError::Write(error) => other(error),
        error => ArchiveError::Content(error),
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

/// Decompresses into a temporary file that has no name and goes away with its handle.
fn inflate(source: &Source, limits: &Limits) -> Result<Source, ArchiveError> {
    let limit = limits.total_of(source.len());
    let mut input = flate2::bufread::MultiGzDecoder::new(source.reader(0..source.len()));
    let mut file = tempfile::tempfile().map_err(ArchiveError::Temporary)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut total = 0;
    loop {
        let read = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(error, ArchiveError::Gzip)),
        };
        total += read as u64;
        if total > limit {
            return Err(ArchiveError::TooLarge { limit });
        }
        file.write_all(&buffer[..read]).map_err(ArchiveError::Temporary)?;
    }
    Source::from_file(file, source.path()).map_err(ArchiveError::Temporary)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use tar::{Builder, Header};

    use super::*;

    /// A tar of `(type, name, mode, link or content)`, names written as they are.
    fn tar(items: &[(EntryType, &str, u32, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (kind, name, mode, text) in items {
            let sparse = *kind == EntryType::GNUSparse;
            let mut header = if sparse { Header::new_gnu() } else { Header::new_ustar() };
            header.set_entry_type(*kind);
            if let Some(header) = header.as_gnu_mut() {
                header.set_real_size(0);
            }
            header.set_mode(*mode);
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            let content = if kind.is_file() { text.as_bytes() } else { b"" };
            if !kind.is_file() {
                header.as_mut_bytes()[157..157 + text.len()].copy_from_slice(text.as_bytes());
            }
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append(&header, content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn read(bytes: Vec<u8>) -> Result<Vec<Entry>, OpenError> {
        super::read(&Arc::new(Source::from_bytes(bytes, Path::new("test.tar"))))
    }

    fn refused(items: &[(EntryType, &str, u32, &str)]) -> EntryError {
        match read(tar(items)) {
            Err(OpenError::Entry { source, .. }) => source,
            other => panic!("{other:?}"),
        }
    }

    const JRE: &[(EntryType, &str, u32, &str)] = &[
        (EntryType::Directory, "./", 0o755, ""),
        (EntryType::Directory, "./jre/", 0o755, ""),
        (EntryType::Regular, "./jre/bin/java", 0o750, "elf"),
        (EntryType::Regular, "./jre/lib/modules", 0o644, "jimage"),
        (EntryType::Link, "./jre/bin/keytool", 0o750, "./jre/bin/java"),
        (EntryType::Symlink, "./jre/legal/LICENSE", 0o777, "../lib/modules"),
    ];

    #[test]
    fn reads_files_links_and_hard_links() {
        for bytes in [tar(JRE), gzip(&tar(JRE))] {
            let entries = read(bytes).unwrap();
            let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
            let expected = ["jre", "jre/bin/java", "jre/bin/keytool", "jre/legal/LICENSE", "jre/lib/modules"];
            assert_eq!(paths, expected);
            for linked in &entries[1..3] {
                assert!(matches!(linked.kind, EntryKind::File { executable: true, .. }));
                assert_eq!(&*linked.content().unwrap().read(10).unwrap(), b"elf");
            }
            assert!(matches!(&entries[3].kind, EntryKind::Symlink { target } if &**target == "../lib/modules"));
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn reads_long_names_of_gnu_and_pax() {
        let long = format!("{}/file", ["directory"; 30].join("/"));
        let mut builder = Builder::new(Vec::new());
        let mut header = Header::new_gnu();
        header.set_size(1);
        header.set_mode(0o644);
        builder.append_data(&mut header, &long, &b"x"[..]).unwrap();
        let pax = format!("{long}.pax");
        builder.append_pax_extensions([("path", pax.as_bytes())]).unwrap();
        builder.append_data(&mut header, "short", &b"y"[..]).unwrap();
        let entries = read(builder.into_inner().unwrap()).unwrap();
        assert_eq!(entries.iter().map(|entry| entry.path.to_string()).collect::<Vec<_>>(), [long, pax]);
    }

    #[test]
    fn refuses_hostile_entries() {
        use EntryType::{Block, Char, Fifo, GNUSparse, Link, Regular, Symlink};
        let path = |name| refused(&[(Regular, name, 0o644, "x")]);
        assert!(matches!(path("../x"), EntryError::Path(_)));
        assert!(matches!(path("/etc/passwd"), EntryError::Path(_)));
        assert!(matches!(path("a/../../x"), EntryError::Path(_)));
        for kind in [Block, Char, Fifo] {
            assert!(matches!(refused(&[(kind, "a", 0o644, "")]), EntryError::Special));
        }
        assert!(matches!(refused(&[(GNUSparse, "a", 0o644, "")]), EntryError::Sparse));
        assert!(matches!(refused(&[(Link, "a", 0o644, "b")]), EntryError::HardLink { .. }));
        assert!(matches!(refused(&[(Symlink, "a", 0o777, "/etc")]), EntryError::LinkLeaves { .. }));
        assert!(matches!(refused(&[(Symlink, "a", 0o777, "")]), EntryError::LinkTarget { .. }));
        let twice = [(Regular, "a", 0o644, "x"), (Regular, "./a", 0o644, "y")];
        assert!(matches!(refused(&twice), EntryError::Duplicate));
        let through = [(Symlink, "a", 0o777, "b"), (Regular, "a/x", 0o644, "y")];
        assert!(matches!(refused(&through), EntryError::NotADirectory { .. }));
    }

    #[test]
    fn refuses_hard_links_that_add_up() {
        let names: Vec<String> = (0..20).map(|number| format!("link{number}")).collect();
        let links = names.iter().map(|name| (EntryType::Link, name.as_str(), 0o644, "a"));
        let bytes = tar(&[(EntryType::Regular, "a", 0o644, "0123456789")].into_iter().chain(links).collect::<Vec<_>>());
        let source = Arc::new(Source::from_bytes(bytes, Path::new("test.tar")));
        let limits = Limits { total_bytes: 200, ..Limits::default() };
        let error = read_within(&source, &limits).unwrap_err();
        assert!(matches!(error, OpenError::Archive { source: ArchiveError::TooLarge { limit: 200 }, .. }), "{error:?}");
    }

    #[test]
    fn refuses_truncated_archives() {
        let whole = tar(JRE);
        assert!(read(whole[..=3 * 512].to_vec()).is_err());
        let zipped = gzip(&whole);
        let error = read(zipped[..zipped.len() - 9].to_vec()).unwrap_err();
        assert!(matches!(error, OpenError::Archive { source: ArchiveError::Gzip(_), .. }), "{error:?}");
    }

    #[test]
    fn knows_a_tar_by_its_checksum() {
        assert!(looks_like_tar(&tar(JRE)));
        assert!(!looks_like_tar(&[0; 1024]));
        assert!(!looks_like_tar(&[b'0'; 1024]));
    }

    proptest! {
        #[test]
        fn damaged_archives_never_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
            let mut bytes = tar(JRE);
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let _ = read(bytes);
        }

        #[test]
        fn random_bytes_never_panic(bytes: Vec<u8>) {
            let _ = looks_like_tar(&bytes);
            let _ = read(bytes);
        }
    }
}
