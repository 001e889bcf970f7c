//! Why the host's Java could not be taken.

use std::io;
use std::path::PathBuf;

/// Why the host's Java could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The variable names something else.
    #[error("`JAVA_HOME` is `{}`, which {flaw}", home.display())]
    JavaHome {
        /// Its value.
        home: PathBuf,
        /// What it lacks.
        flaw: Flaw,
    },
    /// A file of it could not be read.
    #[error("Could not read the host's Java runtime `{}`", home.display())]
    Read {
        /// Its home.
        home: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what it was when the work began.
    #[error("The host's Java runtime `{}` changed while it was copied", home.display())]
    Changed {
        /// Its home.
        home: PathBuf,
    },
    /// `jlink` could not be started.
    #[error("Could not start `{}`", program.display())]
    StartJlink {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// `jlink` failed.
    #[error("`{}` failed: {output}", program.display())]
    Jlink {
        /// The program.
        program: PathBuf,
        /// The first lines it complained with.
        output: String,
    },
    /// The tree could not be packed.
    #[error("Could not pack the host's Java runtime")]
    Pack(#[source] io::Error),
    /// A name in the tree is no name for an image.
    #[error("`{}` of the host's Java runtime has a name that is not UTF-8", path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
}

/// What a folder lacks to be a Java's home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It is not there.
    #[error("is not there")]
    Absent,
    /// Its program is missing.
    #[error("has no `bin/java`")]
    NoJava,
    /// Its program is none.
    #[error("has a `bin/java` that is not executable")]
    NotExecutable,
    /// Nothing tells what it is.
    #[error("has no file `release` that says its version")]
    NoRelease,
    /// Its classes are missing.
    #[error("has no class library (`lib/modules`, `lib/rt.jar`)")]
    NoClasses,
}

impl HostError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::JavaHome { .. } => Some("Set `JAVA_HOME` to the home of a Java, or unset it".into()),
            Self::Jlink { .. } | Self::StartJlink { .. } => {
                Some("Set `JAVA_HOME` to another Java, or fetch a runtime with `stage dependency fetch openjdk`".into())
            }
            Self::Read { .. } => Some("Set `JAVA_HOME` to a Java that this user may read, or remove this one".into()),
            Self::Changed { .. } => Some("Run it again when the update of the host's Java has ended".into()),
            _ => None,
        }
    }
}
