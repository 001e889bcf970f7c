//! Entries as files in the folders of a staging.

use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use buildpacks::application::{ContentError, Entry, EntryKind, EntryPath};
use fs_err as fs;

use super::super::error::StageError;

/// Writes entries below `root`, each in the place of what has its name. Nothing is written through a link.
pub(super) fn place(root: &Path, entries: impl IntoIterator<Item = Entry>) -> Result<(), StageError> {
    for entry in entries {
        one(root, &entry).map_err(|error| StageError::file("write", &root.join(entry.path.as_str()), &error))?;
    }
    Ok(())
}

fn one(root: &Path, entry: &Entry) -> io::Result<()> {
    for parent in ancestors(&entry.path) {
        folder(&root.join(parent.as_str()))?;
    }
    let path = root.join(entry.path.as_str());
    match &entry.kind {
        EntryKind::Directory => folder(&path),
        EntryKind::Symlink { target } => {
            clear(&path)?;
            symlink(&**target, &path)
        }
        EntryKind::File { executable, content } => {
            // The content may be that of the very file which is replaced.
            let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(root))?;
            content.copy_to(&mut file).map_err(|error| match error {
                // What the disk says is the reason, not that it said something.
                ContentError::Write(reason) => reason,
                other => io::Error::other(other),
            })?;
            let mode = if *executable { 0o755 } else { 0o644 };
            file.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        }
    }
}

fn ancestors(path: &EntryPath) -> Vec<EntryPath> {
    let mut ancestors: Vec<_> = path.ancestors().collect();
    ancestors.sort_by_key(|path| path.as_str().len());
    ancestors
}

/// Makes a folder of mode 0755 unless there is one; a link to one is none.
fn folder(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(io::Error::new(io::ErrorKind::NotADirectory, "not a directory")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir(path)?;
            fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
        }
        Err(error) => Err(error),
    }
}

/// Removes a file or link that has the name.
fn clear(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use buildpacks::application::Content;

    fn file(path: &str, text: &str) -> Entry {
        Entry::file(EntryPath::new(path).unwrap(), Content::from_bytes(text.as_bytes()))
    }

    #[test]
    fn a_file_may_become_itself() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("script");
        fs::write(&path, "text").unwrap();
        let content = Content::file(&path, 4);
        let kind = EntryKind::File { executable: true, content };
        place(root.path(), [Entry { path: EntryPath::new("script").unwrap(), kind }]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn files_replace_what_is_there_and_links_are_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("kept"), "kept").unwrap();
        symlink(outside.path().join("kept"), root.path().join("link")).unwrap();
        place(root.path(), [file("link", "new"), file("a/b/c", "x"), file("a/b/c", "y")]).unwrap();
        assert_eq!(fs::read_to_string(root.path().join("link")).unwrap(), "new");
        assert_eq!(fs::read_to_string(root.path().join("a/b/c")).unwrap(), "y");
        assert_eq!(fs::read_to_string(outside.path().join("kept")).unwrap(), "kept");

        symlink(outside.path(), root.path().join("out")).unwrap();
        let error = place(root.path(), [file("out/new", "x")]).unwrap_err().to_string();
        assert!(error.ends_with("out/new: not a directory"), "{error}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    }
}
