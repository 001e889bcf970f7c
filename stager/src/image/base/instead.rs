//! What was named in the place of an image or root file system, where it is something else that is known.

use std::io::Read as _;
use std::path::Path;

use super::{BaseChoice, BaseError};

/// First bytes of a zip: jars and wars are ones.
const ZIP: &[u8] = b"PK\x03\x04";
/// What lies in the folder of an application.
const APPLICATION: [&str; 3] = ["META-INF/MANIFEST.MF", "BOOT-INF", "WEB-INF"];

/// The error that says what `choice` names, where `error` came of its being something else.
pub(super) fn instead(choice: &BaseChoice, error: BaseError) -> BaseError {
    let (path, transport) = match choice {
        BaseChoice::Oci { dir, .. } => (dir, "oci"),
        BaseChoice::OciArchive { file, .. } => (file, "oci-archive"),
        BaseChoice::Rootfs(tar) => (tar, "rootfs"),
        BaseChoice::Host | BaseChoice::None => return error,
    };
    if is_application(path) {
        return BaseError::Application { path: path.clone() };
    }
    let right = if path.join("oci-layout").is_file() { "oci" } else { "oci-archive" };
    let is_image = path.join("oci-layout").is_file() || transport == "oci" && is_archive(path);
    if is_image && right != transport { BaseError::Transport { path: path.clone(), right } } else { error }
}

fn is_application(path: &Path) -> bool {
    if path.is_dir() {
        return APPLICATION.iter().any(|name| path.join(name).exists());
    }
    let mut first = [0; ZIP.len()];
    let read = buildpacks::files::open(path).and_then(|mut file| file.read_exact(&mut first));
    read.is_ok() && first == ZIP
}

/// Whether a file is a tar of an image layout.
pub fn is_archive(path: &Path) -> bool {
    let Ok(file) = buildpacks::files::open(path) else { return false };
    let mut archive = tar::Archive::new(file);
    let Ok(members) = archive.entries_with_seek() else { return false };
    let named = |path: &[u8]| {
        let name = String::from_utf8_lossy(path).into_owned();
        ["oci-layout", "index.json"].contains(&name.trim_start_matches("./"))
    };
    members.flatten().any(|member| named(&member.path_bytes()))
}
