//! Opening files that this program did not make: nothing hangs, and memory stays bounded.
//!
//! Opening a FIFO waits for a writer, opening a device may do something, reading it may never end, and a regular file can
//! be larger than anybody's memory. Errors have no path in them: the originals' words put it before the cause.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Largest document that is read whole, bytes: descriptions, settings, records, manifests, certificates. Real ones have
/// kilobytes; a catalogue or a folder's index has hundreds.
pub const DOCUMENT_BYTES: u64 = 16 << 20;
/// Does not wait for the other end of a FIFO that takes the file's place after it was looked at. The same on every
/// architecture but the older ones (`asm-generic/fcntl.h`).
const O_NONBLOCK: i32 = 0o4000;

/// What a file is, for messages.
pub fn kind(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    match () {
        () if kind.is_file() => "a regular file",
        () if kind.is_dir() => "a folder",
        () if kind.is_symlink() => "a symbolic link",
        () if kind.is_fifo() => "a FIFO",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}

/// Opens a regular file to read it; links are followed. A folder is opened as well: reading it fails, with the words that the
/// originals have for that.
///
/// # Errors
/// As [`File::open`], and for anything else than a file or folder.
#[expect(clippy::disallowed_methods, reason = "what other openers are replaced by")]
pub fn open(path: &Path) -> io::Result<File> {
    refuse(&path.metadata()?)?;
    let file = File::options().read(true).custom_flags(O_NONBLOCK).open(path)?;
    refuse(&file.metadata()?)?;
    Ok(file)
}

/// All bytes of the regular file at `path`.
///
/// # Errors
/// As [`open`], and when there are more bytes than `limit`, whatever size the file claims.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {limit} bytes"));
    let file = open(path)?;
    // Of a folder reading says what it is.
    if file.metadata().map(|metadata| metadata.is_file() && metadata.len() > limit)? {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

fn refuse(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() || metadata.is_dir() {
        return Ok(());
    }
    let text = format!("it is {}, not a regular file", kind(metadata));
    Err(io::Error::new(io::ErrorKind::InvalidInput, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    #[test]
    fn what_may_hang_or_never_end_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "text").unwrap();
        fs::create_dir(at("folder")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(at("FIFO")).status().unwrap().success());
        drop(UnixListener::bind(at("socket")).unwrap());
        symlink("/dev/zero", at("device")).unwrap();
        symlink("gone", at("dangling")).unwrap();
        symlink("loop", at("loop")).unwrap();
        symlink("file", at("link")).unwrap();
        File::create(at("endless")).unwrap().set_len(1 << 42).unwrap();
        let said = |name: &str| read(&at(name), 4).map_err(|error| error.to_string());
        for name in ["file", "link"] {
            assert_eq!(said(name).unwrap(), b"text");
        }
        for (name, text) in [
            ("FIFO", "it is a FIFO, not a regular file"),
            ("socket", "it is a socket, not a regular file"),
            ("device", "it is a device, not a regular file"),
            ("endless", "it has more than 4 bytes"),
            ("folder", "Is a directory (os error 21)"),
            ("dangling", "No such file or directory (os error 2)"),
            ("loop", "Too many levels of symbolic links (os error 40)"),
        ] {
            assert_eq!(said(name).unwrap_err(), text, "{name}");
        }
    }

    #[test]
    fn what_the_size_says_does_not_count() {
        let maps = Path::new("/proc/self/maps");
        assert!(read(maps, DOCUMENT_BYTES).unwrap().len() > 10);
        assert_eq!(read(maps, 10).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
