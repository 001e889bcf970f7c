//! The tar: headers as GNU tar writes them, which every platform's tools read; names are bytes.

use std::ffi::OsStr;
use std::io::{self, Read as _, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use buildpacks::application::ContentError;
use buildpacks::files;

use super::member::{DropletError, Kind, Member};
use crate::layer::LAYER_TIME;

const BLOCK: usize = 512;
/// Longest name in a header; longer ones have a member of their own before it.
const NAME_BYTES: usize = 100;
/// Largest size that eleven octal digits hold; larger ones are stored in base 256.
const OCTAL_SIZE_MAX: u64 = 0o77_777_777_777;
/// The user applications run as, in the platform's root file systems.
const OWNER: (&str, u64) = ("vcap", 2000);

/// Writes an archive.
pub(super) struct Archive<W> {
    out: W,
    path: PathBuf,
}

impl<W: Write> Archive<W> {
    /// Writes to `out`; `path` is what errors name.
    pub(super) fn new(out: W, path: PathBuf) -> Self {
        Self { out, path }
    }

    /// Appends a member and its content, and returns the identity that a content at hand had when it was read for that.
    pub(super) fn append(&mut self, member: &Member) -> Result<Option<[u8; 32]>, DropletError> {
        let (kind, link): (u8, &[u8]) = match &member.kind {
            Kind::Disk(..) | Kind::Content(_) => (b'0', b""),
            Kind::Hardlink(first) => (b'1', first),
            Kind::Symlink(target) => (b'2', OsStr::as_bytes(target)),
            Kind::Folder => (b'5', b""),
            Kind::Fifo => (b'6', b""),
        };
        let mut name = member.name.clone();
        if kind == b'5' {
            name.push(b'/');
        }
        for (long, text) in [(b'K', link), (b'L', name.as_slice())] {
            if text.len() > NAME_BYTES {
                self.long(long, text)?;
            }
        }
        let size = member.size();
        self.write(&header(kind, &name, link, member.mode, size))?;
        let identity = match &member.kind {
            Kind::Content(content) => Some(content.copy_to(&mut self.out).map_err(|source| match source {
                ContentError::Write(source) => DropletError::Write { path: self.path.clone(), source },
                source => DropletError::Content { name: String::from_utf8_lossy(&member.name).into_owned(), source },
            })?),
            Kind::Disk(path, found) => {
                self.copy(path, found.size)?;
                None
            }
            _ => return Ok(None),
        };
        self.pad(size)?;
        Ok(identity)
    }

    /// The writer below, between two members.
    pub(super) fn inner(&mut self) -> &mut W {
        &mut self.out
    }

    /// Ends the archive and gives the inner writer back.
    pub(super) fn finish(mut self) -> Result<W, DropletError> {
        self.write(&[0; 2 * BLOCK])?;
        Ok(self.out)
    }

    fn long(&mut self, kind: u8, text: &[u8]) -> Result<(), DropletError> {
        let size = text.len() as u64 + 1;
        self.write(&header(kind, b"././@LongLink", b"", 0o644, size))?;
        self.write(text)?;
        self.write(&[0])?;
        self.pad(size)
    }

    fn copy(&mut self, path: &std::path::Path, size: u64) -> Result<(), DropletError> {
        let unreadable = |source| DropletError::Open { path: path.to_owned(), source };
        let mut file = files::open_found(path).map_err(unreadable)?;
        let mut buffer = vec![0; 256 * 1024];
        let mut left = size;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let read = file.read(&mut buffer[..wanted]).map_err(unreadable)?;
            if read == 0 {
                return Err(DropletError::Changed { path: path.to_owned() });
            }
            self.write(&buffer[..read])?;
            left -= read as u64;
        }
        Ok(())
    }

    fn pad(&mut self, size: u64) -> Result<(), DropletError> {
        let missing = size.next_multiple_of(BLOCK as u64) - size;
        self.write(&[0; BLOCK][..usize::try_from(missing).unwrap_or(0)])
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DropletError> {
        self.out.write_all(bytes).map_err(|source: io::Error| DropletError::Write { path: self.path.clone(), source })
    }
}

/// A header; field offsets as in the GNU tar manual.
fn header(kind: u8, name: &[u8], link: &[u8], mode: u32, size: u64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let name = &name[..name.len().min(NAME_BYTES)];
    header[..name.len()].copy_from_slice(name);
    octal(&mut header[100..108], u64::from(mode));
    octal(&mut header[108..116], OWNER.1);
    octal(&mut header[116..124], OWNER.1);
    if size > OCTAL_SIZE_MAX {
        header[124] = 0x80;
        header[128..136].copy_from_slice(&size.to_be_bytes());
    } else {
        octal(&mut header[124..136], size);
    }
    octal(&mut header[136..148], LAYER_TIME);
    header[156] = kind;
    let link = &link[..link.len().min(NAME_BYTES)];
    header[157..157 + link.len()].copy_from_slice(link);
    header[257..265].copy_from_slice(b"ustar  \0");
    for at in [265, 297] {
        header[at..at + OWNER.0.len()].copy_from_slice(OWNER.0.as_bytes());
    }
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

fn octal(field: &mut [u8], value: u64) {
    let width = field.len() - 1;
    field[..width].copy_from_slice(format!("{value:0width$o}").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_independent_reader_reads_it_back() {
        let long = format!("./app/{}/{}", "d".repeat(90), "f".repeat(120));
        let members = [
            Member::folder(".", 0o700),
            Member {
                name: long.clone().into_bytes(),
                kind: Kind::Content(buildpacks::application::Content::from_bytes(b"x".repeat(1000))),
                mode: 0o4755,
            },
            Member { name: b"./l".to_vec(), kind: Kind::Symlink("t".repeat(150).into()), mode: 0o777 },
            Member { name: b"./\xff".to_vec(), kind: Kind::Hardlink(long.clone().into_bytes()), mode: 0o644 },
        ];
        let mut archive = Archive::new(Vec::new(), PathBuf::new());
        for member in &members {
            archive.append(member).unwrap();
        }
        let bytes = archive.finish().unwrap();
        let mut reader = tar::Archive::new(bytes.as_slice());
        let read: Vec<_> = reader
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let link = entry.link_name_bytes().map(|name| name.len());
                let header = entry.header();
                assert_eq!(header.username_bytes(), Some(b"vcap".as_slice()));
                (entry.path_bytes().len(), link, header.mode().unwrap(), entry.size())
            })
            .collect();
        let long = long.len();
        assert_eq!(
            read,
            [(2, None, 0o700, 0), (long, None, 0o4755, 1000), (3, Some(150), 0o777, 0), (3, Some(long), 0o644, 0)]
        );
    }
}
