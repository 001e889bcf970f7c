//! Where a file of output goes. What lies at its path decides: a file is replaced as a whole, a stream is written into,
//! anything else is refused. Nothing but a regular file is ever replaced.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read as _, Write};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use buildpacks::absence::absent_ok;
use buildpacks::files;
use fs_err as fs;
use rustix::fs::{Mode, OFlags};
use tempfile::NamedTempFile;

use crate::store::{new_temporary, remove_abandoned};

/// The path that stands for standard output.
const STDOUT: &str = "-";
/// Names that the system has for it. It is written to as it is open, for opening it again starts a file from its first
/// byte and fails for a socket.
const STDOUT_FILES: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
/// How long a FIFO may be without a reader before that is an error.
const READER_WITHIN: Duration = Duration::from_secs(5);
/// How long to wait before looking for a reader again.
const READER_AGAIN: Duration = Duration::from_millis(20);
/// So much of a file tells whether it was written here.
const START_BYTES: u64 = 128;
/// Most links that are followed (Linux' `ELOOP`).
const MOST_LINKS: usize = 40;
/// Mode of a new file.
const FILE_MODE: u32 = 0o644;

/// Where the bytes of a file go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A file: there under its name when it is complete, or not at all. Of a link this is what it points to.
    File(PathBuf),
    /// A FIFO or a character device.
    Stream(PathBuf),
    /// Standard output.
    Stdout,
}

/// Why nothing can be written there.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    /// Neither a regular file nor a stream.
    #[error("The output `{}` is {found}: name a file", path.display())]
    Kind {
        /// Which.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// A link to nothing.
    #[error("The output `{}` is a link to nothing: remove it, or name another file", path.display())]
    Dangling {
        /// Which.
        path: PathBuf,
    },
    /// A terminal, which cannot show archives.
    #[error("The output `{}` is a terminal: redirect it into a file or a program", path.display())]
    Terminal {
        /// Which.
        path: PathBuf,
    },
    /// A FIFO that nobody reads from.
    #[error("Nobody reads from the output `{}`, a FIFO, for {} s", path.display(), READER_WITHIN.as_secs())]
    NoReader {
        /// Which.
        path: PathBuf,
    },
    /// A file of something else.
    #[error("The output `{}` is there and holds something else than {expected}: name another file, or remove it", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
        /// What would be replaced.
        expected: &'static str,
    },
    /// The system refused.
    #[error("Could not {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Destination {
    /// What is meant by `path`; nothing is opened.
    ///
    /// # Errors
    /// [`DestinationError`], for everything but a regular file, a stream, a link to one of them, or nothing at all.
    pub fn of(path: &Path) -> Result<Self, DestinationError> {
        if is_stdout(path) {
            if io::stdout().is_terminal() {
                return Err(DestinationError::Terminal { path: path.to_owned() });
            }
            return Ok(Self::Stdout);
        }
        let failed = |source| DestinationError::Io { action: "look at", path: path.to_owned(), source };
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => fs::canonicalize(path).map(Self::File).map_err(failed),
            Ok(metadata) if metadata.file_type().is_fifo() || metadata.file_type().is_char_device() => {
                Ok(Self::Stream(path.to_owned()))
            }
            Ok(metadata) => Err(DestinationError::Kind { path: path.to_owned(), found: files::kind(&metadata) }),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            Err(_) if fs::symlink_metadata(path).is_ok() => Err(DestinationError::Dangling { path: path.to_owned() }),
            Err(_) => Ok(Self::File(path.to_owned())),
        }
    }

    /// Refuses to replace a file that does not begin as one that was written here before; `is_ours` says so of its first
    /// 128 bytes. An empty file is nobody's.
    ///
    /// # Errors
    /// [`DestinationError::Foreign`], and when the file cannot be read.
    pub fn keep_foreign(
        self,
        expected: &'static str,
        is_ours: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Self, DestinationError> {
        if let Self::File(path) = &self {
            let failed = |source| DestinationError::Io { action: "read", path: path.clone(), source };
            let mut start = Vec::new();
            if let Some(file) = absent_ok(files::open_found(path)).map_err(failed)? {
                (&file).take(START_BYTES).read_to_end(&mut start).map_err(failed)?;
            }
            if !start.is_empty() && !is_ours(&start) {
                return Err(DestinationError::Foreign { path: path.clone(), expected });
            }
        }
        Ok(self)
    }

    /// Starts to write. Folders above a file are made.
    ///
    /// # Errors
    /// [`DestinationError`].
    pub fn create(self) -> Result<Writing, DestinationError> {
        let path = self.shown();
        let failed = |source| DestinationError::Io { action: "write", path: path.clone(), source };
        Ok(match self {
            Self::File(path) => {
                let folder = match path.parent() {
                    Some(parent) if !parent.as_os_str().is_empty() => parent,
                    _ => Path::new("."),
                };
                fs::create_dir_all(folder).map_err(failed)?;
                let prefix = temporary_prefix(&path);
                remove_abandoned(folder, &prefix);
                Writing::File(new_temporary(folder, &prefix).map_err(failed)?, path)
            }
            Self::Stream(path) => Writing::Stream(open_stream(&path)?, path),
            Self::Stdout => {
                let own = rustix::io::dup(io::stdout()).map_err(|error| failed(error.into()))?;
                Writing::Stream(own.into(), path)
            }
        })
    }

    /// The path in messages.
    fn shown(&self) -> PathBuf {
        match self {
            Self::File(path) | Self::Stream(path) => path.clone(),
            Self::Stdout => PathBuf::from(STDOUT),
        }
    }
}

