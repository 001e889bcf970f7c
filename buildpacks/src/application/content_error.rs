//! Why an entry's content could not be read.

use std::io;
use std::path::PathBuf;

use super::source::SourceError;

/// What to do when an input changes while it is read.
pub(super) const STAGE_AGAIN: &str = "Stage it again when the build that writes it has ended";

/// Why an entry's content could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// The file could not be read, or became shorter while it was.
    #[error("Could not read `{}`", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file has another size than when it was found, or other bytes than when it was read before.
    #[error("`{}` changed while it was staged", path.display())]
    Changed {
        /// Which file.
        path: PathBuf,
    },
    /// The sink of the copy failed.
    #[error("Could not write the content")]
    Write(#[source] io::Error),
    /// The content is longer or shorter than its header claims.
    #[error("Size claimed {claimed}, found {found}")]
    Size {
        /// What the header says, bytes.
        claimed: u64,
        /// What there is, bytes; when more than claimed, reading stopped there.
        found: u64,
    },
    /// The content does not match its CRC-32.
    #[error("CRC-32 claimed {claimed:08x}, found {found:08x}")]
    Crc {
        /// What the header says.
        claimed: u32,
        /// What the bytes give.
        found: u32,
    },
    /// The deflate stream is broken.
    #[error("The compressed data is broken")]
    Inflate(#[source] io::Error),
    /// The content is larger than the reader allows.
    #[error("The content has {size} bytes, more than the {limit} allowed here")]
    TooLarge {
        /// Size in bytes.
        size: u64,
        /// Limit in bytes.
        limit: u64,
    },
}

impl ContentError {
    /// What failed while a source was read through other readers: the source itself, else what `other` makes of it.
    pub fn of_source(error: io::Error, other: impl FnOnce(io::Error) -> Self) -> Self {
        match error.downcast::<SourceError>() {
            Ok(SourceError { path, source }) => Self::Read { path, source },
            Err(error) => other(error),
        }
    }

    /// What to do about it, where the file was written while it was read.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Changed { .. } => Some(STAGE_AGAIN.to_owned()),
            Self::Read { source, .. } if source.kind() == io::ErrorKind::UnexpectedEof => Some(STAGE_AGAIN.to_owned()),
            _ => None,
        }
    }
}
