//! From entries in the order of an archive or a directory to a checked tree: sorted by path bytes, names unique,
//! nothing below a file or a link, no link that leaves the tree.

use super::{ArchiveError, Entry, EntryError, EntryKind, EntryPath, Limits, OpenError};

/// Sorts and checks `entries`, read from `archive`. Repeated directories become one.
pub(super) fn build(archive: &str, mut entries: Vec<Entry>, limits: &Limits) -> Result<Vec<Entry>, OpenError> {
    if entries.len() > limits.entries {
        return Err(OpenError::archive(archive, ArchiveError::TooManyEntries { limit: limits.entries }));
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries.dedup_by(|next, kept| is_directory(next) && is_directory(kept) && next.path == kept.path);
    if let Some(pair) = entries.windows(2).find(|pair| pair[0].path == pair[1].path) {
        return Err(OpenError::entry(archive, pair[0].path.as_str(), EntryError::Duplicate));
    }
    check_parents(archive, &entries)?;
    for entry in &entries {
        if let EntryKind::Symlink { target } = &entry.kind {
            let path = entry.path.as_str();
            if !stays_inside(&entries, path, target) {
                let target = target.to_string();
                return Err(OpenError::entry(archive, path, EntryError::LinkLeaves { target }));
            }
        }
    }
    Ok(entries)
}

/// The entry named `path` in sorted `entries`.
pub(super) fn find<'a>(entries: &'a [Entry], path: &str) -> Option<&'a Entry> {
    entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok().map(|at| &entries[at])
}

/// Nothing lies below a file or a link.
fn check_parents(archive: &str, entries: &[Entry]) -> Result<(), OpenError> {
    let mut checked = "";
    for entry in entries {
        let path = entry.path.as_str();
        let Some(end) = path.rfind('/') else { continue };
        let parent = &path[..end];
        if parent == checked {
            continue;
        }
        checked = parent;
        for ancestor in ancestors(path) {
            if find(entries, ancestor).is_some_and(|found| !is_directory(found)) {
                return Err(OpenError::entry(archive, ancestor, EntryError::NotADirectory { below: path.to_owned() }));
            }
        }
    }
    Ok(())
}

/// Whether the link at `path` to `target` stays inside the tree. Nothing lies below links, so the link's own folder is
/// real and leading `..` go where they seem to; a `..` behind a link would not, so it is refused.
fn stays_inside(entries: &[Entry], path: &str, target: &str) -> bool {
    if target.starts_with('/') || target.contains('\0') {
        return false;
    }
    let mut at: Vec<&str> = path.split('/').collect();
    at.pop();
    let mut through_link = false;
    for component in target.split('/') {
        match component {
            "" | "." => {}
            ".." if through_link => return false,
            ".." => {
                if at.pop().is_none() {
                    return false;
                }
            }
            name => {
                at.push(name);
                through_link = through_link
                    || find(entries, &at.join("/"))
                        .is_some_and(|found| matches!(found.kind, EntryKind::Symlink { .. }));
            }
        }
    }
    true
}

/// The real path in sorted `entries` that `path` names, through links, `.` and `..`; `None` when nothing is there, the
/// path leaves the tree, or it is the root.
pub(super) fn resolve(entries: &[Entry], path: &str) -> Option<EntryPath> {
    // As many as Linux follows.
    let mut links = 40;
    let mut rest: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
    let mut at: Vec<String> = Vec::new();
    if path.starts_with('/') {
        return None;
    }
    while let Some(component) = rest.pop() {
        match component.as_str() {
            "" | "." => continue,
            ".." => {
                at.pop()?;
                continue;
            }
            _ => at.push(component),
        }
        let here = at.join("/");
        match find(entries, &here).map(|entry| &entry.kind) {
            Some(EntryKind::Symlink { target }) if target.starts_with('/') => return None,
            Some(EntryKind::Symlink { target }) => {
                links -= 1;
                if links == 0 {
                    return None;
                }
                at.pop();
                rest.extend(target.split('/').rev().map(str::to_owned));
            }
            Some(_) => {}
            None if has_below(entries, &here) => {}
            None => return None,
        }
    }
    EntryPath::new(&at.join("/")).ok()
}

