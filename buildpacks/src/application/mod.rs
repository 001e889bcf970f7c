//! The artifact as a read-only tree of entries over a mapped zip, a directory or a tar. Nothing is unpacked to disk.

mod content;
mod entry;
mod path;
mod stat;

pub use content::{Content, ContentError, Encoding, MappedFile, Span};
pub use entry::{Entry, EntryKind};
pub use path::{EntryPath, PathError};
pub use stat::StatRecord;
