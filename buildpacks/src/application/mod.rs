//! The artifact as a read-only tree of entries over a zip, a directory or a tar. Nothing is unpacked to disk.

mod content;
mod content_error;
pub mod directory;
mod entry;
mod error;
mod fingerprint;
mod identity;
mod left_out;
mod limits;
mod open;
mod path;
mod proof;
mod source;
mod span;
mod stat;
pub mod tar;
mod tree;
mod tree_hash;
pub mod zip;

pub use content::Content;
pub use content_error::ContentError;
pub use entry::{Entry, EntryKind};
pub use error::{ArchiveError, EntryError, OpenError};
pub use fingerprint::Fingerprint;
pub use left_out::{LeftOut, default_outputs};
pub use limits::Limits;
pub use open::{Application, Format};
pub use path::{EntryPath, PathError};
pub use proof::{Proof, Witnessed, boot_id};
pub use source::{DiskFile, HashingReader, Source, SourceReader};
pub use span::{Encoding, Span};
pub use stat::StatRecord;
