//! The artifact as a read-only tree of entries over a mapped zip, a directory or a tar. Nothing is unpacked to disk.

mod content;
pub mod directory;
mod entry;
mod error;
mod fingerprint;
mod identity;
mod left_out;
mod limits;
mod map;
mod open;
mod path;
mod proof;
mod stat;
pub mod tar;
mod tree;
pub mod zip;

pub use content::{Content, ContentError, Encoding, Span};
pub use entry::{Entry, EntryKind};
pub use error::{ArchiveError, EntryError, OpenError};
pub use fingerprint::Fingerprint;
pub use left_out::LeftOut;
pub use limits::Limits;
pub use map::MappedFile;
pub use open::{Application, Format};
pub use path::{EntryPath, PathError};
pub use proof::{Proof, Witnessed, boot_id};
pub use stat::StatRecord;
