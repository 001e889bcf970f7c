//! Files of the cache and of outputs: temporary, sealed, linked or copied.

use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use fs_err as fs;
use sha2::Digest as _;
use tempfile::NamedTempFile;

use crate::digest::Digest;
use crate::layer::LAYER_TIME;

/// Read buffer for hashing, bytes.
const BUFFER_BYTES: usize = 1 << 20;
/// Mode of finished blobs: nobody should write to them.
const BLOB_MODE: u32 = 0o444;
/// Start of the names of files that are not complete yet.
pub const NEW: &str = ".new-";
/// A temporary file that nobody holds and that is older than this was left by a killed process.
const ABANDONED_AFTER: Duration = Duration::from_secs(10);

/// Creates a temporary file in `folder` whose name starts with `prefix`, and holds it, so that others see it is in use.
pub fn new_temporary(folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    let file = tempfile::Builder::new().prefix(prefix).tempfile_in(folder)?;
    // Without locks an abandoned file is cleaned up by age alone.
    drop(file.as_file().try_lock());
    Ok(file)
}

/// Removes files and folders whose names start with `prefix` and that killed processes left behind: old ones that nobody
/// holds. Best effort: the next run tries again.
pub fn remove_abandoned(folder: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix)) {
        let path = entry.path();
        let Ok(file) = fs::File::open(&path) else { continue };
        let Ok(metadata) = file.metadata() else { continue };
        let age = metadata.modified().ok().and_then(|time| SystemTime::now().duration_since(time).ok());
        if age.is_some_and(|age| age > ABANDONED_AFTER) && file.try_lock().is_ok() {
            drop(if metadata.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) });
        }
    }
}

/// Marks a complete blob: read-only, modification time 1980-01-01T00:00:01Z. Any write moves the time.
pub fn seal(file: &std::fs::File) -> io::Result<()> {
    file.set_permissions(std::fs::Permissions::from_mode(BLOB_MODE))?;
    file.set_modified(sealed_time())
}

/// Whether a file of this size is sealed.
pub fn is_sealed(metadata: &std::fs::Metadata, size: u64) -> bool {
    metadata.is_file() && metadata.len() == size && metadata.modified().is_ok_and(|time| time == sealed_time())
}

fn sealed_time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(LAYER_TIME)
}

/// The digest and the size of a file.
pub fn hash_file(path: &Path) -> io::Result<(Digest, u64)> {
    let mut file = fs::File::open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut size = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((Digest::from(<[u8; 32]>::from(hasher.finalize())), size)),
            read => {
                hasher.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
}

/// Puts the sealed blob `from` at `to`, which must not exist: a hard link where the disk allows one, else a sealed copy.
pub fn place(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => {
            let folder = to.parent().unwrap_or(Path::new("."));
            let mut copy = new_temporary(folder, NEW)?;
            let mut source = fs::File::open(from)?;
            io::copy(&mut source, copy.as_file_mut())?;
            seal(copy.as_file())?;
            copy.persist(to).map_err(|error| error.error)?;
            Ok(())
        }
    }
}
