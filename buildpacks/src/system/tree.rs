//! A tree as a shell script sees it: tests that follow links, patterns over a folder's names, walks that do not follow.

use super::SystemError;
use crate::application::{Application, Entry, EntryKind};

/// Most links followed on one path, as Linux has it.
const MAX_LINKS: usize = 40;

/// An application's tree, asked as `test`, patterns and `find` ask a folder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tree<'a> {
    application: &'a Application,
}

/// What a path leads to when links are followed.
enum Node<'a> {
    File(&'a Entry),
    /// The folder's own path, without links.
    Directory(String),
}

impl<'a> Tree<'a> {
    pub(super) fn of(application: &'a Application) -> Self {
        Self { application }
    }

    /// `test -f`: a regular file, or a link to one.
    pub(super) fn is_file(self, path: &str) -> bool {
        matches!(self.resolve(path), Some(Node::File(_)))
    }

    /// `test -d`: a folder, or a link to one.
    pub(super) fn is_directory(self, path: &str) -> bool {
        matches!(self.resolve(path), Some(Node::Directory(_)))
    }

    /// What the pattern `*suffix` gives in `folder` (empty for the top): names of whatever is there, hidden ones left out.
    pub(super) fn ending_in(self, folder: &str, suffix: &str) -> Vec<String> {
        self.names(folder).into_iter().filter(|name| name.ends_with(suffix)).map(|name| below(folder, name)).collect()
    }

    /// The names in `folder`, links to it followed, in the order of their bytes; hidden ones left out.
    pub(super) fn names(self, folder: &str) -> Vec<&'a str> {
        let Some(Node::Directory(folder)) = self.resolve(folder) else { return Vec::new() };
        let prefix = if folder.is_empty() { folder } else { folder + "/" };
        let below = self.application.below(&prefix).iter().map(|entry| &entry.path.as_str()[prefix.len()..]);
        let mut names: Vec<_> = below.map(|rest| rest.split('/').next().unwrap_or(rest)).collect();
        names.dedup();
        names.retain(|name| !name.starts_with('.'));
        names
    }

    /// `find -type f`: regular files below `folder` (empty for the top), with their depth below it, links not followed.
    pub(super) fn files(self, folder: &str) -> impl Iterator<Item = (usize, &'a Entry)> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let length = prefix.len();
        let files = self.application.below(&prefix).iter().filter(|entry| entry.content().is_some());
        files.map(move |entry| (entry.path.as_str()[length..].split('/').count(), entry))
    }

    /// `find`: paths of whatever has a name that `accepts`, at any depth, links not followed.
    pub(super) fn named(self, accepts: impl Fn(&str) -> bool) -> Vec<&'a str> {
        let mut found = Vec::new();
        for entry in self.application.entries() {
            let path = entry.path.as_str();
            let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
            found.extend(ends.map(|end| &path[..end]).filter(|path| accepts(path.rsplit('/').next().unwrap_or(path))));
        }
        // A folder comes once for each entry in it.
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The text of a regular file, or of what a link leads to; none when there is no such file.
    pub(super) fn text(self, path: &str, limit: u64) -> Result<Option<String>, SystemError> {
        let Some(Node::File(entry)) = self.resolve(path) else { return Ok(None) };
        let Some(content) = entry.content() else { return Ok(None) };
        let bytes = content.read(limit).map_err(|source| self.unreadable(entry, source))?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Whether the file's bytes start with `magic`.
    pub(super) fn starts_with(self, entry: &Entry, magic: &[u8]) -> Result<bool, SystemError> {
        let Some(content) = entry.content() else { return Ok(false) };
        let mut start = vec![0; magic.len()];
        let read = content.read_prefix(&mut start).map_err(|source| self.unreadable(entry, source))?;
        Ok(read == magic.len() && start == magic)
    }

    fn unreadable(self, entry: &Entry, source: crate::application::ContentError) -> SystemError {
        SystemError { artifact: self.application.path().display().to_string(), entry: entry.path.to_string(), source }
    }

    /// Follows `path`, links included; none where it leads nowhere.
    fn resolve(self, path: &str) -> Option<Node<'a>> {
        let mut ahead: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut at: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(name) = ahead.pop() {
            match name.as_str() {
                "" | "." => continue,
                ".." => {
                    at.pop()?;
                    continue;
                }
                _ => at.push(name),
            }
            let here = at.join("/");
            match self.application.get(&here) {
                Some(Entry { kind: EntryKind::Symlink { target }, .. }) => {
                    links += 1;
                    if links > MAX_LINKS {
                        return None;
                    }
                    at.pop();
                    ahead.extend(target.split('/').rev().map(str::to_owned));
                }
                Some(entry) if entry.content().is_some() => {
                    return ahead.iter().all(String::is_empty).then_some(Node::File(entry));
                }
                None if self.application.below(&format!("{here}/")).is_empty() => return None,
                Some(_) | None => {}
            }
        }
        Some(Node::Directory(at.join("/")))
    }
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use fs_err as fs;

    use super::*;

    #[test]
    fn links_are_followed_as_a_shell_does() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::create_dir_all(path("real/deep")).unwrap();
        fs::write(path("real/deep/File"), "text").unwrap();
        fs::write(path(".hidden.x"), "").unwrap();
        for (link, target) in
            [("folder", "real"), ("file", "folder/deep/File"), ("one", "two"), ("two", "one"), ("gone.x", "nowhere")]
        {
            symlink(target, path(link)).unwrap();
        }
        let application = Application::open(root.path()).unwrap();
        let tree = Tree::of(&application);
        assert!(tree.is_file("file") && tree.is_file("folder/deep/File") && tree.is_file("/folder//deep/../deep/File"));
        assert!(tree.is_directory("folder") && tree.is_directory("real") && tree.is_directory(""));
        for nothing in ["one", "gone.x", "real/none/../deep", "real/deep/File/x", "..", "folder/.."] {
            assert!(!tree.is_file(nothing), "{nothing}");
        }
        assert!(!tree.is_directory("real/none/../deep") && !tree.is_directory(".."));
        assert_eq!(tree.names("folder"), ["deep"]);
        assert_eq!(tree.ending_in("", ".x"), ["gone.x"]);
        assert_eq!(tree.ending_in("folder/deep", "ile"), ["folder/deep/File"]);
        assert_eq!(tree.named(|name| name == "deep"), ["real/deep"]);
        assert_eq!(tree.text("file", 9).unwrap().as_deref(), Some("text"));
        assert!(tree.text("file", 3).is_err());
        assert_eq!(tree.files("real").map(|(depth, _)| depth).collect::<Vec<_>>(), [2]);
    }
}
