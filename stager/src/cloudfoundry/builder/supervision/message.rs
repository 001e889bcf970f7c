//! What comes over the socket from the guard's side to the builder, one line.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

/// What became of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cloudfoundry::builder) enum Message {
    /// It ended.
    Ended(ExitStatus),
    /// It could not be started: the system's number of the error.
    NotStarted(i32),
    /// It was not started, since it could not be isolated; says why.
    NotIsolated(String),
}

impl Message {
    /// The line.
    pub(in crate::cloudfoundry::builder) fn line(&self) -> String {
        match self {
            Self::Ended(status) => format!("ended {}\n", status.into_raw()),
            Self::NotStarted(number) => format!("not-started {number}\n"),
            Self::NotIsolated(reason) => format!("not-isolated {}\n", reason.replace('\n', " ")),
        }
    }

    /// The first line that says something.
    pub(super) fn first(text: &str) -> Option<Self> {
        text.lines().find_map(|line| {
            let (kind, rest) = line.split_once(' ')?;
            match kind {
                "ended" => Some(Self::Ended(ExitStatus::from_raw(rest.parse().ok()?))),
                "not-started" => Some(Self::NotStarted(rest.parse().ok()?)),
                "not-isolated" => Some(Self::NotIsolated(rest.to_owned())),
                _ => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_counts() {
        for message in [
            Message::Ended(ExitStatus::from_raw(7 << 8)),
            Message::NotStarted(2),
            Message::NotIsolated("unshare: no".to_owned()),
        ] {
            let text = message.line() + &Message::Ended(ExitStatus::from_raw(0)).line();
            assert_eq!(Message::first(&text), Some(message));
        }
        assert_eq!(Message::first(""), None);
    }
}
