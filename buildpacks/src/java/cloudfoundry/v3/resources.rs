//! Files that a buildpack's folder holds for a component, in `resources/<component>`: copied beside it.

use fs_err as fs;
use walkdir::WalkDir;

use super::phase::Phase;
use super::staging::{Failure, Work};
use crate::application::{Content, EntryKind, EntryPath};
use crate::files;
use crate::java::cloudfoundry::inside::leads_inside;

impl Phase<'_> {
    /// Copies what there is for a component into its folder in the application.
    pub(super) fn copy_resources(&self, id: &str, work: &mut Work) -> Result<(), Failure> {
        let root = self.buildpack.folder().join("resources").join(id);
        if !root.is_dir() {
            return Ok(());
        }
        if !leads_inside(self.buildpack.folder(), &root) {
            return Err(Failure(format!("`resources/{id}` is a link that leads out of the buildpack")));
        }
        let refused = |path: &std::path::Path, error: &dyn std::fmt::Display| {
            Failure(format!("Could not copy `{}`: {error}", path.display()))
        };
        for entry in WalkDir::new(&root).min_depth(1).sort_by_file_name() {
            let entry = entry.map_err(|error| refused(&root, &error))?;
            let path = entry.path();
            let failed = |error: &dyn std::fmt::Display| refused(path, error);
            let below = path.strip_prefix(&root).unwrap_or(path).to_string_lossy();
            let name = EntryPath::new(&format!(".java-buildpack/{id}/{below}")).map_err(|error| failed(&error))?;
            let kind = if entry.file_type().is_dir() {
                EntryKind::Directory
            } else if entry.file_type().is_symlink() {
                let target = fs::read_link(path).map_err(|error| failed(&error))?;
                EntryKind::Symlink { target: target.to_string_lossy().into() }
            } else {
                let executable = is_executable(&entry.metadata().map_err(|error| failed(&error))?);
                let bytes = files::read_found(path, files::DOCUMENT_BYTES).map_err(|error| failed(&error))?;
                EntryKind::File { executable, content: Content::from_bytes(bytes) }
            };
            work.deposit.app.files.insert(name.as_str(), kind);
        }
        Ok(())
    }
}

fn is_executable(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o100 != 0
}
