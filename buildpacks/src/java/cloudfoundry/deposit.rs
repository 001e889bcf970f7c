//! What a classic buildpack leaves in a droplet: files in its own folder below `deps`, scripts, changes of the
//! application. Data only: contents are handles, archives are named, nothing is on disk yet.

use std::collections::BTreeMap;

use crate::application::{Content, Entry, EntryKind, EntryPath, PathError};
use crate::dependency::ResolvedDependency;

/// Files by path, each once.
#[derive(Clone, Debug, Default)]
pub struct Tree(BTreeMap<EntryPath, EntryKind>);

/// The archive of a dependency, unpacked into a folder of a tree.
#[derive(Clone, Debug)]
pub struct Unpacked {
    /// The folder, below the tree's root.
    pub at: EntryPath,
    /// The archive.
    pub dependency: ResolvedDependency,
}

/// A tree and the archives unpacked into it.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Files of its own.
    pub files: Tree,
    /// Archives beside them.
    pub archives: Vec<Unpacked>,
}

/// Everything one buildpack leaves.
#[derive(Clone, Debug, Default)]
pub struct Deposit {
    /// Added to the application's folder; a file of the same path is replaced.
    pub app: Part,
    /// The buildpack's folder below `deps`.
    pub deps: Part,
    /// Scripts that the launcher runs, the droplet's `profile.d`.
    pub profile: Tree,
    /// Kept for the application's next staging, in the build cache.
    pub cache: Tree,
    /// Process types and their commands.
    pub processes: Vec<(String, String)>,
}

impl Tree {
    /// Adds a file of mode 0644.
    pub(super) fn file(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.insert(path, EntryKind::File { executable: false, content: Content::from_bytes(bytes.into()) });
    }

    /// Adds a file of mode 0755.
    pub(super) fn executable(&mut self, path: &str, content: Content) {
        self.insert(path, EntryKind::File { executable: true, content });
    }

    /// Adds a script of mode 0755.
    pub(super) fn script(&mut self, path: &str, text: impl Into<Vec<u8>>) {
        self.executable(path, Content::from_bytes(text.into()));
    }

    /// Adds a folder that stays empty unless something else lies in it.
    pub(super) fn folder(&mut self, path: &str) {
        let path = checked(path);
        self.0.entry(path).or_insert(EntryKind::Directory);
    }

    /// Adds a link.
    pub(super) fn link(&mut self, path: &str, target: &str) {
        self.insert(path, EntryKind::Symlink { target: target.into() });
    }

    /// Adds an entry, in the place of one of the same path.
    pub(super) fn insert(&mut self, path: &str, kind: EntryKind) {
        self.0.insert(checked(path), kind);
    }

    /// Adds an entry whose path has a name in it that was not checked yet, or that is too long where it goes.
    pub(super) fn insert_named(&mut self, path: &str, kind: EntryKind) -> Result<(), PathError> {
        self.0.insert(EntryPath::new(path)?, kind);
        Ok(())
    }

    /// The text of a small file at hand.
    pub fn text(&self, path: &str) -> Option<String> {
        match self.0.get(&checked(path))? {
            EntryKind::File { content, .. } => Some(String::from_utf8_lossy(content.as_slice()?).into_owned()),
            _ => None,
        }
    }

    /// Its entries, sorted by path.
    pub fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        self.0.iter().map(|(path, kind)| Entry { path: path.clone(), kind: kind.clone() })
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A path written in this crate, or made of names that were checked when their archive was opened.
pub(super) fn checked(path: &str) -> EntryPath {
    EntryPath::new(path).unwrap_or_else(|error| unreachable!("`{path}`: {error}"))
}