/// Whether something lies below the folder.
fn has_below(entries: &[Entry], folder: &str) -> bool {
    let prefix = format!("{folder}/");
    let at = entries.partition_point(|entry| entry.path.as_str() < prefix.as_str());
    entries.get(at).is_some_and(|entry| entry.path.as_str().starts_with(&prefix))
}

fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

fn is_directory(entry: &Entry) -> bool {
    matches!(entry.kind, EntryKind::Directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::Content;

    fn file(path: &str) -> Entry {
        Entry::file(EntryPath::new(path).unwrap(), Content::from_bytes(*b"x"))
    }

    fn link(path: &str, target: &str) -> Entry {
        Entry { path: EntryPath::new(path).unwrap(), kind: EntryKind::Symlink { target: target.into() } }
    }

    fn directory(path: &str) -> Entry {
        Entry::directory(EntryPath::new(path).unwrap())
    }

    fn built(entries: Vec<Entry>) -> Result<Vec<String>, EntryError> {
        match build("test", entries, &Limits::default()) {
            Ok(entries) => Ok(entries.iter().map(|entry| entry.path.to_string()).collect()),
            Err(OpenError::Entry { source, .. }) => Err(source),
            Err(_) => Err(EntryError::Special),
        }
    }

    #[test]
    fn sorts_by_bytes_and_folds_repeated_directories() {
        let entries = vec![file("b/c"), directory("b"), file("b-a"), directory("b"), file("B")];
        assert_eq!(built(entries).unwrap(), ["B", "b", "b-a", "b/c"]);
    }

    #[test]
    fn paths_are_resolved_through_the_trees_own_links() {
        let entries = vec![
            file("app.jar"),
            directory("empty"),
            file("lib/a.jar"),
            link("lib/again", "./.."),
            link("lib/loop", "loop"),
            link("link", "lib"),
            link("other.jar", "link/a.jar"),
        ];
        let entries = build("test", entries, &Limits::default()).unwrap();
        for (path, real) in [
            ("app.jar", Some("app.jar")),
            ("./lib/../app.jar", Some("app.jar")),
            ("link/a.jar", Some("lib/a.jar")),
            ("other.jar", Some("lib/a.jar")),
            ("lib/again/link/a.jar", Some("lib/a.jar")),
            ("lib/", Some("lib")),
            ("empty", Some("empty")),
            ("nowhere/../app.jar", None),
            ("lib/loop", None),
            ("../app.jar", None),
            ("/app.jar", None),
            (".", None),
        ] {
            assert_eq!(resolve(&entries, path).as_ref().map(EntryPath::as_str), real, "{path}");
        }
    }

    #[test]
    fn refuses_the_same_name_twice() {
        assert!(matches!(built(vec![file("a"), file("b"), file("a")]), Err(EntryError::Duplicate)));
        assert!(matches!(built(vec![file("a"), directory("a")]), Err(EntryError::Duplicate)));
    }

    #[test]
    fn refuses_entries_below_files_and_links() {
        for entries in [
            vec![file("a"), file("a-b"), file("a/b")],
            vec![link("a", "b"), file("a/b/c/d")],
            vec![file("x/a"), file("x/a/b/c")],
        ] {
            assert!(matches!(built(entries), Err(EntryError::NotADirectory { .. })));
        }
    }

    #[test]
    fn keeps_links_that_stay_inside() {
        for (path, target) in
            [("a/b/c", "../../d"), ("a", "b/c"), ("legal/x/LICENSE", "../y/LICENSE"), ("a/b", "."), ("a", "b/../c")]
        {
            built(vec![link(path, target)]).unwrap();
        }
    }

    #[test]
    fn refuses_links_that_leave() {
        for (path, target) in [("a", "/etc/passwd"), ("a", ".."), ("a/b", "../../c"), ("a/b/c", "../x/../../../d")] {
            let result = built(vec![link(path, target)]);
            assert!(matches!(result, Err(EntryError::LinkLeaves { .. })), "{path} -> {target}");
        }
    }

    #[test]
    fn refuses_links_that_leave_by_way_of_another_link() {
        let entries = vec![link("p/q/up", "../../r"), link("escape", "p/q/up/../.."), directory("r")];
        assert!(matches!(built(entries), Err(EntryError::LinkLeaves { .. })));
    }
}
