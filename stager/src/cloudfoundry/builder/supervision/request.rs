//! What the builder asks of the guard, as arguments.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What is asked of the guard.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    /// How long processes have to end after they were asked to.
    pub(super) grace: Duration,
    /// After this long the guard ends the script without being asked to.
    pub(super) limit: Option<Duration>,
    /// Whether the guard is the first process of a namespace.
    pub(super) enclosed: bool,
    /// Whether `command` is that of the isolating helper and not a script itself.
    pub(super) isolated: bool,
    /// What is removed when the builder is gone.
    pub(super) leftovers: Vec<PathBuf>,
    /// Program and arguments.
    pub(super) command: Vec<OsString>,
}

/// Stands for no limit.
const NONE: &str = "none";

impl Request {
    /// As arguments.
    pub(super) fn arguments(self) -> Vec<OsString> {
        let limit = self.limit.map_or_else(|| NONE.to_owned(), |limit| limit.as_millis().to_string());
        let mut arguments = vec![OsString::from(self.grace.as_millis().to_string()), limit.into()];
        arguments.push(if self.enclosed { "enclosed" } else { "open" }.into());
        arguments.push(if self.isolated { "isolated" } else { "plain" }.into());
        arguments.push(self.leftovers.len().to_string().into());
        arguments.extend(self.leftovers.into_iter().map(PathBuf::into_os_string));
        arguments.extend(self.command);
        arguments
    }

    /// Reads what [`Request::arguments`] gives.
    pub(super) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let span = |text: &OsString| Some(Duration::from_millis(text.to_str()?.parse().ok()?));
        let grace = span(&arguments.next()?)?;
        let limit = arguments.next()?;
        let limit = if limit == NONE { None } else { Some(span(&limit)?) };
        let (enclosed, isolated) = (arguments.next()? == "enclosed", arguments.next()? == "isolated");
        let count: usize = arguments.next()?.to_str()?.parse().ok()?;
        let leftovers: Vec<_> = arguments.by_ref().take(count).map(PathBuf::from).collect();
        let command: Vec<_> = arguments.collect();
        let whole = leftovers.len() == count && !command.is_empty();
        whole.then_some(Self { grace, limit, enclosed, isolated, leftovers, command })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_survive_being_arguments() {
        for limit in [None, Some(Duration::from_millis(1500))] {
            let request = || Request {
                grace: Duration::from_secs(5),
                limit,
                enclosed: limit.is_none(),
                isolated: true,
                leftovers: vec!["/tmp/a".into()],
                command: vec!["x".into(), "1".into()],
            };
            assert_eq!(Request::parse(request().arguments().into_iter()), Some(request()));
        }
        assert_eq!(Request::parse(std::iter::empty()), None);
    }
}
