//! Errors of the operating system: what they mean depends on where they happened.

use std::io::{Error, ErrorKind};

use super::{Code, Problem};

/// Where reading or writing failed.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) enum Place {
    /// What the user named to be read.
    Input,
    /// The cache folder.
    Cache,
    /// Where results go.
    Output,
    /// The folder of temporary files.
    Temporary,
}

impl Place {
    /// The code of an error that happened here.
    pub(in crate::cli) fn code(self, error: &Error) -> Code {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => return Code::DiskFull,
            ErrorKind::FileTooLarge => return Code::DiskLimit,
            ErrorKind::OutOfMemory | ErrorKind::WouldBlock => return Code::Exhausted,
            _ if is_exhausted(error) => return Code::Exhausted,
            _ => {}
        }
        match (self, error.kind()) {
            (Self::Input, ErrorKind::NotFound | ErrorKind::NotADirectory) => Code::InputMissing,
            (Self::Input, ErrorKind::PermissionDenied) => Code::InputPermission,
            (Self::Input, _) => Code::InputRead,
            (Self::Cache, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => Code::CachePermission,
            (Self::Cache, _) => Code::CacheIo,
            (Self::Output, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => Code::OutputPermission,
            (
                Self::Output,
                ErrorKind::NotADirectory
                | ErrorKind::IsADirectory
                | ErrorKind::AlreadyExists
                | ErrorKind::DirectoryNotEmpty,
            ) => Code::OutputForeign,
            (Self::Output, _) => Code::OutputIo,
            (Self::Temporary, _) => Code::TemporaryIo,
        }
    }
}

/// Whether open files, processes or memory have run out. Wrapped errors keep the number in their source.
fn is_exhausted(error: &Error) -> bool {
    use rustix::io::Errno;
    let numbers = [Errno::MFILE, Errno::NFILE, Errno::AGAIN, Errno::NOMEM].map(Errno::raw_os_error);
    let own = error.raw_os_error();
    let inner = || {
        let source = error.get_ref().and_then(std::error::Error::source);
        source.and_then(|source| source.downcast_ref::<Error>()).and_then(Error::raw_os_error)
    };
    own.or_else(inner).is_some_and(|number| numbers.contains(&number))
}

/// Bare errors come of files that the user named.
impl Problem for Error {
    fn code(&self) -> Code {
        Place::Input.code(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_decides_unless_the_machine_is_at_its_end() {
        let of = |number: i32| Error::from_raw_os_error(number);
        let places = [Place::Input, Place::Cache, Place::Output, Place::Temporary];
        for (number, codes) in [
            (2, [Code::InputMissing, Code::CacheIo, Code::OutputIo, Code::TemporaryIo]),
            (13, [Code::InputPermission, Code::CachePermission, Code::OutputPermission, Code::TemporaryIo]),
            (5, [Code::InputRead, Code::CacheIo, Code::OutputIo, Code::TemporaryIo]),
            (28, [Code::DiskFull; 4]),
            (122, [Code::DiskFull; 4]),
            (27, [Code::DiskLimit; 4]),
            (24, [Code::Exhausted; 4]),
            (12, [Code::Exhausted; 4]),
        ] {
            assert_eq!(places.map(|place| place.code(&of(number))), codes, "{number}");
        }
    }
}
