//! The kinds of documents, and their versions.

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schema {
    /// An image or droplet that was staged.
    Report,
    /// What an application is.
    Detect,
    /// What would be staged.
    Plan,
    /// How memory would be divided.
    Memory,
    /// What was measured.
    Measure,
    /// What an image is.
    Inspect,
    /// A dependency.
    Dependency,
    /// Several.
    Dependencies,
    /// What was taken into the cache.
    Import,
    /// What is wrong with the cache.
    Verify,
    /// What went wrong.
    Error,
}

impl Schema {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Detect => "detect",
            Self::Plan => "plan",
            Self::Memory => "memory",
            Self::Measure => "measure",
            Self::Inspect => "inspect",
            Self::Dependency => "dependency",
            Self::Dependencies => "dependencies",
            Self::Import => "import",
            Self::Verify => "verify",
            Self::Error => "error",
        }
    }

    /// What documents say they are, such as `stage.report/1`. The number grows when a field goes or changes its meaning.
    pub(super) fn versioned(self) -> String {
        format!("stage.{}/1", self.name())
    }
}
