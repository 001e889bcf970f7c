//! Why an artifact could not be opened.

use std::io;
use std::path::PathBuf;

use super::PathError;
use super::content_error::STAGE_AGAIN;
use crate::shown::Shown;

/// Why an artifact could not be opened as a tree.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or directory could not be read.
    #[error("Could not read `{}`", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file has no bytes.
    #[error("`{}` is empty", path.display())]
    Empty {
        /// Which one.
        path: PathBuf,
    },
    /// Neither a directory nor an archive that is known.
    #[error("`{}` is neither a directory nor a zip, tar or tar.gz archive", path.display())]
    UnknownFormat {
        /// Which one.
        path: PathBuf,
    },
    /// A socket, FIFO or device.
    #[error("`{}` is neither a regular file nor a directory", path.display())]
    NotAFile {
        /// Which one.
        path: PathBuf,
    },
    /// The archive as a whole breaks a rule.
    #[error("Could not open archive `{archive}`")]
    Archive {
        /// The archive's path; nested archives as `outer.jar!/inner.jar`.
        archive: String,
        /// The rule.
        source: ArchiveError,
    },
    /// One entry breaks a rule.
    #[error("Refused entry `{entry}` of `{archive}`")]
    Entry {
        /// The archive's or directory's path.
        archive: String,
        /// The entry's name, bytes that are not UTF-8 replaced.
        entry: String,
        /// The rule.
        source: EntryError,
    },
    /// An ignore file cannot be understood.
    #[error("Could not use `{}`: {reason}", path.display())]
    IgnoreFile {
        /// Which one.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The artifact is not what it was when it was opened.
    #[error("`{}` changed while it was staged", path.display())]
    Changed {
        /// Which one.
        path: PathBuf,
    },
}

