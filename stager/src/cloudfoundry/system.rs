//! The operating system's error texts in the form that platforms know from the lifecycle.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use rustix::io::Errno;

/// The error's text as `strerror` gives it, lower-case and without a number: `no such file or directory`.
pub(super) fn reason(error: &io::Error) -> String {
    let text = strerror(error);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The error's text as `strerror` gives it, without a number and without the path that `fs_err` puts before it.
pub(super) fn strerror(error: &io::Error) -> String {
    // A folder in the place of a file is told before it is read.
    let folder = error.kind() == io::ErrorKind::IsADirectory;
    let text = if folder { io::Error::from(Errno::ISDIR).to_string() } else { error.to_string() };
    let text = text.rsplit_once("`: ").map_or(text.as_str(), |(_, reason)| reason);
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// `exit status 1` or `signal: killed`.
pub(super) fn status(status: ExitStatus) -> String {
    if let Some(code) = status.code() {
        return format!("exit status {code}");
    }
    let signal = status.signal().unwrap_or_default();
    let core = if status.core_dumped() { " (core dumped)" } else { "" };
    format!("signal: {}{core}", signal_name(signal))
}

fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        10 => "user defined signal 1",
        11 => "segmentation fault",
        12 => "user defined signal 2",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_lower_case_and_bare() {
        assert_eq!(reason(&io::Error::from_raw_os_error(2)), "no such file or directory");
        assert_eq!(reason(&io::Error::from_raw_os_error(13)), "permission denied");
        assert_eq!(reason(&fs_err::read("/nonexistent").unwrap_err()), "no such file or directory");
        let folder = buildpacks::files::read(std::path::Path::new("/"), 1).unwrap_err();
        assert_eq!(reason(&folder), "is a directory");
        assert_eq!(status(ExitStatus::from_raw(7 << 8)), "exit status 7");
        assert_eq!(status(ExitStatus::from_raw(9)), "signal: killed");
    }
}
