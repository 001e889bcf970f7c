//! What can go wrong with dependencies. A message says what and where, the cause is its source, what to do about it is
//! [`DependencyError::hint`].

use std::io;
use std::path::{Path, PathBuf};

use super::fetch::FetchError;
use super::host::HostError;
use super::remedy::Remedy;
use super::{Catalogue, CatalogueEntry, CatalogueError, Mismatch, RecordError, Sha256};
use crate::application::{ContentError, OpenError};

/// Why a dependency could not be used, added, fetched or checked.
#[derive(Debug, thiserror::Error)]
pub enum DependencyError {
    /// The catalogue knows it, the cache does not hold it.
    #[error(
        "`{}` {} is not in the dependency cache; it comes from `{}`",
        entry.description.id, entry.description.version, entry.description.origin()
    )]
    Missing {
        /// What would have been taken.
        entry: Box<CatalogueEntry>,
    },
    /// Neither the cache nor the catalogue has it.
    #[error("`{id}` in version `{requirement}` is neither in the dependency cache nor in the catalogue")]
    Unknown {
        /// The id asked for.
        id: String,
        /// The version asked for.
        requirement: String,
        /// What the catalogue says.
        source: Box<CatalogueError>,
    },
    /// What a variable asks for cannot be had.
    #[error("`{asked}`, which `{origin}` asks for, cannot be had")]
    Asked {
        /// The variable.
        origin: String,
        /// Its value.
        asked: String,
        /// Why.
        source: Box<DependencyError>,
    },
    /// The id is none.
    #[error("`{id}` is not the id of a dependency: a letter, then letters, digits, `.`, `-`, `_`")]
    Id {
        /// What was given.
        id: String,
    },
    /// A file does not hash to what was promised; nothing of it was kept.
    #[error("`{what}` has the wrong SHA-256: expected {expected}, found {found}")]
    Checksum {
        /// The file or where it was fetched from.
        what: String,
        /// What was promised.
        expected: Sha256,
        /// What there was.
        found: Sha256,
    },
    /// A cached archive is no longer what it was; it was not used.
    #[error("The cached `{coordinates}` is corrupt: expected SHA-256 {expected}, found {found}")]
    Corrupt {
        /// `id@version`.
        coordinates: String,
        /// What it hashed to when it was added.
        expected: Sha256,
        /// What it hashes to now.
        found: Sha256,
        /// Where it lies now; `None` when the cache is read-only and it could not be moved away.
        quarantined: Option<Box<Path>>,
        /// The commands that help.
        remedy: Box<Remedy>,
    },
    /// A cached archive does not stop changing.
    #[error("`{}` changes while it is read", path.display())]
    Changing {
        /// Its file.
        path: PathBuf,
    },
    /// A record's archive is gone.
    #[error("The archive of the cached `{coordinates}` is gone: it was found corrupt, or removed by hand")]
    Lost {
        /// `id@version`.
        coordinates: String,
        /// Its checksum.
        sha256: Sha256,
        /// The commands that help.
        remedy: Box<Remedy>,
    },
    /// It is only told of.
    #[error("`{coordinates}` is not made yet")]
    NotMade {
        /// `id@version`.
        coordinates: String,
    },
    /// Something could not be read.
    #[error("Could not read the dependency")]
    Read(#[source] io::Error),
    /// A file or folder of the cache could not be read.
    #[error("Could not read `{}` of the dependency cache", path.display())]
    ReadCache {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The cache could not be written.
    #[error("Could not write the dependency cache")]
    WriteCache(#[source] io::Error),
    /// A record cannot be parsed.
    #[error("Could not read the record `{}`", path.display())]
    Record {
        /// Its file.
        path: PathBuf,
        /// Why.
        source: RecordError,
    },
    /// The archive could not be opened.
    #[error("Could not open the archive of `{coordinates}`")]
    Open {
        /// `id@version`.
        coordinates: String,
        /// Why.
        source: Box<OpenError>,
    },
    /// A file of the archive could not be read.
    #[error("Could not read `{entry}` of `{coordinates}`")]
    Content {
        /// `id@version`.
        coordinates: String,
        /// The file.
        entry: String,
        /// Why.
        source: ContentError,
    },
    /// The archive could not be inflated.
    #[error("Could not inflate the archive of `{coordinates}`")]
    Inflate {
        /// `id@version`.
        coordinates: String,
        /// Why.
        source: io::Error,
    },
    /// Nothing lies below the prefix.
    #[error("The archive of `{coordinates}` has nothing below `{prefix}`")]
    Prefix {
        /// `id@version`.
        coordinates: String,
        /// The prefix asked for.
        prefix: String,
    },
    /// Not everything lies in one folder.
    #[error("The archive of `{coordinates}` has `{entry}` outside its top folder, which is to be stripped")]
    Strip {
        /// `id@version`.
        coordinates: String,
        /// The entry outside.
        entry: String,
    },
    /// A link leaves the part of the archive that is used.
    #[error("The link `{entry}` of `{coordinates}` leaves the tree: it points to `{target}`")]
    Link {
        /// `id@version`.
        coordinates: String,
        /// The link.
        entry: String,
        /// Its target.
        target: String,
    },
    /// A file is not what its id says.
    #[error(transparent)]
    Unexpected(Box<Mismatch>),
    /// A JRE is not one.
    #[error("`{coordinates}` is no Java runtime: it has no `{missing}`")]
    NotAJre {
        /// `id@version`.
        coordinates: String,
        /// What every JRE has.
        missing: &'static str,
    },
    /// A JRE's classes cannot be counted.
    #[error("Could not count the classes of `{entry}` of `{coordinates}`: {reason}")]
    Count {
        /// `id@version`.
        coordinates: String,
        /// The file.
        entry: String,
        /// Why.
        reason: String,
    },
    /// No JRE at hand runs the application.
    #[error("No Java runtime at hand runs this application: it needs Java {needed} or later, {found}")]
    NoJre {
        /// The feature version the application's classes need.
        needed: u32,
        /// What there is, for people.
        found: String,
        /// Commands that would help.
        commands: Vec<String>,
    },
    /// The JRE asked for cannot run the application.
    #[error("The application needs Java {needed} or later, `{coordinates}` is Java {feature}")]
    JreTooOld {
        /// The feature version the application's classes need.
        needed: u32,
        /// `id@version` asked for.
        coordinates: String,
        /// Its feature version.
        feature: u32,
    },
    /// Only newer JREs are at hand than the application is known to run on.
    #[error("{of} is not known to run on any Java after {newest}, and at hand is {found}")]
    JreTooNew {
        /// What it is known of.
        of: String,
        /// The newest feature version.
        newest: u32,
        /// What there is, for people.
        found: String,
        /// Commands that would help.
        commands: Vec<String>,
    },
    /// The host's JRE would be taken, and that was forbidden.
    #[error("No cached Java runtime fits, and taking the host's is not allowed")]
    HostRefused {
        /// Commands that would help.
        commands: Vec<String>,
    },
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(Box<FetchError>),
    /// The host's JRE could not be taken.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The catalogue does not have it or cannot be read.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

impl DependencyError {
    /// That `path` of the cache could not be read.
    pub(super) fn unread(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::ReadCache { path, source }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { entry } => Some(format!(
                "Run `{}`, or `stage dependency add FILE --id {} --version {}` with a file at hand",
                entry.fetch_command(),
                entry.description.id,
                entry.description.version
            )),
            Self::Unknown { source, .. } => source.hint(),
            Self::Asked { source, .. } => source.hint(),
            Self::Catalogue(error) => error.hint(),
            Self::Corrupt { remedy, .. } | Self::Lost { remedy, .. } => Some(remedy.hint()),
            Self::ReadCache { source: error, .. } if error.kind() == io::ErrorKind::PermissionDenied => {
                Some("Let this user read the cache folder, or name another with `--cache-dir`".into())
            }
            Self::ReadCache { .. } => Some(
                "Remove what cannot be read and add it again, or name another cache folder with `--cache-dir`".into(),
            ),
            Self::Record { path, .. } => path
                .file_stem()
                .map(|sha256| format!("Run `stage dependency remove {}`, and add or fetch it again", sha256.display())),
            Self::Changing { .. } => Some("Find out what writes to it, then run again".into()),
            Self::NoJre { commands, .. } | Self::HostRefused { commands } if commands.is_empty() => None,
            Self::NoJre { commands, .. } | Self::HostRefused { commands } => {
                let commands: Vec<String> = commands.iter().map(|command| format!("`{command}`")).collect();
                Some(format!("Run {}", commands.join(" or ")))
            }
            Self::JreTooNew { newest, commands, .. } => {
                let way = commands.first().map_or_else(
                    || format!("Add a runtime of Java {newest} by `stage dependency add`"),
                    |command| format!("Run `{command}`"),
                );
                Some(format!("{way}; to try a newer one, ask for it by its number, such as `--jre 17`"))
            }
            Self::Unexpected(mismatch) => mismatch.hint(),
            Self::Open { source, .. } => source.hint(),
            Self::Fetch(error) => error.hint(),
            Self::Host(error) => error.hint(),
            Self::NotAJre { .. } => {
                Some("Name the folder of the archive that holds the runtime with `--prefix`".into())
            }
            Self::JreTooOld { needed, .. } => {
                Some(format!("Ask for `--jre {needed}` or later, or leave the choice to `--jre auto`"))
            }
            Self::Strip { .. } => Some("Use the archive without `strip`".into()),
            _ => None,
        }
    }

    /// Whether something is there and cannot be read.
    pub fn is_unreadable(&self) -> bool {
        let content = |error: &ContentError| matches!(error, ContentError::Read { .. });
        match self {
            Self::Read(_) | Self::ReadCache { .. } | Self::Corrupt { .. } | Self::Changing { .. } => true,
            // Of broken data it says that it is broken; anything else failed below.
            Self::Inflate { source, .. } => !matches!(
                source.kind(),
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof
            ),
            Self::Content { source, .. } => content(source),
            _ => false,
        }
    }

    /// What would have to be fetched, for a caller that may: of what the cache has lost, what `catalogue` says of the same
    /// bytes, else what the cache remembers.
    pub fn missing_entry(&self, catalogue: &Catalogue) -> Option<CatalogueEntry> {
        match self {
            Self::Missing { entry } => Some((**entry).clone()),
            Self::Corrupt { expected: sha256, remedy, .. } | Self::Lost { sha256, remedy, .. } => {
                catalogue.by_sha256(*sha256).cloned().or_else(|| remedy.entry(*sha256))
            }
            _ => None,
        }
    }
}

impl From<Mismatch> for DependencyError {
    fn from(mismatch: Mismatch) -> Self {
        Self::Unexpected(Box::new(mismatch))
    }
}

impl From<FetchError> for DependencyError {
    fn from(error: FetchError) -> Self {
        Self::Fetch(Box::new(error))
    }
}
