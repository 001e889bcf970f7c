//! What goes into an archive.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use buildpacks::application::{Content, ContentError, EntryKind, StatRecord};
use fs_err as fs;

use super::piece::PieceError;
use crate::cloudfoundry::system::strerror;
use crate::layer::LayerEntry;

/// A file, folder or link of an archive.
#[derive(Clone, Debug)]
pub(in crate::cloudfoundry) struct Member {
    /// Its name, starting with `.`, as bytes, without a final `/`.
    pub(super) name: Vec<u8>,
    /// What it is.
    pub(super) kind: Kind,
    /// Permission bits, set-id and sticky bits included.
    pub(super) mode: u32,
}

/// The kinds of members.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A folder.
    Folder,
    /// A file on disk, as it was when it was found.
    Disk(PathBuf, StatRecord),
    /// A file at hand, or in an archive.
    Content(Content),
    /// A symbolic link.
    Symlink(OsString),
    /// Another name of an earlier member.
    Hardlink(Vec<u8>),
    /// A named pipe.
    Fifo,
}

/// Why an archive was not written. Texts are those of the tools that the lifecycle runs.
#[derive(Debug, thiserror::Error)]
pub(in crate::cloudfoundry) enum DropletError {
    /// A path cannot be looked at.
    #[error("cannot stat '{}': {}", path.display(), strerror(source))]
    Stat {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or folder cannot be read.
    #[error("cannot open '{}' for reading: {}", path.display(), strerror(source))]
    Open {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of an archive cannot be read.
    #[error("cannot read '{name}': {source}")]
    Content {
        /// The member.
        name: String,
        /// Why.
        source: ContentError,
    },
    /// A part made of a dependency cannot be had.
    #[error("cannot add '{at}': {source}")]
    Piece {
        /// Its folder.
        at: String,
        /// Why.
        source: Box<PieceError>,
    },
    /// A file became shorter or longer while it was read.
    #[error("{}: file changed as we read it", path.display())]
    Changed {
        /// The path.
        path: PathBuf,
    },
    /// The archive cannot be written.
    #[error("{}: Cannot write: {}", path.display(), strerror(source))]
    Write {
        /// The archive.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Member {
    /// A folder.
    pub(in crate::cloudfoundry) fn folder(name: &str, mode: u32) -> Self {
        Self { name: name.as_bytes().to_vec(), kind: Kind::Folder, mode }
    }

    /// A file of mode 0644 at hand.
    pub(in crate::cloudfoundry) fn file(name: &str, bytes: Vec<u8>) -> Self {
        Self { name: name.as_bytes().to_vec(), kind: Kind::Content(Content::from_bytes(bytes)), mode: 0o644 }
    }

    /// An entry of a tree, path below the droplet's root.
    pub(in crate::cloudfoundry) fn of(entry: LayerEntry) -> Self {
        let kind = match entry.kind {
            EntryKind::File { content, .. } => Kind::Content(content),
            EntryKind::Directory => Kind::Folder,
            EntryKind::Symlink { target } => Kind::Symlink(OsString::from(&*target)),
        };
        Self { name: format!("./{}", entry.path).into_bytes(), kind, mode: entry.mode }
    }

    /// What is at `root` under `name`: a folder with everything in it, or the link that a script put in its place, which
    /// is not followed. Sockets and devices are left out.
    pub(in crate::cloudfoundry) fn inside(name: impl Into<Vec<u8>>, root: &Path) -> Result<Vec<Self>, DropletError> {
        let stat = |source| DropletError::Stat { path: root.to_owned(), source };
        let metadata = fs::symlink_metadata(root).map_err(stat)?;
        let mut walk = Walk::default();
        walk.visit(name.into(), root.to_owned(), &metadata)?;
        Ok(walk.members)
    }

    /// The folder `root` under `name`, and everything in it. Sockets and devices are left out.
    pub(in crate::cloudfoundry) fn tree(name: &str, root: &Path) -> Result<Vec<Self>, DropletError> {
        let metadata = fs::metadata(root).map_err(|source| DropletError::Stat { path: root.to_owned(), source })?;
        let mut walk = Walk::default();
        walk.visit(name.as_bytes().to_vec(), root.to_owned(), &metadata)?;
        Ok(walk.members)
    }

    /// Whether the other is the same member with the same content, as far as can be told without reading.
    pub(super) fn is_unchanged(&self, other: &Self) -> bool {
        let same = match (&self.kind, &other.kind) {
            (Kind::Folder, Kind::Folder) | (Kind::Fifo, Kind::Fifo) => true,
            (Kind::Disk(path, found), Kind::Disk(other_path, other)) => path == other_path && found == other,
            (Kind::Content(content), Kind::Content(other)) => content.is_same(other),
            (Kind::Symlink(target), Kind::Symlink(other)) => target == other,
            (Kind::Hardlink(first), Kind::Hardlink(other)) => first == other,
            _ => false,
        };
        same && self.name == other.name && self.mode == other.mode
    }

    /// Size of the content in bytes.
    pub(super) fn size(&self) -> u64 {
        match &self.kind {
            Kind::Disk(_, found) => found.size,
            Kind::Content(content) => content.size(),
            _ => 0,
        }
    }
}

#[derive(Default)]
struct Walk {
    members: Vec<Member>,
    linked: BTreeMap<(u64, u64), Vec<u8>>,
}

impl Walk {
    fn visit(&mut self, name: Vec<u8>, path: PathBuf, metadata: &std::fs::Metadata) -> Result<(), DropletError> {
        let mode = metadata.mode() & 0o7777;
        let file_type = metadata.file_type();
        if file_type.is_dir() {
            self.members.push(Member { name: name.clone(), kind: Kind::Folder, mode });
            return self.children(&name, &path);
        }
        let kind = if file_type.is_symlink() {
            let target = fs::read_link(&path).map_err(|source| DropletError::Stat { path, source })?;
            Kind::Symlink(target.into_os_string())
        } else if file_type.is_fifo() {
            Kind::Fifo
        } else if file_type.is_file() {
            if let Some(first) = self.linked.get(&(metadata.dev(), metadata.ino())) {
                Kind::Hardlink(first.clone())
            } else {
                if metadata.nlink() > 1 {
                    self.linked.insert((metadata.dev(), metadata.ino()), name.clone());
                }
                rustix::fs::access(&path, rustix::fs::Access::READ_OK)
                    .map_err(|source| DropletError::Open { path: path.clone(), source: source.into() })?;
                Kind::Disk(path, StatRecord::of(metadata))
            }
        } else {
            return Ok(());
        };
        let mode = if matches!(kind, Kind::Symlink(_)) { 0o777 } else { mode };
        self.members.push(Member { name, kind, mode });
        Ok(())
    }

    fn children(&mut self, name: &[u8], folder: &Path) -> Result<(), DropletError> {
        let unreadable = |source: io::Error| DropletError::Open { path: folder.to_owned(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            names.push(entry.map_err(unreadable)?.file_name());
        }
        names.sort();
        for child in names {
            let path = folder.join(&child);
            let metadata =
                fs::symlink_metadata(&path).map_err(|source| DropletError::Stat { path: path.clone(), source })?;
            let mut child_name = name.to_vec();
            child_name.push(b'/');
            child_name.extend_from_slice(child.as_bytes());
            self.visit(child_name, path, &metadata)?;
        }
        Ok(())
    }
}
