//! The one tar writer: ustar, PAX records only for the entry that needs them, constant time, numeric owners.
//!
//! Names are relative without a leading `/`; directories end in `/`. Two zero blocks end the archive, no more padding.

use std::io::{self, Write};

use buildpacks::application::{Content, ContentError, EntryKind};

use super::LayerEntry;

/// Modification time of every entry: 1980-01-01T00:00:01Z, the constant of the buildpacks lifecycle, the lower bound
/// of what zip can hold.
pub const LAYER_TIME: u64 = 315_532_801;
/// Largest size that ustar's eleven octal digits hold.
const USTAR_SIZE_MAX: u64 = 0o77_777_777_777;
/// Largest id that ustar's seven octal digits hold.
const USTAR_ID_MAX: u32 = 0o7_777_777;
const BLOCK: usize = 512;

/// Writes a layer's tar.
pub struct TarWriter<W> {
    out: W,
}

impl<W: Write> TarWriter<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// Appends an entry and its content, and returns the content's identity as it was read for that.
    pub fn append(&mut self, entry: &LayerEntry) -> Result<Option<[u8; 32]>, ContentError> {
        self.append_through(entry, |content, out| content.copy_to(out))
    }

    /// Appends an entry; `copy` writes a file's content, and may look at it on its way. Returns what it returns.
    pub fn append_through<T>(
        &mut self,
        entry: &LayerEntry,
        copy: impl FnOnce(&Content, &mut W) -> Result<T, ContentError>,
    ) -> Result<Option<T>, ContentError> {
        let size = entry.size();
        self.header(entry, size).map_err(ContentError::Write)?;
        let EntryKind::File { content, .. } = &entry.kind else { return Ok(None) };
        let copied = copy(content, &mut self.out)?;
        self.pad(size).map_err(ContentError::Write)?;
        Ok(Some(copied))
    }

    /// Ends the archive and gives the inner writer back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        Ok(self.out)
    }

    fn header(&mut self, entry: &LayerEntry, size: u64) -> io::Result<()> {
        let (kind, link) = match &entry.kind {
            EntryKind::File { .. } => (b'0', ""),
            EntryKind::Directory => (b'5', ""),
            EntryKind::Symlink { target } => (b'2', target.as_ref()),
        };
        let mut path = entry.path.to_string();
        if kind == b'5' {
            path.push('/');
        }
        let mut pax = Vec::new();
        let mut header = Header::new(kind, entry.mode);
        if !header.set_path(&path) {
            pax_record(&mut pax, "path", &path);
        }
        if !header.set_link(link) {
            pax_record(&mut pax, "linkpath", link);
        }
        if size > USTAR_SIZE_MAX {
            pax_record(&mut pax, "size", &size.to_string());
        }
        for (key, id, at) in [("uid", entry.owner.uid, 108), ("gid", entry.owner.gid, 116)] {
            if id > USTAR_ID_MAX {
                pax_record(&mut pax, key, &id.to_string());
            }
            header.octal(at, 8, u64::from(if id > USTAR_ID_MAX { 0 } else { id }));
        }
        header.octal(124, 12, if size > USTAR_SIZE_MAX { 0 } else { size });
        if !pax.is_empty() {
            let mut extended = Header::new(b'x', 0o644);
            extended.set_path("PaxHeader");
            extended.octal(108, 8, 0);
            extended.octal(116, 8, 0);
            extended.octal(124, 12, pax.len() as u64);
            self.out.write_all(&extended.sealed())?;
            self.out.write_all(&pax)?;
            self.pad(pax.len() as u64)?;
        }
        self.out.write_all(&header.sealed())
    }

    fn pad(&mut self, size: u64) -> io::Result<()> {
        let missing = size.next_multiple_of(BLOCK as u64) - size;
        self.out.write_all(&[0; BLOCK][..usize::try_from(missing).unwrap_or(0)])
    }
}

/// One `length key=value\n` record; the length counts itself.
fn pax_record(out: &mut Vec<u8>, key: &str, value: &str) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + rest.to_string().len();
    if rest + length.to_string().len() > length {
        length += 1;
    }
    out.extend_from_slice(format!("{length} {key}={value}\n").as_bytes());
}

/// A ustar header (POSIX.1-1988): field offsets as in the standard.
struct Header([u8; BLOCK]);

impl Header {
    fn new(kind: u8, mode: u32) -> Self {
        let mut header = Self([0; BLOCK]);
        header.octal(100, 8, u64::from(mode));
        header.octal(136, 12, LAYER_TIME);
        header.0[156] = kind;
        header.0[257..265].copy_from_slice(b"ustar\x0000");
        header.octal(329, 8, 0);
        header.octal(337, 8, 0);
        header
    }

