//! What is only there for a while: files that are being written beside their final name, temporary folders.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;
use tempfile::NamedTempFile;

use super::surroundings::parent;
use crate::sink::Destination;
use crate::store::{new_temporary, remove_abandoned};

/// The file that an output's path means: the one behind a link. What is no regular file is not replaced: it is refused.
///
/// # Errors
/// When something else is there, or when it cannot be looked at.
pub(super) fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        // A folder is in the way of a file when that gets its name.
        Ok(metadata) if metadata.is_file() || metadata.is_dir() => return Ok(path.to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path.to_owned()),
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    match Destination::of(path) {
        Ok(Destination::File(path)) => Ok(path),
        Ok(_) => Err(io::Error::other("it is no regular file: name one")),
        Err(error) => Err(io::Error::other(error.to_string())),
    }
}

/// Creates a file beside its final name, which no other process takes for abandoned; what killed processes left of the same
/// name goes.
pub(super) fn create(path: &Path) -> io::Result<NamedTempFile> {
    remove_abandoned(parent(path), every_prefix(path));
    new_temporary(parent(path), prefix(path))
}

/// How the name of such a file starts, whichever process writes it.
fn every_prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".stage-");
    prefix
}

/// How the name of such a file starts when this process writes it.
fn prefix(path: &Path) -> OsString {
    let mut prefix = every_prefix(path);
    prefix.push(format!("{}-", std::process::id()));
    prefix
}

/// Removes what this process has half written of the file at `path`; what cannot be removed stays.
pub(super) fn remove(path: &Path) {
    let prefix = prefix(path);
    for entry in fs::read_dir(parent(path)).into_iter().flatten().flatten() {
        if entry.file_name().as_bytes().starts_with(OsStr::as_bytes(&prefix)) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Removes a folder, also when folders in it may not be written, as caches of Go modules may not; what cannot be removed
/// stays.
pub(super) fn remove_folder(folder: &Path) {
    if fs::remove_dir_all(folder).is_ok() {
        return;
    }
    open_up(folder);
    drop(fs::remove_dir_all(folder));
}

/// Lets the owner into a folder and all folders in it.
fn open_up(folder: &Path) {
    drop(fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_process_writes_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let droplet = folder.path().join("droplet");
        let own = create(&droplet).unwrap();
        fs::write(folder.path().join(".droplet.stage-0-other"), "").unwrap();
        fs::write(&droplet, "").unwrap();
        remove(&droplet);
        assert!(!own.path().exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn outputs_are_files_or_links_to_files() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "").unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), rustix::fs::Mode::RUSR).unwrap();
        for (name, to) in [("link", "file"), ("nowhere", "gone"), ("zero", "/dev/zero")] {
            fs_err::os::unix::fs::symlink(to, at(name)).unwrap();
        }
        for (name, found) in [("file", "file"), ("new", "new"), ("link", "file")] {
            assert_eq!(target(&at(name)).unwrap().file_name(), Some(OsStr::new(found)));
        }
        for name in ["fifo", "nowhere", "zero"] {
            assert!(target(&at(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn what_killed_processes_left_goes_when_it_is_old_and_nobody_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let droplet = folder.path().join("droplet");
        let names =
            ["old", "young", "held", "fifo", "link"].map(|name| folder.path().join(format!(".droplet.stage-0-{name}")));
        let [old, young, held, fifo, link] = &names;
        let then = std::time::SystemTime::now() - std::time::Duration::from_mins(1);
        for path in [old, young, held] {
            fs::write(path, "").unwrap();
        }
        let holding = std::fs::File::open(held).unwrap();
        holding.lock().unwrap();
        for path in [old, held] {
            std::fs::File::open(path).unwrap().set_modified(then).unwrap();
        }
        rustix::fs::mkfifoat(rustix::fs::CWD, fifo, rustix::fs::Mode::RUSR).unwrap();
        fs_err::os::unix::fs::symlink(held, link).unwrap();
        let new = create(&droplet).unwrap();
        let there = names.map(|path| fs::symlink_metadata(path).is_ok());
        assert_eq!(there, [false, true, true, true, true]);
        assert!(new.path().exists());
    }
}
