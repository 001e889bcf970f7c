//! What is only there for a while: files that are being written beside their final name, temporary folders.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use fs_err as fs;

use super::surroundings::parent;

/// How the name of such a file starts: by what it will be and which process writes it.
pub(super) fn prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(format!(".stage-{}-", std::process::id()));
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
        let own = tempfile::Builder::new().prefix(&prefix(&droplet)).tempfile_in(folder.path()).unwrap();
        fs::write(folder.path().join(".droplet.stage-0-other"), "").unwrap();
        fs::write(&droplet, "").unwrap();
        remove(&droplet);
        assert!(!own.path().exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
