//! Opening files that this program did not make: whatever lies under the name, nothing hangs and memory stays bounded.
//!
//! A path can hold a FIFO (opening it waits for a writer), a device (reading it may never end, opening it may do
//! something), a socket or a folder; a regular file can be larger than anybody's memory, and `/proc` has files that
//! claim to be empty. Everything here opens regular files alone and reads at most what the caller allows.

use std::fs::Metadata;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use fs_err as fs;
pub use memcalc::files::{DOCUMENT_BYTES, kind};
use rustix::fs::{Mode, OFlags};

/// Largest archive that becomes a dependency or a base, bytes: runtimes have some hundred MB, bases some GB, and a file may
/// claim to have more than any disk.
pub const ARCHIVE_BYTES: u64 = 8 << 30;
/// Largest file of the kernel's or of the system's that is read whole, bytes: below `/proc`, `/sys` and `/etc`. The
/// longest, a process's memory map, has a line of 100 bytes for each of at most 65,530 areas (`vm.max_map_count`).
pub const SYSTEM_BYTES: u64 = 16 << 20;

/// What is wrong with a file that could be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Something else than a regular file or, where one is wanted, than a folder.
    #[error("`{}` is {found}, not {expected}", path.display())]
    Kind {
        /// Which.
        path: PathBuf,
        /// What was wanted.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A file with more bytes than are read.
    #[error("`{}` has more than {limit} bytes, the most that is read here", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The limit, bytes.
        limit: u64,
    },
    /// A text with bytes that are no UTF-8.
    #[error("`{}` is not UTF-8", path.display())]
    NotUtf8 {
        /// Which.
        path: PathBuf,
    },
}

impl From<FileError> for io::Error {
    fn from(error: FileError) -> Self {
        let kind = match &error {
            FileError::Kind { found: "a folder", .. } => io::ErrorKind::IsADirectory,
            FileError::Kind { .. } => io::ErrorKind::InvalidInput,
            FileError::TooLarge { .. } => io::ErrorKind::FileTooLarge,
            FileError::NotUtf8 { .. } => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

const REGULAR: &str = "a regular file";

/// Opens the regular file at `path`, a path that somebody named: links are followed.
///
/// # Errors
/// As [`fs_err::File::open`], and [`FileError::Kind`] for anything but a regular file.
pub fn open(path: &Path) -> io::Result<fs::File> {
    open_regular(path, OFlags::RDONLY)
}

/// As [`open`], of at most `limit` bytes by its size.
pub fn open_within(path: &Path, limit: u64) -> io::Result<fs::File> {
    let file = open(path)?;
    if file.metadata()?.len() > limit {
        return Err(FileError::TooLarge { path: path.to_owned(), limit }.into());
    }
    Ok(file)
}

/// Opens the regular file at `path`, which a walk of folders found: a link in its place is an error.
pub fn open_found(path: &Path) -> io::Result<fs::File> {
    open_regular(path, OFlags::RDONLY | OFlags::NOFOLLOW)
}

/// Opens a file that is only there to be locked, and makes it when it is missing. A link is an error.
pub fn open_lock(path: &Path) -> io::Result<fs::File> {
    open_regular(path, OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW)
}

/// Opens a folder: to lock it, to write its names to the disk.
pub fn open_folder(path: &Path) -> io::Result<fs::File> {
    let file = opened(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
    Ok(file)
}

/// All bytes of the regular file at `path`, links followed.
///
/// # Errors
/// As [`open`], and [`FileError::TooLarge`] when there are more than `limit`, whatever size the file claims.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    rest(open_within(path, limit)?, limit)
}

/// All bytes of the regular file at `path`, which a walk of folders found: a link in its place is an error.
pub fn read_found(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    rest(open_found(path)?, limit)
}

/// As [`read`], of a text.
///
/// # Errors
/// As [`read`], and [`FileError::NotUtf8`].
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read(path, limit)?).map_err(|_| FileError::NotUtf8 { path: path.to_owned() }.into())
}

/// All bytes of a file that is open.
///
/// # Errors
/// [`FileError::TooLarge`] when there are more than `limit`.
pub fn rest(file: fs::File, limit: u64) -> io::Result<Vec<u8>> {
    let path = file.path().to_owned();
    let claimed = file.metadata()?.len().min(limit);
    let mut bytes = Vec::with_capacity(usize::try_from(claimed).unwrap_or(0));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLarge { path, limit }.into());
    }
    Ok(bytes)
}

