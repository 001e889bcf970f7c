//! The host's file tree, seen from its root, links followed inside it; and the record of what was looked at.

use std::collections::{BTreeMap, HashMap};
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use buildpacks::absence::absent_ok;
use buildpacks::application::StatRecord;
use fs_err as fs;

use super::super::BaseError;

/// Links followed before a path counts as a loop, as in Linux.
const MAX_LINKS: usize = 40;

/// The root of the host's file tree.
#[derive(Clone, Debug)]
pub struct HostRoot(PathBuf);

/// A path of the host with every link followed.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    /// Below the root, without leading slash; empty for the root itself.
    pub(super) path: String,
    /// Where it lies on disk.
    pub(super) on_disk: PathBuf,
    /// Its metadata; never that of a link.
    pub(super) metadata: Metadata,
    /// Links followed on the way, in order: path below the root, target as written.
    pub(super) links: Vec<(String, String)>,
}

/// The host while a base is made of it: remembers every file and directory the result depends on.
#[derive(Debug)]
pub(super) struct Host<'a> {
    root: &'a HostRoot,
    inputs: BTreeMap<PathBuf, StatRecord>,
    /// What was there when a path was first looked at: paths share their first components.
    seen: HashMap<PathBuf, Option<Metadata>>,
}

impl Default for HostRoot {
    fn default() -> Self {
        Self::system()
    }
}

impl HostRoot {
    /// The running system.
    pub fn system() -> Self {
        Self("/".into())
    }

    /// A tree somewhere else, such as an unpacked root file system; its absolute links stay inside it.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }
}

impl<'a> Host<'a> {
    pub(super) fn new(root: &'a HostRoot) -> Self {
        Self { root, inputs: BTreeMap::new(), seen: HashMap::new() }
    }

    /// The files and directories looked at, with their records.
    pub(super) fn into_inputs(self) -> Vec<(PathBuf, StatRecord)> {
        self.inputs.into_iter().collect()
    }

    /// Resolves `path`, absolute or relative to the root; `None` when it leads nowhere.
    pub(super) fn resolve(&mut self, path: &str) -> Result<Option<Resolved>, BaseError> {
        let mut pending: Vec<String> = components(path);
        let mut resolved = String::new();
        let mut metadata = self.lstat(&self.on_disk(""))?;
        let mut links = Vec::new();
        while let Some(component) = pending.pop() {
            if component == ".." {
                resolved.truncate(resolved.rfind('/').unwrap_or(0));
                metadata = self.lstat(&self.on_disk(&resolved))?;
                continue;
            }
            let parent = resolved.clone();
            if !resolved.is_empty() {
                resolved.push('/');
            }
            resolved.push_str(&component);
            metadata = self.lstat(&self.on_disk(&resolved))?;
            let Some(found) = &metadata else {
                self.watch_directory(&parent)?;
                return Ok(None);
            };
            if found.is_symlink() {
                self.watch_directory(&parent)?;
                let on_disk = self.on_disk(&resolved);
                let target = fs::read_link(&on_disk).map_err(|source| read_error(&on_disk, source))?;
                let target = target.to_string_lossy().into_owned();
                links.push((resolved.clone(), target.clone()));
                if links.len() > MAX_LINKS {
                    return Ok(None);
                }
                resolved = if target.starts_with('/') { String::new() } else { parent };
                pending.extend(components(&target));
                metadata = self.lstat(&self.on_disk(&resolved))?;
            }
        }
        let on_disk = self.on_disk(&resolved);
        Ok(metadata.map(|metadata| Resolved { path: resolved, on_disk, metadata, links }))
    }

    /// Resolves `path` and keeps the record of what is there, when it is a regular file.
    pub(super) fn file(&mut self, path: &str) -> Result<Option<Resolved>, BaseError> {
        let resolved = self.resolve(path)?.filter(|found| found.metadata.is_file());
        if let Some(found) = &resolved {
            self.inputs.insert(found.on_disk.clone(), StatRecord::of(&found.metadata));
        }
        Ok(resolved)
    }

    /// Resolves `path` and keeps the record of what is there, when it is a directory: names that come or go in it show.
    pub(super) fn directory(&mut self, path: &str) -> Result<Option<Resolved>, BaseError> {
        let resolved = self.resolve(path)?.filter(|found| found.metadata.is_dir());
        if let Some(found) = &resolved {
            self.inputs.insert(found.on_disk.clone(), StatRecord::of(&found.metadata));
        }
        Ok(resolved)
    }

    /// Names in a directory, sorted; those that are not UTF-8 are left out.
    pub(super) fn names(&mut self, directory: &Resolved) -> Result<Vec<String>, BaseError> {
        self.inputs.insert(directory.on_disk.clone(), StatRecord::of(&directory.metadata));
        let failed = |source| read_error(&directory.on_disk, source);
        let mut names = Vec::new();
        for entry in fs::read_dir(&directory.on_disk).map_err(failed)? {
            names.extend(entry.map_err(failed)?.file_name().into_string());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn on_disk(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.0.clone() } else { self.root.0.join(path) }
    }

    fn lstat(&mut self, path: &Path) -> Result<Option<Metadata>, BaseError> {
        if let Some(known) = self.seen.get(path) {
            return Ok(known.clone());
        }
        let found = absent_ok(fs::symlink_metadata(path)).map_err(|error| read_error(path, error))?;
        self.seen.insert(path.to_owned(), found.clone());
        Ok(found)
    }

    /// Watches the directory in which a link lies, or a missing name would have to appear.
    fn watch_directory(&mut self, path: &str) -> Result<(), BaseError> {
        let on_disk = self.on_disk(path);
        if !self.inputs.contains_key(&on_disk)
            && let Some(metadata) = self.lstat(&on_disk)?
        {
            self.inputs.insert(on_disk, StatRecord::of(&metadata));
        }
        Ok(())
    }
}

/// Components of `path`, last first, empty ones and `.` left out.
fn components(path: &str) -> Vec<String> {
    path.rsplit('/').filter(|name| !name.is_empty() && *name != ".").map(str::to_owned).collect()
}

pub(super) fn read_error(path: &Path, source: io::Error) -> BaseError {
    BaseError::Read { path: path.to_owned(), source }
}
