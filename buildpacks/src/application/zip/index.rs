//! The index: central directory and local headers, checked against each other, as entries.

use std::ops::Range;
use std::sync::Arc;

use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipLocalFileHeader, ZipLocator};

use super::end;
use super::repeated::last_of_each;
use super::view::View;
use crate::application::tree;
use crate::application::{
    ArchiveError, Content, Encoding, Entry, EntryError, EntryKind, EntryPath, Limits, OpenError, Source, Span,
};

/// Deflate's best: 258 bytes from 2 bits (RFC 1951, 3.2.5).
const DEFLATE_MAX_RATIO: u64 = 1032;
/// What a deflate stream of a few bytes may decode to beyond the ratio: its last block's bits are rounded up.
const DEFLATE_SLACK_BYTES: u64 = 2 * DEFLATE_MAX_RATIO;
/// File types of a unix mode (`stat.h`), in the upper half of the external attributes.
const S_IFMT: u32 = 0o170_000;
const S_IFREG: u32 = 0o100_000;
const S_IFDIR: u32 = 0o040_000;
const S_IFLNK: u32 = 0o120_000;
/// FIFO, character device, block device, socket.
const SPECIAL: [u32; 4] = [0o010_000, 0o020_000, 0o060_000, 0o140_000];
/// The owner's execute bit.
const S_IXUSR: u32 = 0o100;
/// Fixed part of a record of the central directory, bytes (APPNOTE 4.3.12).
const HEADER_BYTES: usize = 46;
/// Largest record of the central directory, bytes, with room for more of the usual ones.
const RECORD_BYTES: usize = 256 * 1024;
/// Largest variable part of a local header, bytes: name and extra field.
const LOCAL_BYTES: usize = 2 * 0xffff;
/// Buffer for finding the end record, bytes.
const LOCATE_BYTES: usize = 4096;
/// Systems of "version made by" whose external attributes hold a unix mode (APPNOTE 4.4.2.2): Unix and macOS.
const UNIX_SYSTEMS: [u8; 2] = [3, 19];

/// Reads the zip archive that `source` is: sorted entries, their contents spans of it.
pub fn read(source: &Arc<Source>) -> Result<Vec<Entry>, OpenError> {
    let name = source.path().display().to_string();
    read_within(source, 0..source.len(), &name, &Limits::default())
}

/// Reads the zip archive that lies in `range` of `source`, named `name` in messages.
pub fn read_within(
    source: &Arc<Source>,
    range: Range<u64>,
    name: &str,
    limits: &Limits,
) -> Result<Vec<Entry>, OpenError> {
    read_archive(source, range, name, limits).map(|archive| archive.entries)
}

/// A zip archive's entries, and what the tree does not tell.
pub(in crate::application) struct Archive {
    pub(in crate::application) entries: Vec<Entry>,
    /// Jars in the order of the central directory.
    pub(in crate::application) jars: Vec<EntryPath>,
    /// Names of several files with different contents, of which the last counts.
    pub(in crate::application) differing: Vec<EntryPath>,
}

/// As [`read_within`].
pub(in crate::application) fn read_archive(
    source: &Arc<Source>,
    range: Range<u64>,
    name: &str,
    limits: &Limits,
) -> Result<Archive, OpenError> {
    let whole = View::new(source, range.clone());
    let refuse = |error| OpenError::archive(name, error);
    let bounds = end::locate(&whole).map_err(refuse)?;
    let archive = open(whole.behind(bounds.base), bounds.end - bounds.base).map_err(refuse)?;
    let reader = Reader { source, start: range.start + bounds.base, archive, name, limits };
    let (entries, mut places) = reader.entries()?;
    reader.check_overlaps(&mut places)?;
    let jars = entries.iter().map(|entry| &entry.path).filter(|path| path.has_extension("jar")).cloned().collect();
    let (entries, differing) = last_of_each(entries);
    Ok(Archive { entries: tree::build(name, entries, limits)?, jars, differing })
}