/// A rule an archive as a whole breaks.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A zip without its end record.
    #[error("The zip is truncated: its end record is missing")]
    Truncated,
    /// Bytes behind the end record.
    #[error("The zip has {count} bytes behind its end record")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// More than one end record; readers disagree which one counts.
    #[error("The zip's comment holds another end record")]
    TwoEnds,
    /// Sizes and offsets of the end record do not fit the file.
    #[error("The zip's end record does not fit the file: it claims a directory of {size} bytes at offset {offset}")]
    End {
        /// Claimed size of the central directory, bytes.
        size: u64,
        /// Claimed offset of the central directory.
        offset: u64,
    },
    /// Part of a set of several archives.
    #[error("The zip is one part of several")]
    MultiDisk,
    /// The central directory cannot be parsed.
    #[error("The zip's central directory is broken")]
    Directory(#[source] rawzip::Error),
    /// The number of entries is not what the end record claims.
    #[error("The zip claims {claimed} entries and has {found}")]
    Count {
        /// What the end record says.
        claimed: u64,
        /// What there is.
        found: u64,
    },
    /// Too many entries.
    #[error("More than {limit} entries")]
    TooManyEntries {
        /// The limit.
        limit: usize,
    },
    /// All files together decode to too much.
    #[error("The files claim more than {limit} bytes together")]
    TooLarge {
        /// The limit, bytes.
        limit: u64,
    },
    /// The tar cannot be parsed.
    #[error("The tar is broken")]
    Tar(#[source] io::Error),
    /// The gzip stream is broken.
    #[error("The gzip stream is broken")]
    Gzip(#[source] io::Error),
    /// The decompressed tar could not be kept in a temporary file.
    #[error("Could not write a temporary file")]
    Temporary(#[source] io::Error),
    /// The archive could not be read, or not be decoded where it lies in another one.
    #[error(transparent)]
    Content(#[from] super::ContentError),
}

/// A rule an entry breaks.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The name cannot be a path inside the tree.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The name is not UTF-8.
    #[error("The name is not UTF-8")]
    NotUtf8,
    /// The name is neither ASCII nor marked as UTF-8.
    #[error("The name is not ASCII and not marked as UTF-8")]
    UnmarkedName,
    /// Another entry has the same name.
    #[error("Another entry has the same name")]
    Duplicate,
    /// Another entry lies below this one, which is no directory.
    #[error("It is no directory and `{}` lies below it", Shown(below))]
    NotADirectory {
        /// The entry below.
        below: String,
    },
    /// A symbolic link leaves the tree.
    #[error("The link to `{}` leaves the tree", Shown(target))]
    LinkLeaves {
        /// Its target.
        target: String,
    },
    /// A symbolic link is empty, too long, or not UTF-8.
    #[error("The link's target is empty, longer than {limit} bytes or not UTF-8")]
    LinkTarget {
        /// Longest accepted target, bytes.
        limit: u64,
    },
    /// The archive could not be read.
    #[error(transparent)]
    Content(super::ContentError),
    /// A symbolic link's target could not be decoded.
    #[error("Could not read the link's target")]
    LinkContent(#[source] super::ContentError),
    /// A hard link to what is not an earlier file of the archive.
    #[error("The hard link to `{}` names no earlier file", Shown(target))]
    HardLink {
        /// Its target.
        target: String,
    },
    /// A device, FIFO, socket or a type that is not known.
    #[error("It is neither a file, a directory nor a link")]
    Special,
    /// A sparse file.
    #[error("It is a sparse file")]
    Sparse,
    /// Two entries share bytes of the archive.
    #[error("Its bytes overlap those of `{}`", Shown(other))]
    Overlap {
        /// The other entry, or the central directory.
        other: String,
    },
    /// The local header is missing or cut off.
    #[error("Its local header is broken")]
    LocalHeader(#[source] rawzip::Error),
    /// Local header and central directory disagree.
    #[error(
        "Its {what} differs between local header (`{}`) and central directory (`{}`)",
        Shown(local),
        Shown(central)
    )]
    Disagree {
        /// Of what.
        what: &'static str,
        /// What the local header says.
        local: String,
        /// What the central directory says.
        central: String,
    },
    /// The entry is encrypted.
    #[error("It is encrypted")]
    Encrypted,
    /// A compression method other than stored and deflate.
    #[error("It is compressed by method {method}; only 0 (stored) and 8 (deflate) are known")]
    Method {
        /// The method's number.
        method: u16,
    },
    /// The entry lies in another part of a set of archives.
    #[error("It lies in another part of a set of archives")]
    MultiDisk,
    /// The file is too large.
    #[error("It claims {size} bytes, more than the {limit} allowed")]
    TooLarge {
        /// Claimed size, bytes.
        size: u64,
        /// The limit, bytes.
        limit: u64,
    },
    /// Claimed sizes that no stream can have.
    #[error("It claims to decode {stored} bytes to {size}, which is impossible")]
    Impossible {
        /// Bytes in the archive.
        stored: u64,
        /// Claimed bytes after decoding.
        size: u64,
    },
    /// The content reaches beyond the archive's end.
    #[error("It reaches beyond the end of the archive")]
    Beyond,
}

impl OpenError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Archive { source: ArchiveError::Truncated, .. } => {
                Some("Build or copy the archive again; the copy may have been cut short".to_owned())
            }
            Self::Entry { source: EntryError::UnmarkedName, .. } => {
                Some("Write the archive with a tool that marks UTF-8 names, such as the JDK's `jar`".to_owned())
            }
            Self::Entry { source: EntryError::Encrypted, .. } => {
                Some("Write the archive without a password".to_owned())
            }
            Self::Entry { source: EntryError::LinkLeaves { .. }, .. } => Some(
                "Put what the link names into the application, or leave the link out with a line in `.stageignore`"
                    .to_owned(),
            ),
            Self::IgnoreFile { .. } => Some("Ignore files are written as `.gitignore` is".to_owned()),
            Self::Archive { source: ArchiveError::Content(error), .. } => error.hint(),
            Self::Changed { .. } => Some(STAGE_AGAIN.to_owned()),
            _ => None,
        }
    }

    pub(super) fn read(path: &std::path::Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    pub(crate) fn archive(archive: &str, source: ArchiveError) -> Self {
        Self::Archive { archive: archive.to_owned(), source }
    }

    pub(super) fn entry(archive: &str, entry: &str, source: impl Into<EntryError>) -> Self {
        Self::Entry { archive: archive.to_owned(), entry: Shown(entry).to_string(), source: source.into() }
    }
}