    fn octal(&mut self, at: usize, width: usize, value: u64) {
        let digits = format!("{value:0width$o}", width = width - 1);
        self.0[at..at + width - 1].copy_from_slice(digits.as_bytes());
    }

    /// Stores the path, in the prefix and name fields when it is long; false when only PAX can hold it, a shortened
    /// ASCII name then stands in its place.
    fn set_path(&mut self, path: &str) -> bool {
        let bytes = path.as_bytes();
        if path.is_ascii() && bytes.len() <= 100 {
            self.0[..bytes.len()].copy_from_slice(bytes);
            return true;
        }
        if path.is_ascii() && bytes.len() <= 256 {
            let from = bytes.len().saturating_sub(101);
            let split =
                bytes[..bytes.len() - 1].iter().enumerate().skip(from).find(|(at, b)| **b == b'/' && *at <= 155);
            if let Some((at, _)) = split
                && at > 0
            {
                self.0[345..345 + at].copy_from_slice(&bytes[..at]);
                let name = &bytes[at + 1..];
                self.0[..name.len()].copy_from_slice(name);
                return true;
            }
        }
        let ascii: Vec<u8> = bytes.iter().copied().filter(u8::is_ascii).take(100).collect();
        self.0[..ascii.len()].copy_from_slice(&ascii);
        false
    }

    fn set_link(&mut self, target: &str) -> bool {
        let fits = target.is_ascii() && target.len() <= 100;
        let ascii: Vec<u8> = target.bytes().filter(u8::is_ascii).take(100).collect();
        self.0[157..157 + ascii.len()].copy_from_slice(&ascii);
        fits
    }

    fn sealed(mut self) -> [u8; BLOCK] {
        self.0[148..156].fill(b' ');
        let sum: u32 = self.0.iter().map(|b| u32::from(*b)).sum();
        self.0[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use buildpacks::application::{Entry, EntryPath};
    use proptest::prelude::*;
    use std::io::Read as _;

    fn written(entries: &[LayerEntry]) -> Vec<u8> {
        let mut writer = TarWriter::new(Vec::new());
        for entry in entries {
            writer.append(entry).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn empty_archive_is_two_blocks() {
        assert_eq!(written(&[]), vec![0; 1024]);
    }

    proptest! {
        /// What is written reads back the same with an independent reader, whatever the name's length and alphabet.
        #[test]
        fn reads_back(
            names in proptest::collection::btree_set("[a-zé]{1,120}(/[a-z0-9]{1,90}){0,4}", 1..8),
            link in "[a-z/]{1,180}",
            uid in 0u32..5_000_000,
        ) {
            let entries: Vec<_> = names.iter().enumerate().map(|(at, name)| {
                let path = EntryPath::new(name).unwrap();
                let kind = match at % 3 {
                    0 => EntryKind::File { executable: false, content: Content::from_bytes(name.as_bytes()) },
                    1 => EntryKind::Directory,
                    _ => EntryKind::Symlink { target: link.as_str().into() },
                };
                let mut entry = LayerEntry::normalised(Entry { path, kind });
                entry.owner.uid = uid;
                entry
            }).collect();
            let bytes = written(&entries);
            let mut archive = tar::Archive::new(bytes.as_slice());
            for (read, entry) in archive.entries().unwrap().zip(&entries) {
                let mut read = read.unwrap();
                prop_assert_eq!(String::from_utf8(read.path_bytes().into_owned()).unwrap().trim_end_matches('/').to_owned(), entry.path.to_string());
                let uid = read.pax_extensions().unwrap().into_iter().flatten().filter_map(Result::ok)
                    .find(|x| x.key() == Ok("uid")).map(|x| x.value().unwrap().parse::<u64>().unwrap());
                prop_assert_eq!(uid.unwrap_or(read.header().uid().unwrap()), u64::from(entry.owner.uid));
                prop_assert_eq!(read.header().mtime().unwrap(), LAYER_TIME);
                match &entry.kind {
                    EntryKind::File { .. } => {
                        let mut content = Vec::new();
                        read.read_to_end(&mut content).unwrap();
                        prop_assert_eq!(content, entry.path.to_string().into_bytes());
                    }
                    EntryKind::Directory => prop_assert!(read.header().entry_type().is_dir()),
                    EntryKind::Symlink { target } => {
                        let found = read.link_name_bytes().unwrap().into_owned();
                        prop_assert_eq!(found, target.as_bytes());
                    }
                }
            }
        }
    }
}
