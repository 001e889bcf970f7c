//! Data on standard output, everything else on standard error. A closed pipe is not an error.

use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal as _, Write as _};

use buildpacks::shown::{is_obeyed, line};
use clap::builder::styling::Style;

use super::color::{self, Color};
use super::problem::{Code, Place, Problem};

/// Most lines of a message; with causes, hints, and a line for what is left out of each they are at most 50.
const MESSAGE_LINES: usize = 20;
/// Most causes that are told.
const CAUSES: usize = 5;
/// Most lines of one.
const CAUSE_LINES: usize = 2;
/// Most hints.
const HINTS: usize = 12;

/// Standard output does not take the result.
#[derive(Debug, thiserror::Error)]
#[error("Could not write {what} to standard output")]
pub(super) struct PrintError {
    /// What was to be written.
    what: &'static str,
    source: io::Error,
}

impl Problem for PrintError {
    fn code(&self) -> Code {
        Place::Output.code(&self.source)
    }
}

/// Prints a text for people: a terminal obeys nothing in it but our own colours. Names from hostile inputs are in it.
pub(super) fn text(what: &'static str, text: &str) -> Result<(), PrintError> {
    data(what, &readable(text))
}

/// The text with its control characters escaped, but for line ends, tabs and colours.
pub(super) fn readable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let colour = rest.strip_prefix("\x1b[").and_then(|rest| rest.split_once('m')).map(|(codes, _)| codes);
        let taken = match colour.filter(|codes| codes.bytes().all(|byte| byte.is_ascii_digit() || byte == b';')) {
            Some(codes) => codes.len() + 3,
            None => letter.len_utf8(),
        };
        let piece = &rest[..taken];
        if taken > letter.len_utf8() || letter == '\n' || letter == '\t' || !is_obeyed(letter) {
            out.push_str(piece);
        } else {
            out.extend(letter.escape_default());
        }
        rest = &rest[taken..];
    }
    out
}

/// Prints data; `what` is it for messages.
pub(super) fn data(what: &'static str, text: &str) -> Result<(), PrintError> {
    if text.is_empty() {
        return Ok(());
    }
    let written = io::stdout().lock().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|source| PrintError { what, source }),
    }
}

/// Prints a remark.
pub(super) fn note(text: impl Display) {
    // Nothing can be done when standard error is gone.
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// What a buildpack's log colours its errors with.
const LOG_COLOURS: [&str; 2] = ["\x1b[31;1m", "\x1b[0m"];

/// Prints what a buildpack says, lines that end; its own colours where there are any.
pub(super) fn progress(text: &str) {
    let mut stream = io::stderr().lock();
    let is_coloured = Color::on(stream.is_terminal());
    for text in text.split_inclusive('\n') {
        let plain =
            LOG_COLOURS.iter().fold(text.trim_end_matches('\n').to_owned(), |text, colour| text.replace(colour, ""));
        let readable = line(&plain);
        let shown = if is_coloured && readable == plain {
            text.to_owned()
        } else {
            text.replace(text.trim_end_matches('\n'), &readable)
        };
        drop(stream.write_all(shown.as_bytes()));
    }
}

/// Prints an error, what caused it, and what to do, a line each.
pub(super) fn error(error: &Told) {
    let paint = |label: &str, style: Style| {
        if Color::on(io::stderr().is_terminal()) { format!("{style}{label}{style:#}") } else { label.to_owned() }
    };
    let mut text = format!("{} {}", paint("error:", color::ERROR), error.message.replace('\n', "\n    "));
    for cause in &error.causes {
        let _ = write!(text, "\n  caused by: {}", cause.replace('\n', "\n    "));
    }
    for hint in &error.hints {
        let _ = write!(text, "\n  {} {hint}", paint("hint:", color::HINT));
    }
    note(text);
}

/// What is told of an error: bounded in lines and in their length, control characters, which names from hostile archives
/// bring, escaped.
pub(super) struct Told {
    pub(super) message: String,
    /// Each after what it caused.
    pub(super) causes: Vec<String>,
    pub(super) hints: Vec<String>,
}

impl Told {
    pub(super) fn of(message: &str, causes: &[String], hints: &[&str]) -> Self {
        let most = |all: Vec<String>, most: usize| -> Vec<String> {
            let more = (all.len() > most).then(|| "...".to_owned());
            all.into_iter().take(most).chain(more).collect()
        };
        let lines = |text: &str, at_most: usize| most(text.split('\n').map(line).collect(), at_most).join("\n");
        Self {
            message: lines(message, MESSAGE_LINES),
            causes: most(causes.iter().map(|cause| lines(cause, CAUSE_LINES)).collect(), CAUSES),
            hints: most(hints.iter().map(|hint| line(hint)).collect(), HINTS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn a_terminal_obeys_our_colours_alone() {
        for (text, shown) in [
            ("plain ü\tx\n", "plain ü\tx\n"),
            ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
            ("\x1b[2Jgone", "\\u{1b}[2Jgone"),
            ("\x1b]0;title\x07m", "\\u{1b}]0;title\\u{7}m"),
            ("a\rb\u{202e}", "a\\rb\\u{202e}"),
            ("\x1b[", "\\u{1b}["),
        ] {
            assert_eq!(readable(text), shown);
        }
    }
}
