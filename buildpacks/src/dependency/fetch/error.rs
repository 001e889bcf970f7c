//! Why something could not be fetched.

use std::io;
use std::path::PathBuf;

use crate::dependency::Redacted;

/// Why a dependency could not be fetched. Every place was tried.
#[derive(Debug, thiserror::Error)]
#[error("Could not fetch `{coordinates}` from `{}`", self.places())]
pub struct FetchError {
    /// `id@version`.
    pub coordinates: String,
    /// The first failure.
    #[source]
    pub first: Attempt,
    /// The places tried after it.
    pub others: Vec<Attempt>,
}

/// Why one place did not give it.
#[derive(Debug, thiserror::Error)]
pub enum Attempt {
    /// The server did not answer or cut the answer off.
    #[error("Could not download `{uri}`")]
    Http {
        /// Without credentials.
        uri: String,
        /// Why.
        source: Box<Redacted<ureq::Error>>,
    },
    /// The bytes stopped coming or could not be kept.
    #[error("Could not copy `{from}`")]
    Copy {
        /// From where, without credentials.
        from: String,
        /// Why.
        source: io::Error,
    },
    /// The CA file is no use.
    #[error("Could not use the CA certificates of `{}`: {reason}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is no `mvn`.
    #[error("`{coordinates}` is not in the local Maven repository `{}` and there is no `mvn` to get it", repository.display())]
    NoMaven {
        /// What was looked for.
        coordinates: String,
        /// Where.
        repository: PathBuf,
    },
    /// There is neither a home folder nor a Maven repository.
    #[error("No local Maven repository is known")]
    NoRepository,
    /// `mvn` could not be started.
    #[error("Could not start `{}`", program.display())]
    StartMaven {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// `mvn` failed.
    #[error("Maven could not resolve `{coordinates}`: {output}")]
    Maven {
        /// What was asked for.
        coordinates: String,
        /// The first lines it complained with.
        output: String,
    },
    /// A URI that is not read.
    #[error("`{uri}` is not an `https:`, `http:` or `file:` URI")]
    Scheme {
        /// Without credentials.
        uri: String,
    },
}

impl Attempt {
    pub(super) fn place(&self) -> String {
        match self {
            Self::Http { uri, .. } | Self::Scheme { uri } => uri.clone(),
            Self::Copy { from, .. } => from.clone(),
            Self::Certificates { path, .. } => path.display().to_string(),
            Self::NoMaven { coordinates, .. } | Self::Maven { coordinates, .. } => coordinates.clone(),
            Self::NoRepository | Self::StartMaven { .. } => "Maven".into(),
        }
    }
}

impl FetchError {
    fn places(&self) -> String {
        std::iter::once(&self.first).chain(&self.others).map(Attempt::place).collect::<Vec<_>>().join("`, `")
    }

    /// What else was tried, and what to do.
    pub fn hint(&self) -> Option<String> {
        let others: Vec<String> = self.others.iter().map(chain).collect();
        let maven = std::iter::once(&self.first)
            .chain(&self.others)
            .any(|attempt| matches!(attempt, Attempt::NoMaven { .. } | Attempt::NoRepository));
        let mut hints = Vec::new();
        if !others.is_empty() {
            hints.push(format!("Also tried: {}", others.join("; ")));
        }
        if maven {
            hints.push("Install Maven, or add the file with `stage dependency add FILE`".into());
        } else {
            hints.push("Get the file by other means and add it with `stage dependency add FILE` or `import`".into());
        }
        Some(hints.join(". "))
    }
}

/// An error with its causes on one line.
fn chain(error: &Attempt) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
