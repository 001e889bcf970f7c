//! What could not be read, while questions were answered that know yes and no alone.
//!
//! A rule asks whether there is a file. Where that cannot be found out, it gets a no, and whoever makes something of the
//! rules' answers learns in the end that they are worth nothing.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustix::io::Errno;

use crate::absence::{absent_ok, is_other_kind};
use crate::application::{ArchiveError, ContentError};

/// The first thing that could not be read.
#[derive(Debug, Default)]
pub struct Faults(OnceLock<Unreadable>);

/// Something of an application that is there and cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Could not read `{}`: {reason}", path.display())]
pub struct Unreadable {
    /// Where it lies; of an artifact, in it.
    pub path: PathBuf,
    /// In the system's words.
    pub reason: String,
}

impl Faults {
    /// Nothing, unless something could not be read.
    ///
    /// # Errors
    /// [`Unreadable`]: the answers since the beginning are worth nothing.
    pub fn check(&self) -> Result<(), Unreadable> {
        self.0.get().cloned().map_or(Ok(()), Err)
    }

    /// What is there. Nothing where nothing is, where something of another kind is, or where it cannot be found out, which
    /// is noted.
    pub(super) fn known<T>(&self, path: &Path, result: io::Result<T>) -> Option<T> {
        match absent_ok(result) {
            Ok(found) => found,
            // A link to itself leads nowhere.
            Err(error) if is_other_kind(&error) || Errno::from_io_error(&error) == Some(Errno::LOOP) => None,
            Err(error) => self.note(path, &error),
        }
    }

    /// What an archive holds. Nothing where it is broken, or where it cannot be read, which is noted.
    pub(super) fn sound<T>(&self, path: &Path, result: Result<T, ArchiveError>) -> Option<T> {
        let fault = match result {
            Ok(found) => return Some(found),
            Err(ArchiveError::Content(ContentError::Read { source, .. }) | ArchiveError::Temporary(source)) => source,
            Err(ArchiveError::Content(changed @ ContentError::Changed { .. })) => io::Error::other(changed),
            Err(ArchiveError::Directory(error)) => match error.kind() {
                rawzip::ErrorKind::IO(cause) => io::Error::new(cause.kind(), cause.to_string()),
                _ => return None,
            },
            Err(_) => return None,
        };
        self.note(path, &fault)
    }

    fn note<T>(&self, path: &Path, error: &io::Error) -> Option<T> {
        self.0.get_or_init(|| Unreadable { path: path.to_owned(), reason: error.to_string() });
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_and_other_kinds_are_no_faults_and_the_first_fault_counts() {
        let faults = Faults::default();
        let found = |kind: io::ErrorKind| faults.known::<()>(Path::new("x"), Err(kind.into()));
        for kind in [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory, io::ErrorKind::IsADirectory] {
            assert_eq!(found(kind), None);
        }
        assert_eq!(faults.known(Path::new("x"), Ok(1)), Some(1));
        assert_eq!(faults.sound::<()>(Path::new("x"), Err(ArchiveError::Truncated)), None);
        faults.check().unwrap();
        assert_eq!(found(io::ErrorKind::PermissionDenied), None);
        let read = ContentError::Read { path: "y".into(), source: io::ErrorKind::UnexpectedEof.into() };
        assert_eq!(faults.sound::<()>(Path::new("y"), Err(ArchiveError::Content(read))), None);
        assert_eq!(faults.check().unwrap_err().to_string(), "Could not read `x`: permission denied");
    }
}
