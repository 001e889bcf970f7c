//! Why a command failed, ready to be printed.

use super::printer::{self, Told};
use super::problem::{Code, Problem};

/// Why a command failed.
pub(super) struct Failure {
    pub(super) error: Box<dyn std::error::Error>,
    /// What to do, a line each.
    pub(super) hint: Option<String>,
    pub(super) code: Code,
    /// The application, image or file that the command was given.
    pub(super) input: Option<String>,
    /// Whether people have been told.
    pub(super) is_printed: bool,
}

impl<E: Problem + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        // Limits of the system say little by themselves.
        let (hint, code) = (error.advice().or_else(|| crate::hint::of(&error)), error.code());
        Self { error: Box::new(error), hint, code, input: None, is_printed: false }
    }
}

impl Failure {
    /// What caused it, each cause after what it caused. A cause whose words the line before ends with says nothing new.
    pub(super) fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        let mut last = self.error.to_string();
        let mut source = self.error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !last.ends_with(&text) {
                causes.push(text.clone());
                last = text;
            }
            source = cause.source();
        }
        causes
    }

    /// What is told of it, to people and programs.
    pub(super) fn told(&self) -> Told {
        let hints: Vec<&str> = self.hint.iter().flat_map(|hint| hint.lines()).collect();
        Told::of(&self.error.to_string(), &self.causes(), &hints)
    }

    /// Tells people.
    pub(super) fn print(&self) {
        printer::error(&self.told());
    }
}
