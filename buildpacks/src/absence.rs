//! The one rule of what is not there: a file that does not exist is an answer, a file that cannot be read is none.
//!
//! Who takes an error for absence does something else than what was asked for, without a word: another Java runtime is
//! chosen, a layer is built again, a setting is lost.

use std::error::Error;
use std::io;

/// What was found, or `None` where nothing is there; every other failure stays one.
///
/// # Errors
/// Those of `result`, except that there is nothing at the path.
pub fn absent_ok<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether what is there is of another kind than was asked for, or not of the form: a folder or a device in place of a file, a
/// text that is none. It was read, and is no failure of the system's.
pub fn is_other_kind(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, InvalidData, InvalidInput, IsADirectory, NotADirectory};
    matches!(error.kind(), IsADirectory | NotADirectory | InvalidInput | InvalidData | FileTooLarge)
}

/// Whether the operating system refused something: bytes that could not be had, which is no answer to what they are.
pub fn is_of_system(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.raw_os_error().is_some()) {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_not_exist_is_absent() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs_err::write(&file, "text").unwrap();
        assert_eq!(absent_ok(fs_err::read(&file)).unwrap().as_deref(), Some(&b"text"[..]));
        assert_eq!(absent_ok(fs_err::read(folder.path().join("none"))).unwrap(), None);
        assert_eq!(absent_ok(fs_err::read(file.join("below"))).unwrap(), None);
        assert_eq!(absent_ok(fs_err::read(folder.path())).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }
}
