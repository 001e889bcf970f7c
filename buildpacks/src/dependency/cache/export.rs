//! Writing dependencies into one file, for `import` on another machine.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{CachedDependency, DependencyCache};
use crate::dependency::{DependencyError, Sha256};

/// 1980-01-01T00:00:01Z, the time of everything in an image.
const TIME: u64 = 315_532_801;

impl DependencyCache {
    /// Writes `records` with their archives, each checked, as a tar to `file`, whole or not at all. Equal dependencies
    /// give equal bytes.
    ///
    /// # Errors
    /// [`DependencyError::Corrupt`] and its like for an archive that is not what it was,
    /// [`DependencyError::WriteCache`] when `file` cannot be written.
    pub fn export(&self, records: &[CachedDependency], file: &Path) -> Result<(), DependencyError> {
        let mut records: Vec<&CachedDependency> = records.iter().collect();
        records.sort_by_key(|record| record.sha256);
        records.dedup_by_key(|record| record.sha256);
        for record in &records {
            self.verified(record)?;
        }
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let readable = Permissions::from_mode(0o644);
        let out = tempfile::Builder::new().prefix(".export-").permissions(readable).tempfile_in(folder);
        let out = out.map_err(DependencyError::WriteCache)?;
        let out = self.write_tar(&records, out).map_err(DependencyError::WriteCache)?;
        out.as_file().sync_all().map_err(DependencyError::WriteCache)?;
        out.persist(file).map_err(|error| DependencyError::WriteCache(error.error))?;
        Ok(())
    }

    fn write_tar<W: Write>(&self, records: &[&CachedDependency], out: W) -> io::Result<W> {
        let mut tar = tar::Builder::new(out);
        for record in records {
            append(&mut tar, record.sha256, ".json", &mut serde_json::to_vec(record)?.as_slice(), None)?;
            let mut blob = crate::files::open(&self.layout.blob(record.sha256))?;
            append(&mut tar, record.sha256, "", &mut blob, Some(record.size))?;
        }
        tar.into_inner()
    }
}

fn append<W: Write>(
    tar: &mut tar::Builder<W>,
    sha256: Sha256,
    suffix: &str,
    content: &mut dyn io::Read,
    size: Option<u64>,
) -> io::Result<()> {
    let mut small = Vec::new();
    let size = match size {
        Some(size) => size,
        None => io::copy(content, &mut small)?,
    };
    let mut header = tar::Header::new_ustar();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_mtime(TIME);
    header.set_uid(0);
    header.set_gid(0);
    let name = format!("sha256/{sha256}{suffix}");
    if small.is_empty() {
        tar.append_data(&mut header, name, content)
    } else {
        tar.append_data(&mut header, name, &*small)
    }
}
