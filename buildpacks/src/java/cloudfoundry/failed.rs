//! How a staging ends early.

/// Why staging ended; the reason is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The exit code of the script that the platform believes to have run.
    pub exit: u8,
}
