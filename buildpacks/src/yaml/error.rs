//! Errors, worded as platforms know them: `yaml: line 2: did not find expected key`.

use granit_parser::{ErrorKind, ScanError};

/// Why a document is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// The syntax is wrong.
    #[error("yaml: {0}")]
    Syntax(String),
    /// A value is of another type than the reader wants.
    #[error("yaml: unmarshal errors:\n{}", indented(.0))]
    Types(Vec<String>),
}

fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// Whether the scanner or the parser finds the mistake: the two count lines differently.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finder {
    Scanner,
    Parser,
    /// The scanner, at what follows a key without a colon.
    Key,
}

/// The first line with content after `line`, counted from 1; one past the end when there is none.
fn next_line(text: &str, line: usize) -> usize {
    let mut rest = text.lines().enumerate().skip(line);
    let next = rest.find(|(_, text)| !text.trim().is_empty() && !text.trim_start().starts_with('#'));
    next.map_or_else(|| text.lines().count() + 1, |(at, _)| at + 1)
}

impl YamlError {
    /// The error for a tab that indents.
    pub(super) fn tab(line: usize) -> Self {
        let place = if line > 1 { format!("line {line}: ") } else { String::new() };
        Self::Syntax(format!("{place}found character that cannot start any token"))
    }

    /// The error for a mistake of syntax in `text`.
    pub(super) fn syntax(error: &ScanError, text: &str) -> Self {
        let (finder, message) = match error.kind() {
            ErrorKind::UnclosedFlowCollection { .. } if text.trim_end().ends_with(['[', '{', ',']) => {
                message(&ErrorKind::ExpectedNodeContent)
            }
            kind => message(kind),
        };
        // What is never closed is noticed at the end.
        let unclosed =
            matches!(error.kind(), ErrorKind::UnclosedFlowCollection { .. } | ErrorKind::UnclosedQuotedScalar);
        let at_end = unclosed || error.marker().index() >= text.trim_end().chars().count();
        let line = if finder == Finder::Key {
            next_line(text, error.marker().line())
        } else if at_end {
            text.lines().count() + 1
        } else {
            error.marker().line()
        };
        let line = match finder {
            Finder::Scanner | Finder::Key if line > 1 => line,
            _ => line.saturating_sub(1),
        };
        let place = if line == 0 { String::new() } else { format!("line {line}: ") };
        Self::Syntax(format!("{place}{message}"))
    }
}

fn message(kind: &ErrorKind) -> (Finder, String) {
    use Finder::{Key, Parser, Scanner};
    let (finder, text) = match kind {
        ErrorKind::ExpectedNodeContent
        | ErrorKind::BlockEntryInFlowCollection
        | ErrorKind::MisplacedFlowCollectionEnd
        | ErrorKind::UnexpectedEof
        | ErrorKind::UnexpectedEofImplicitFlowMapping => (Parser, "did not find expected node content"),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::UnexpectedEofBlockMapping => {
            (Parser, "did not find expected key")
        }
        ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnclosedFlowCollection { open: '{' }
        | ErrorKind::MismatchedFlowCollectionEnd { open: '{', .. } => (Parser, "did not find expected ',' or '}'"),
        ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::MismatchedFlowCollectionEnd { .. } => (Parser, "did not find expected ',' or ']'"),
        ErrorKind::ExpectedBlockSequenceEntry | ErrorKind::UnexpectedEofBlockSequence => {
            (Parser, "did not find expected '-' indicator")
        }
        ErrorKind::ExpectedDocumentStart => (Parser, "did not find expected <document start>"),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            (Scanner, "mapping values are not allowed in this context")
        }
        ErrorKind::MappingKeyNotAllowed => (Scanner, "mapping keys are not allowed in this context"),
        ErrorKind::BlockSequenceEntryNotAllowed => (Scanner, "block sequence entries are not allowed in this context"),
        ErrorKind::UnexpectedCharacter { .. }
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation => (Scanner, "found character that cannot start any token"),
        ErrorKind::TabInPlainScalar => (Scanner, "found a tab character that violates indentation"),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => (Key, "could not find expected ':'"),
        ErrorKind::UnclosedQuotedScalar => (Scanner, "found unexpected end of stream"),
        ErrorKind::DocumentIndicatorInQuotedScalar => (Scanner, "found unexpected document indicator"),
        ErrorKind::UnknownQuotedScalarEscape => (Scanner, "found unknown escape character"),
        ErrorKind::MissingAnchorOrAliasName => (Scanner, "did not find expected alphabetic or numeric character"),
        other => {
            let text = other.to_string();
            return (Scanner, text.split_once(", ").map_or(text.as_str(), |(_, message)| message).to_owned());
        }
    };
    (finder, text.to_owned())
}
