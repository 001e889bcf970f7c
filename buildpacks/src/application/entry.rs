//! One member of a tree.

use super::{Content, EntryPath};

/// One member of a tree of files.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where it lies, below the root of its tree.
    pub path: EntryPath,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry is.
#[derive(Clone, Debug)]
pub enum EntryKind {
    /// A regular file. Of its mode only the executable bit matters.
    File {
        /// Whether the owner's execute bit was set: the one bit that umask and unpacking leave alone.
        executable: bool,
        /// Its bytes, not read yet.
        content: Content,
    },
    /// A directory. Trees name directories only where the artifact does; parents may be missing.
    Directory,
    /// A symbolic link. Its target stays inside the tree (checked when the tree was opened), except in base and JRE
    /// trees, whose links are taken as they are.
    Symlink {
        /// The target as written.
        target: Box<str>,
    },
}

impl Entry {
    /// A regular file that is not executable.
    pub fn file(path: EntryPath, content: Content) -> Self {
        Self { path, kind: EntryKind::File { executable: false, content } }
    }

    /// A directory.
    pub fn directory(path: EntryPath) -> Self {
        Self { path, kind: EntryKind::Directory }
    }

    /// Size of the content in bytes; zero for what is not a file.
    pub fn size(&self) -> u64 {
        self.content().map_or(0, Content::size)
    }

    /// The content of a regular file.
    pub fn content(&self) -> Option<&Content> {
        match &self.kind {
            EntryKind::File { content, .. } => Some(content),
            _ => None,
        }
    }
}
