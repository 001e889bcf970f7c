//! Data on standard output, everything else on standard error. A closed pipe is not an error.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

use buildpacks::shown::line;

use super::problem::{Code, Place, Problem};

/// Most lines of one message.
const MOST_LINES: usize = 50;

/// Standard output does not take the result.
#[derive(Debug, thiserror::Error)]
#[error("Could not write the result to standard output")]
pub(super) struct PrintError(#[source] io::Error);

impl Problem for PrintError {
    fn code(&self) -> Code {
        Place::Output.code(&self.0)
    }
}

/// Prints data.
pub(super) fn data(text: &str) -> Result<(), PrintError> {
    if text.is_empty() {
        return Ok(());
    }
    let written = io::stdout().lock().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(PrintError),
    }
}

/// Prints a remark.
pub(super) fn note(text: impl Display) {
    // Nothing can be done when standard error is gone.
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// Prints what a buildpack says; colours for a terminal only.
pub(super) fn progress(text: &str) {
    let mut stream = io::stderr().lock();
    let plain = || text.replace("\x1b[31;1m", "").replace("\x1b[0m", "");
    let text = if stream.is_terminal() { text.to_owned() } else { plain() };
    drop(stream.write_all(text.as_bytes()));
}

/// Prints an error, what caused it, and what to do, a line each.
pub(super) fn error(message: &str, causes: &[String], hint: Option<&str>) {
    let mut text = format!("error: {}", printable(message));
    for cause in causes {
        text.push_str("\n  caused by: ");
        text.push_str(&printable(cause));
    }
    for line in hint.unwrap_or_default().lines() {
        text.push_str("\n  hint: ");
        text.push_str(&printable(line));
    }
    note(text);
}

/// A message with control characters escaped, which names from hostile archives bring, no line without end, and further
/// lines indented.
fn printable(message: &str) -> String {
    let mut lines = message.split('\n').map(line);
    let shown: Vec<String> = lines.by_ref().take(MOST_LINES).collect();
    let more = lines.next().map(|_| "\n    ...").unwrap_or_default();
    shown.join("\n    ") + more
}
