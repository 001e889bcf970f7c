//! Programs of this project's own that go into droplets.

use crate::application::Content;

/// The programs.
#[derive(Clone, Debug)]
pub struct Programs {
    /// Starts Java with `JAVA_OPTS` as arguments; also assembles `JAVA_OPTS`, and, under a calculator's name, calculates
    /// memory.
    pub javaexec: Content,
}