/// Looks at what is there before it is opened, for opening a device or a FIFO does something already, and again at what
/// was opened, for it may have changed in between.
fn open_regular(path: &Path, flags: OFlags) -> io::Result<fs::File> {
    let check = |metadata: &Metadata| {
        let other = || FileError::Kind { path: path.to_owned(), expected: REGULAR, found: kind(metadata) };
        metadata.is_file().then_some(()).ok_or_else(other)
    };
    let before = if flags.contains(OFlags::NOFOLLOW) { path.symlink_metadata() } else { path.metadata() };
    match before {
        Ok(metadata) => check(&metadata)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound && flags.contains(OFlags::CREATE) => {}
        Err(error) => return Err(unopened(path, error)),
    }
    let file = opened(path, flags)?;
    check(&file.metadata()?)?;
    Ok(file)
}

#[expect(clippy::disallowed_methods, reason = "what other openers are replaced by")]
fn opened(path: &Path, flags: OFlags) -> io::Result<fs::File> {
    let flags = flags | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let mode = Mode::from_raw_mode(0o666);
    let file = rustix::io::retry_on_intr(|| rustix::fs::open(path, flags, mode))
        .map_err(|errno| unopened(path, errno.into()))?;
    Ok(fs::File::from_parts(file.into(), path))
}

fn unopened(path: &Path, reason: io::Error) -> io::Error {
    io::Error::new(reason.kind(), Unopened { path: path.to_owned(), reason })
}

/// The system's error with the path in it, as `fs_err` words it.
#[derive(Debug, thiserror::Error)]
#[error("failed to open file `{}`: {reason}", path.display())]
struct Unopened {
    path: PathBuf,
    /// No source of its own: the text says it already.
    reason: io::Error,
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    /// A folder with one of everything that can lie under a name.
    fn zoo() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "text").unwrap();
        fs::write(at("bytes"), [0xff, 0xfe]).unwrap();
        fs::create_dir(at("folder")).unwrap();
        mknodat(CWD, at("fifo"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        drop(UnixListener::bind(at("socket")).unwrap());
        symlink("file", at("link")).unwrap();
        symlink("/dev/zero", at("device")).unwrap();
        symlink("gone", at("dangling")).unwrap();
        symlink("loop", at("loop")).unwrap();
        fs::File::create(at("sparse")).unwrap().set_len(1 << 40).unwrap();
        folder
    }

    #[test]
    fn only_regular_files_are_opened_and_messages_say_what_else_there_is() {
        let zoo = zoo();
        let said = |name: &str| read(&zoo.path().join(name), 100).map_err(|error| error.to_string());
        assert_eq!(said("file").unwrap(), b"text");
        assert_eq!(said("link").unwrap(), b"text");
        let path = |name: &str| zoo.path().join(name).display().to_string();
        for (name, text) in [
            ("folder", "is a folder, not a regular file"),
            ("fifo", "is a FIFO, not a regular file"),
            ("socket", "is a socket, not a regular file"),
            ("device", "is a device, not a regular file"),
            ("sparse", "has more than 100 bytes, the most that is read here"),
        ] {
            assert_eq!(said(name).unwrap_err(), format!("`{}` {text}", path(name)));
        }
        for name in ["dangling", "loop", "nowhere", "file/below"] {
            assert!(said(name).unwrap_err().contains(&path(name)), "{name}");
        }
    }

    #[test]
    fn found_files_and_locks_follow_no_links() {
        let zoo = zoo();
        assert_eq!(read_found(&zoo.path().join("file"), 10).unwrap(), b"text");
        for name in ["link", "device", "dangling"] {
            let path = zoo.path().join(name);
            for error in [read_found(&path, 10).unwrap_err(), open_lock(&path).unwrap_err()] {
                assert!(error.to_string().ends_with("is a symbolic link, not a regular file"), "{name}: {error}");
            }
        }
        assert!(open_lock(&zoo.path().join("fifo")).is_err());
        open_lock(&zoo.path().join("new")).unwrap().lock().unwrap();
        open_lock(&zoo.path().join("file")).unwrap();
        assert_eq!(read(&zoo.path().join("file"), 10).unwrap(), b"text");
    }

    #[test]
    fn folders_are_opened_as_folders() {
        let zoo = zoo();
        open_folder(&zoo.path().join("folder")).unwrap();
        for name in ["file", "fifo", "device", "dangling"] {
            assert!(open_folder(&zoo.path().join(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn texts_are_utf_8() {
        let zoo = zoo();
        assert_eq!(read_text(&zoo.path().join("file"), 4).unwrap(), "text");
        let error = read_text(&zoo.path().join("bytes"), 4).unwrap_err();
        assert!(error.kind() == io::ErrorKind::InvalidData && error.to_string().ends_with("is not UTF-8"), "{error}");
    }

    #[test]
    fn what_the_size_says_does_not_count() {
        let maps = Path::new("/proc/self/maps");
        assert_eq!(fs::metadata(maps).unwrap().len(), 0);
        assert!(read(maps, SYSTEM_BYTES).unwrap().len() > 100);
        assert_eq!(read(maps, 100).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
