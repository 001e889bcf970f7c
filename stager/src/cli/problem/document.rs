//! An error as a document.

use buildpacks::shown::line;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::Failure;
use super::super::printer::Told;

/// What went wrong: the document on standard output where a result would have been.
#[derive(Serialize, JsonSchema)]
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
        let Told { message, causes, hints } = failure.told();
        Self {
            code: failure.code.text(),
            message,
            causes,
            hints,
            input: failure.input.as_deref().map(line),
            retryable: failure.code.retryable(),
            exit_code: failure.code.exit() as u8,
        }
    }
}
