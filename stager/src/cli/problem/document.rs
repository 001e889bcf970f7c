//! An error as a document.

use serde::Serialize;

use super::super::Failure;

/// What went wrong: the document on standard output where a result would have been.
#[derive(Serialize)]
pub(in crate::cli) struct ErrorDocument {
    /// Stable, such as `input.not-found`.
    code: &'static str,
    /// What people are told.
    message: String,
    /// Why, each cause after what it caused.
    causes: Vec<String>,
    /// What to do about it.
    hints: Vec<String>,
    /// The application, image or file that the command was given.
    input: Option<String>,
    /// Whether the same command may succeed later, with nothing changed by the caller.
    retryable: bool,
    /// The exit code of the program.
    exit_code: u8,
}

impl ErrorDocument {
    /// The document of a failure.
    pub(in crate::cli) fn of(failure: &Failure) -> Self {
        Self {
            code: failure.code.text(),
            message: failure.error.to_string(),
            causes: failure.causes(),
            hints: failure.hint.iter().flat_map(|hint| hint.lines()).map(str::to_owned).collect(),
            input: failure.input.clone(),
            retryable: failure.code.retryable(),
            exit_code: failure.code.exit() as u8,
        }
    }
}
