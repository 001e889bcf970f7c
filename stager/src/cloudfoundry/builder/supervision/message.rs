//! What comes over the socket from the guard's side to the builder, one line.

use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use fs_err as fs;

/// What became of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cloudfoundry::builder) enum Message {
    /// It ended.
    Ended(ExitStatus),
    /// It was ended at its time limit without having been asked: the builder was stopped.
    Overdue,
    /// It ended, but of what it started the named processes could not be ended.
    Left(String),
    /// It could not be started: the system's number of the error.
    NotStarted(i32),
    /// It was not started, since it could not be isolated; says why.
    NotIsolated(String),
    /// It was not started, since it could not be given processes of its own; says why.
    NotEnclosed(String),
}

impl Message {
    /// The line.
    pub(in crate::cloudfoundry::builder) fn line(&self) -> String {
        let (kind, rest) = match self {
            Self::Ended(status) => ("ended", status.into_raw().to_string()),
            Self::Overdue => ("overdue", String::new()),
            Self::Left(names) => ("left", names.clone()),
            Self::NotStarted(number) => ("not-started", number.to_string()),
            Self::NotIsolated(reason) => ("not-isolated", reason.clone()),
            Self::NotEnclosed(reason) => ("not-enclosed", reason.clone()),
        };
        format!("{kind} {}\n", rest.replace('\n', " "))
    }

    /// The first line that says something.
    pub(super) fn first(text: &str) -> Option<Self> {
        text.lines().find_map(|line| {
            let (kind, rest) = line.split_once(' ')?;
            match kind {
                "ended" => Some(Self::Ended(ExitStatus::from_raw(rest.parse().ok()?))),
                "overdue" => Some(Self::Overdue),
                "left" => Some(Self::Left(rest.to_owned())),
                "not-started" => Some(Self::NotStarted(rest.parse().ok()?)),
                "not-isolated" => Some(Self::NotIsolated(rest.to_owned())),
                "not-enclosed" => Some(Self::NotEnclosed(rest.to_owned())),
                _ => None,
            }
        })
    }
}

/// The socket to the builder, which a helper gets as standard input. It keeps it for itself and puts nothing in its place:
/// nobody reads from the socket by accident.
#[expect(clippy::disallowed_methods, reason = "a device that every system has")]
pub(in crate::cloudfoundry::builder) fn channel() -> io::Result<UnixStream> {
    let builder = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(fs::File::open("/dev/null")?.file())?;
    Ok(builder.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_counts() {
        for message in [
            Message::Ended(ExitStatus::from_raw(7 << 8)),
            Message::Overdue,
            Message::Left("12 (a b), 13 (c)".to_owned()),
            Message::NotStarted(2),
            Message::NotIsolated("unshare: no".to_owned()),
            Message::NotEnclosed("mount: no".to_owned()),
        ] {
            let text = message.line() + &Message::Ended(ExitStatus::from_raw(0)).line();
            assert_eq!(Message::first(&text), Some(message));
        }
        assert_eq!(Message::first(""), None);
    }
}