/// Opens the archive whose offsets count from the start of `view` and whose end record lies at `end`.
pub(super) fn open(view: View<'_>, end: u64) -> Result<ZipArchive<View<'_>>, ArchiveError> {
    let length = view.len();
    let archive = ZipLocator::new()
        .max_search_space(length - end)
        .locate_in_reader(view, &mut [0; LOCATE_BYTES], length)
        .map_err(|(_, error)| ArchiveError::Directory(error))?;
    if archive.eocd_offset() != end {
        return Err(ArchiveError::TwoEnds);
    }
    Ok(archive)
}

/// Room for the records of a central directory: the largest one has three fields of 64 KiB.
pub(super) fn record_buffer(archive: &ZipArchive<View<'_>>) -> Vec<u8> {
    let directory = archive.get_ref().len().saturating_sub(archive.directory_offset());
    vec![0; usize::try_from(directory).unwrap_or(usize::MAX).clamp(HEADER_BYTES, RECORD_BYTES)]
}

/// Where an entry lies: from its local header to the end of its data.
struct Place {
    start: u64,
    end: u64,
    /// Its name in the central directory.
    name: Range<u64>,
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    /// Where the archive starts in the source.
    start: u64,
    archive: ZipArchive<View<'a>>,
    name: &'a str,
    limits: &'a Limits,
}

impl Reader<'_> {
    fn entries(&self) -> Result<(Vec<Entry>, Vec<Place>), OpenError> {
        let claimed = self.archive.entries_hint();
        let length = self.archive.get_ref().len();
        // A lying count cannot make us allocate more than the file's size.
        let room = usize::try_from(claimed.min(length / HEADER_BYTES as u64)).unwrap_or(0);
        let (mut entries, mut places) = (Vec::with_capacity(room), Vec::with_capacity(room));
        let (mut found, mut total) = (0, 0_u64);
        let allowed = self.limits.total_of(length);
        let (mut buffer, mut local) = (record_buffer(&self.archive), vec![0; LOCAL_BYTES]);
        let mut records = self.archive.entries(&mut buffer);
        while let Some(record) = records.next_entry().map_err(|error| self.refuse(ArchiveError::Directory(error)))? {
            found += 1;
            if found > self.limits.entries as u64 {
                return Err(self.refuse(ArchiveError::TooManyEntries { limit: self.limits.entries }));
            }
            total = total.saturating_add(record.uncompressed_size_hint());
            if total > allowed {
                return Err(self.refuse(ArchiveError::TooLarge { limit: allowed }));
            }
            let (entry, place) = self.entry(&record, &mut local).map_err(|source| {
                OpenError::entry(self.name, &String::from_utf8_lossy(record.file_path().as_bytes()), source)
            })?;
            entries.extend(entry);
            places.push(place);
        }
        // Writers without zip64 let the 16-bit count wrap.
        if found != claimed && (claimed > 0xffff || found & 0xffff != claimed) {
            return Err(self.refuse(ArchiveError::Count { claimed, found }));
        }
        Ok((entries, places))
    }

    /// The entry of one record; none for the root itself, which some writers name `/` or `./`.
    fn entry(
        &self,
        record: &ZipFileHeaderRecord<'_>,
        local_buffer: &mut [u8],
    ) -> Result<(Option<Entry>, Place), EntryError> {
        let raw = record.file_path().as_bytes();
        let text = name(raw, record.flags().is_utf8())?;
        if record.flags().is_encrypted() || record.flags().has_strong_encryption() {
            return Err(EntryError::Encrypted);
        }
        self.check_disk(record)?;
        let local = self.archive.get_entry(record.wayfinder()).map_err(EntryError::LocalHeader)?;
        check_local(record, &local.local_header(local_buffer).map_err(EntryError::LocalHeader)?)?;
        let (from, to) = local.compressed_data_range();
        if to > self.archive.get_ref().len() {
            return Err(EntryError::Beyond);
        }
        let at = record.central_directory_offset().saturating_add(HEADER_BYTES as u64);
        let place =
            Place { start: record.local_header_offset(), end: to, name: at..at.saturating_add(raw.len() as u64) };

        let span = Span {
            source: Arc::clone(self.source),
            range: self.start + from..self.start + to,
            encoding: encoding(record.compression_method())?,
            size: record.uncompressed_size_hint(),
            crc32: Some(record.crc32()),
        };
        check_size(&span, self.limits)?;
        let path = text.strip_suffix('/');
        if text == "./" {
            return Ok((None, place));
        }
        let directory = path.is_some();
        let path = EntryPath::new(path.unwrap_or(text))?;
        let kind = kind(record, directory, span, self.limits)?;
        Ok((Some(Entry { path, kind }), place))
    }

    /// Refuses entries whose bytes overlap each other or the central directory.
    fn check_overlaps(&self, places: &mut [Place]) -> Result<(), OpenError> {
        places.sort_unstable_by_key(|place| place.start);
        let text = |place: &Place| {
            let name = self.archive.get_ref().bytes(place.name.clone()).unwrap_or_default();
            String::from_utf8_lossy(&name).into_owned()
        };
        let overlap =
            |place: &Place, other: String| OpenError::entry(self.name, &text(place), EntryError::Overlap { other });
        if let Some([first, second]) = places.array_windows().find(|[first, second]| first.end > second.start) {
            return Err(overlap(second, text(first)));
        }
        match places.last() {
            Some(last) if last.end > self.archive.directory_offset() => {
                Err(overlap(last, "the central directory".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// The number of the disk an entry starts on, which the index does not hand out (APPNOTE 4.3.12).
    fn check_disk(&self, record: &ZipFileHeaderRecord<'_>) -> Result<(), EntryError> {
        let at = record.central_directory_offset().saturating_add(34);
        match self.archive.get_ref().array(at).map_err(EntryError::Content)? {
            None | Some([0, 0] | [0xff, 0xff]) => Ok(()),
            Some(_) => Err(EntryError::MultiDisk),
        }
    }

    fn refuse(&self, source: ArchiveError) -> OpenError {
        OpenError::archive(self.name, source)
    }
}

/// The name as text: UTF-8 when marked so, else ASCII. Unmarked names are code page 437 by the book and anything in
/// practice.
fn name(raw: &[u8], marked: bool) -> Result<&str, EntryError> {
    let text = std::str::from_utf8(raw).map_err(|_| EntryError::NotUtf8)?;
    if marked || text.is_ascii() { Ok(text) } else { Err(EntryError::UnmarkedName) }
}

fn encoding(method: CompressionMethod) -> Result<Encoding, EntryError> {
    match method {
        CompressionMethod::STORE => Ok(Encoding::Stored),
        CompressionMethod::DEFLATE => Ok(Encoding::Deflate),
        other => Err(EntryError::Method { method: other.as_u16() }),
    }
}

/// What the entry is, by the name's trailing `/` and, where there is one, the unix mode.
fn kind(
    record: &ZipFileHeaderRecord<'_>,
    directory: bool,
    span: Span,
    limits: &Limits,
) -> Result<EntryKind, EntryError> {
    let unix = UNIX_SYSTEMS.contains(&record.version_made_by().creator_system().as_u8());
    let mode = if unix { record.external_attributes() >> 16 } else { 0 };
    match (mode & S_IFMT, directory) {
        (kind, _) if SPECIAL.contains(&kind) => Err(EntryError::Special),
        (S_IFLNK, true) | (S_IFDIR, false) => Err(EntryError::Special),
        (_, true) if span.size == 0 => Ok(EntryKind::Directory),
        (_, true) => Err(EntryError::Special),
        (S_IFLNK, false) => {
            let limit = limits.link_bytes;
            let bad = EntryError::LinkTarget { limit };
            if span.size == 0 || span.size > limit {
                return Err(bad);
            }
            let content = Content::Span(span);
            let target = content.read(limit).map_err(EntryError::LinkContent)?;
            let target = std::str::from_utf8(&target).map_err(|_| bad)?;
            Ok(EntryKind::Symlink { target: target.into() })
        }
        (kind, false) => {
            // Old plexus archivers write a mode of all ones, which means nothing.
            let executable = matches!(kind, 0 | S_IFREG) && mode & S_IXUSR != 0;
            Ok(EntryKind::File { executable, content: Content::Span(span) })
        }
    }
}

fn check_size(span: &Span, limits: &Limits) -> Result<(), EntryError> {
    let (stored, size) = (span.stored_len(), span.size);
    if size > limits.entry_bytes {
        return Err(EntryError::TooLarge { size, limit: limits.entry_bytes });
    }
    let possible = match span.encoding {
        Encoding::Stored => stored == size,
        Encoding::Deflate => size <= stored.saturating_mul(DEFLATE_MAX_RATIO).saturating_add(DEFLATE_SLACK_BYTES),
    };
    if possible { Ok(()) } else { Err(EntryError::Impossible { stored, size }) }
}

/// Local header and central directory agree, sizes and CRC-32 only where no data descriptor follows.
fn check_local(record: &ZipFileHeaderRecord<'_>, header: &ZipLocalFileHeader<'_>) -> Result<(), EntryError> {
    if header.file_path().as_bytes() != record.file_path().as_bytes() {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        return Err(EntryError::Disagree {
            what: "name",
            local: text(header.file_path().as_bytes()),
            central: text(record.file_path().as_bytes()),
        });
    }
    let same = |what, local: u64, central: u64| {
        if local == central {
            Ok(())
        } else {
            Err(EntryError::Disagree { what, local: local.to_string(), central: central.to_string() })
        }
    };
    let method = |method: CompressionMethod| u64::from(method.as_u16());
    same("method", method(header.compression_method()), method(record.compression_method()))?;
    same("encryption", header.flags().is_encrypted().into(), record.flags().is_encrypted().into())?;
    if header.flags().has_data_descriptor() {
        return Ok(());
    }
    same("CRC-32", header.crc32().into(), record.crc32().into())?;
    same("compressed size", header.compressed_size_hint(), record.compressed_size_hint())?;
    same("size", header.uncompressed_size_hint(), record.uncompressed_size_hint())
}
