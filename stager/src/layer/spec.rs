//! What a layer is made of, before any byte is read.

use std::collections::BTreeMap;

use buildpacks::application::{Content, Entry, EntryKind, EntryPath};
use buildpacks::dependency::ResolvedDependency;

use super::Selector;

/// A layer to be built.
#[derive(Clone, Debug)]
pub struct LayerSpec {
    /// Its name in reports, such as `jre` or `dependencies`.
    pub name: String,
    /// The `created_by` of its history entry.
    pub created_by: String,
    /// Its files.
    pub files: LayerFiles,
}

/// The files of a layer.
#[derive(Clone, Debug)]
pub enum LayerFiles {
    /// Entries at hand, paths below the image's root.
    Entries(Vec<LayerEntry>),
    /// The archive of a dependency under `at`, opened only when the layer must be built, and more entries beside it.
    Dependency {
        /// The archive.
        dependency: ResolvedDependency,
        /// Its folder in the image.
        at: EntryPath,
        /// More entries, such as the layer's environment files.
        more: Vec<LayerEntry>,
    },
    /// A layer whose inputs are known to be those of an earlier run: only its selector is kept.
    Known(Selector),
    /// A tar made elsewhere, a base's root file system: its bytes are the layer.
    Tar(Content),
}

/// One member of a layer, with everything its tar header holds but the time, which is constant.
#[derive(Clone, Debug)]
pub struct LayerEntry {
    /// Path below the image's root.
    pub path: EntryPath,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits.
    pub mode: u32,
    /// Whose it is.
    pub owner: Owner,
}

/// Numeric owner of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl LayerEntry {
    /// An entry owned by root with normalised mode: 0755 for directories and executables, 0644 for other files, 0777
    /// for links.
    pub fn normalised(entry: Entry) -> Self {
        let mode = match &entry.kind {
            EntryKind::File { executable: false, .. } => 0o644,
            EntryKind::File { executable: true, .. } | EntryKind::Directory => 0o755,
            EntryKind::Symlink { .. } => 0o777,
        };
        Self { path: entry.path, kind: entry.kind, mode, owner: Owner::default() }
    }

    /// An entry of a tree, below `at`, normalised.
    pub fn below(at: &EntryPath, entry: Entry) -> Self {
        Self::normalised(Entry { path: at.join(&entry.path), kind: entry.kind })
    }

    /// Size of the content in bytes.
    pub fn size(&self) -> u64 {
        match &self.kind {
            EntryKind::File { content, .. } => content.size(),
            _ => 0,
        }
    }
}

impl LayerSpec {
    /// The entries whose contents decide the layer's selector, sorted, with all folders: those of a dependency's archive
    /// follow from its checksum.
    pub(super) fn own_entries(&self) -> Vec<LayerEntry> {
        match &self.files {
            LayerFiles::Entries(entries) | LayerFiles::Dependency { more: entries, .. } => complete(entries.clone()),
            LayerFiles::Known(_) | LayerFiles::Tar(_) => Vec::new(),
        }
    }
}

/// Sorts entries by path bytes and adds every parent that no entry names, as a root-owned 0755 directory.
/// A later entry of the same path replaces an earlier one.
pub(crate) fn complete(entries: Vec<LayerEntry>) -> Vec<LayerEntry> {
    let mut by_path = BTreeMap::new();
    for entry in entries {
        for parent in entry.path.ancestors() {
            if !by_path.contains_key(&parent) {
                by_path.insert(parent.clone(), LayerEntry::normalised(Entry::directory(parent)));
            }
        }
        by_path.insert(entry.path.clone(), entry);
    }
    by_path.into_values().collect()
}
