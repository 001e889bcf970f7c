//! What to do about a limit of the system that an error ran into.

use std::error::Error;
use std::io;

use rustix::io::Errno;

/// What to do about the first error of the system in the chain; `None` when it says enough.
pub fn of(error: &(dyn Error + 'static)) -> Option<String> {
    let mut chain = std::iter::successors(Some(error), |&error| error.source());
    chain.find_map(|error| of_io(error.downcast_ref::<io::Error>()?)).map(str::to_owned)
}

fn of_io(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            return Some("Make room on that disk, or name another folder: `--cache-dir`, `-o`, `TMPDIR`");
        }
        io::ErrorKind::FileTooLarge => {
            return Some("Raise the limit of the size of files (`ulimit -f`), or use a disk that takes larger ones");
        }
        io::ErrorKind::OutOfMemory => return Some("Allow more memory (`ulimit -v`), or use fewer `--threads`"),
        _ => {}
    }
    // An error that has words of its own carries the system's below it.
    let code = error.raw_os_error().or_else(|| {
        let inner = error.get_ref()?;
        std::iter::successors(inner.source(), |&error| error.source())
            .find_map(|error| error.downcast_ref::<io::Error>()?.raw_os_error())
    });
    match Errno::from_raw_os_error(code?) {
        Errno::MFILE => Some("Allow more open files (`ulimit -n`)"),
        Errno::NFILE => Some("The whole system has too many files open"),
        Errno::AGAIN => Some("Allow more processes: `ulimit -u`, or the container's `--pids-limit`"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_the_system_have_hints_however_deep_they_lie() {
        for (errno, hint) in [
            (Errno::NOSPC, Some("Make room")),
            (Errno::DQUOT, Some("Make room")),
            (Errno::FBIG, Some("ulimit -f")),
            (Errno::NOMEM, Some("ulimit -v")),
            (Errno::MFILE, Some("ulimit -n")),
            (Errno::AGAIN, Some("ulimit -u")),
            (Errno::NOENT, None),
        ] {
            let plain = io::Error::from(errno);
            let failed = || io::Error::from_raw_os_error(errno.raw_os_error());
            let deep = crate::store::StoreError::Io { action: "write", path: "file".into(), source: failed() };
            for error in [&plain as &(dyn Error + 'static), &deep] {
                let found = of(error);
                assert_eq!(found.is_some(), hint.is_some(), "{errno}");
                assert!(hint.is_none_or(|hint| found.unwrap().contains(hint)), "{errno}");
            }
        }
        let missing = fs_err::File::open("/nowhere/at/all").unwrap_err();
        assert_eq!(of(&missing), None);
    }
}
