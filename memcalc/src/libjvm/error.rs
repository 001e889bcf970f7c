//! A failed calculation.

/// A failed calculation. `Display` is the original's text: a chain of causes, one a line, without a final newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    text: String,
    log: Vec<String>,
}

impl Error {
    pub(crate) fn new(text: String, log: Vec<String>) -> Self {
        Self { text, log }
    }

    /// Lines logged before the failure, in order.
    pub fn log(&self) -> &[String] {
        &self.log
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}
