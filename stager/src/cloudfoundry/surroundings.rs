//! What the programs know of the process they run in, read once by the command line.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Name, environment and place of the process.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The name the program was started by; messages and the scripts' `$0` show it.
    pub program: OsString,
    /// Every variable.
    pub variables: BTreeMap<OsString, OsString>,
    /// The current folder.
    pub current_dir: PathBuf,
}

impl Surroundings {
    /// The variable's text; empty when it is missing or not UTF-8.
    pub(super) fn text(&self, name: &str) -> &str {
        self.variables.get(OsStr::new(name)).and_then(|value| value.to_str()).unwrap_or_default()
    }

    /// Sets a variable.
    pub(super) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.insert(name.into(), value.into());
    }

    /// Removes a variable.
    pub(super) fn unset(&mut self, name: &str) {
        self.variables.remove(OsStr::new(name));
    }

    /// `$TMPDIR`, else `/tmp`.
    pub(super) fn temporary_dir(&self) -> PathBuf {
        match self.variables.get(OsStr::new("TMPDIR")) {
            Some(folder) if !folder.is_empty() => PathBuf::from(folder),
            _ => PathBuf::from("/tmp"),
        }
    }

    /// Whether `$PATH` has an executable file of this name.
    pub(super) fn has_program(&self, name: &str) -> bool {
        let path = self.variables.get(OsStr::new("PATH")).map(OsString::as_os_str).unwrap_or_default();
        std::env::split_paths(path).any(|folder| executable(&folder.join(name)))
    }

    /// The path made absolute and lexically cleaned.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        clean(&self.current_dir.join(path))
    }
}

fn executable(path: &Path) -> bool {
    let Ok(metadata) = fs_err::metadata(path) else { return false };
    metadata.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Cleans a path without looking at the disk: no `.`, no doubled `/`, `a/..` gone; the empty path is `.`.
pub(super) fn clean(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match clean.components().next_back() {
                Some(Component::Normal(_)) => {
                    clean.pop();
                }
                Some(Component::RootDir) => {}
                _ => clean.push(".."),
            },
            other => clean.push(other),
        }
    }
    if clean.as_os_str().is_empty() { PathBuf::from(".") } else { clean }
}

/// The folder a file is in: `.` for a bare name.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) => Path::new("."),
        None => Path::new("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        for (path, cleaned) in
            [("", "."), ("/", "/"), ("/a//b/./c/", "/a/b/c"), ("/a/../../b", "/b"), ("../a/..", ".."), ("a/..", ".")]
        {
            assert_eq!(clean(Path::new(path)), Path::new(cleaned), "{path}");
        }
    }
}
