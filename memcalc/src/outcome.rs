//! What a program writes and how it ends.

/// Both streams and the exit code of a program, as values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit code.
    pub code: u8,
}

impl Outcome {
    /// Success.
    pub fn success(stdout: String, stderr: String) -> Self {
        Self { stdout, stderr, code: 0 }
    }

    /// Failure with a message on standard error.
    pub fn failure(code: u8, stderr: impl Into<String>) -> Self {
        Self { stdout: String::new(), stderr: stderr.into(), code }
    }
}

/// Whether the originals' defects are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compat {
    /// Exactly as the original, defects included.
    #[default]
    Exact,
    /// Defects mended.
    Mended,
}
