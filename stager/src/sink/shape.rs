//! What an output layout has to look like before it is added to: its names are folders and files of its own. A link would
//! have the image written somewhere else.

use std::io;
use std::path::Path;

use buildpacks::files;
use fs_err as fs;

use super::SinkError;

/// Folders of a layout.
const FOLDERS: [&str; 2] = ["blobs", "blobs/sha256"];
/// Files of a layout.
const FILES: [&str; 2] = ["oci-layout", "index.json"];

/// Refuses a layout in which a name is something else; what is missing is no matter.
pub(super) fn check(layout: &Path) -> Result<(), SinkError> {
    let names = FOLDERS.map(|name| (name, true)).into_iter().chain(FILES.map(|name| (name, false)));
    for (name, is_folder) in names {
        let path = layout.join(name);
        match fs::symlink_metadata(&path) {
            Ok(found) if is_folder && found.is_dir() || !is_folder && found.is_file() => {}
            Ok(found) => return Err(SinkError::Shape { path, found: files::kind(&found) }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(SinkError::Io { action: "look at", path, source }),
        }
    }
    Ok(())
}