/// Whether the path is that of standard output.
pub fn is_stdout(path: &Path) -> bool {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if path.as_os_str() == STDOUT || STDOUT_FILES.iter().any(|name| path == Path::new(name)) {
            return true;
        }
        let Ok(target) = fs::read_link(&path) else { return false };
        path = path.parent().unwrap_or_else(|| Path::new("")).join(target);
    }
    false
}

/// How names of files start that will be at `path`: beside it, hidden.
fn temporary_prefix(path: &Path) -> String {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".stage-");
    prefix.to_string_lossy().into_owned()
}

/// Opens a FIFO or a device. Without a reader a FIFO would be waited for without end.
#[expect(clippy::disallowed_methods, reason = "a FIFO or a device, to be written into")]
fn open_stream(path: &Path) -> Result<std::fs::File, DestinationError> {
    let failed = |source: io::Error| DestinationError::Io { action: "open", path: path.to_owned(), source };
    let flags = OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let begin = Instant::now();
    let file = loop {
        match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(file) => break std::fs::File::from(file),
            Err(rustix::io::Errno::NXIO) if begin.elapsed() < READER_WITHIN => std::thread::sleep(READER_AGAIN),
            Err(rustix::io::Errno::NXIO) => return Err(DestinationError::NoReader { path: path.to_owned() }),
            Err(error) => return Err(failed(error.into())),
        }
    };
    let kind = file.metadata().map_err(failed)?.file_type();
    if !kind.is_fifo() && !kind.is_char_device() {
        return Err(failed(io::Error::other("it changed meanwhile")));
    }
    if file.is_terminal() {
        return Err(DestinationError::Terminal { path: path.to_owned() });
    }
    let own = rustix::fs::fcntl_getfl(&file).map_err(|error| failed(error.into()))?;
    rustix::fs::fcntl_setfl(&file, own - OFlags::NONBLOCK).map_err(|error| failed(error.into()))?;
    Ok(file)
}

/// A file of output that is being written. A file that is dropped before its end leaves nothing.
#[derive(Debug)]
pub enum Writing {
    /// A file beside its final path.
    File(NamedTempFile, PathBuf),
    /// A stream, named by a path in messages.
    Stream(std::fs::File, PathBuf),
}

impl Writing {
    /// The error of a write that failed.
    pub fn failed(&self, source: io::Error) -> DestinationError {
        let (Self::File(_, path) | Self::Stream(_, path)) = self;
        DestinationError::Io { action: "write", path: path.clone(), source }
    }

    /// Ends it: a file gets its mode and its name.
    ///
    /// # Errors
    /// [`DestinationError::Io`].
    pub fn finish(self) -> Result<(), DestinationError> {
        let Self::File(file, path) = self else { return Ok(()) };
        let failed = |source| DestinationError::Io { action: "write", path: path.clone(), source };
        file.as_file().set_permissions(std::fs::Permissions::from_mode(FILE_MODE)).map_err(failed)?;
        file.persist(&path).map(drop).map_err(|error| failed(error.error))
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file, _) => file.write(bytes),
            Self::Stream(file, _) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file, _) => file.flush(),
            Self::Stream(file, _) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    fn write(path: &Path) -> Result<(), DestinationError> {
        let mut writing = Destination::of(path)?.create()?;
        writing.write_all(b"new").unwrap();
        writing.finish()
    }

    #[test]
    fn files_are_replaced_and_links_stay() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("real")).unwrap();
        fs::write(at("real/file"), "old").unwrap();
        symlink("real/file", at("link")).unwrap();
        for path in ["link", "sub/folder/new"] {
            write(&at(path)).unwrap();
            assert_eq!(fs::read(at(path)).unwrap(), b"new");
        }
        assert_eq!(fs::read_link(at("link")).unwrap(), Path::new("real/file"));
        assert_eq!(fs::read(at("real/file")).unwrap(), b"new");
        assert_eq!(fs::read_dir(at("real")).unwrap().count(), 1);
    }

    #[test]
    fn streams_are_written_into_and_stay() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        mknodat(CWD, &fifo, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let reading = fifo.clone();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            std::fs::File::open(reading).unwrap().read_to_string(&mut text).unwrap();
            text
        });
        write(&fifo).unwrap();
        assert_eq!(reader.join().unwrap(), "new");
        write(Path::new("/dev/null")).unwrap();
        for path in [fifo.as_path(), Path::new("/dev/null")] {
            assert!(!fs::symlink_metadata(path).unwrap().is_file());
        }
    }

    #[test]
    fn everything_else_is_refused_by_its_kind() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        drop(UnixListener::bind(at("socket")).unwrap());
        symlink("gone", at("dangling")).unwrap();
        symlink(".", at("folder")).unwrap();
        for (name, said) in [("socket", "is a socket"), ("dangling", "link to nothing"), ("folder", "is a folder")] {
            let error = write(&at(name)).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(said), "{error}");
        }
        assert!(fs::symlink_metadata(at("dangling")).unwrap().is_symlink());
    }

    #[test]
    fn standard_output_has_several_names() {
        for name in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            assert!(is_stdout(Path::new(name)), "{name}");
        }
        assert!(!is_stdout(Path::new("./-")));
    }
}
