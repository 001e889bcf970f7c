//! What every error tells programs.

use std::error::Error;

use super::Code;

/// An error that a command may end in.
pub(in crate::cli) trait Problem: Error {
    /// What it is, for programs.
    fn code(&self) -> Code;

    /// What to do about it, a line each.
    fn advice(&self) -> Option<String> {
        None
    }
}
