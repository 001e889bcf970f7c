//! Changes to the environment of a process, as the buildpacks specification writes them into a layer's `env` folder.

use serde::Serialize;

/// One change to one variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct EnvDelta {
    /// The variable's name.
    pub name: String,
    /// What happens to it.
    pub operation: EnvOperation,
    /// The value set, prepended or appended.
    pub value: String,
}

/// How a value meets the one that is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvOperation {
    /// Set only when the variable is not set (`NAME.default`).
    Default,
    /// Set whatever was there (`NAME.override`).
    Override,
    /// Put before, with the delimiter between when there is a value (`NAME.prepend`, `NAME.delim`).
    Prepend {
        /// Between the two values.
        delimiter: String,
    },
    /// Put behind, with the delimiter between when there is a value (`NAME.append`, `NAME.delim`).
    Append {
        /// Between the two values.
        delimiter: String,
    },
}

impl EnvDelta {
    /// `NAME.default`.
    pub fn default(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.into(), operation: EnvOperation::Default, value: value.into() }
    }

    /// `NAME.override`.
    pub fn overriding(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.into(), operation: EnvOperation::Override, value: value.into() }
    }

    /// `NAME.append` with a blank between, as Java options are joined.
    pub fn append_option(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.into(), operation: EnvOperation::Append { delimiter: " ".into() }, value: value.into() }
    }

    /// The files of a layer's `env` folder that say this: name and content.
    pub fn files(&self) -> Vec<(String, String)> {
        let file = |suffix: &str, content: &str| (format!("{}.{suffix}", self.name), content.to_owned());
        match &self.operation {
            EnvOperation::Default => vec![file("default", &self.value)],
            EnvOperation::Override => vec![file("override", &self.value)],
            EnvOperation::Prepend { delimiter } => vec![file("delim", delimiter), file("prepend", &self.value)],
            EnvOperation::Append { delimiter } => vec![file("append", &self.value), file("delim", delimiter)],
        }
    }
}
