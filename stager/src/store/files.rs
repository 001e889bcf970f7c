//! Files of the cache and of outputs: temporary, opened, hashed, copied.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use fs_err as fs;
use rustix::fs::{Mode, OFlags};
use sha2::Digest as _;
use tempfile::NamedTempFile;

use crate::digest::{Digest, HashingWriter};

/// Read buffer for hashing, bytes.
const BUFFER_BYTES: usize = 1 << 20;
/// How a name is opened that may be anything: a FIFO does not block, a link is not followed.
const OPEN_AS_IT_IS: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);
/// Start of the names of files that are not complete yet.
pub const NEW: &str = ".new-";
/// A temporary file that nobody holds and that is older than this was left by a killed process.
const ABANDONED_AFTER: Duration = Duration::from_secs(10);

/// Creates a temporary file in `folder` whose name starts with `prefix`, and holds it, so that others see it is in use.
pub fn new_temporary(folder: &Path, prefix: impl AsRef<OsStr>) -> io::Result<NamedTempFile> {
    let file = tempfile::Builder::new().prefix(&prefix).tempfile_in(folder)?;
    // Without locks an abandoned file is cleaned up by age alone.
    drop(file.as_file().try_lock());
    Ok(file)
}

/// Removes files and folders whose names start with `prefix` and that killed processes left behind: old ones that nobody
/// holds. Anything else of such a name, a FIFO or a link that somebody put there, stays. Best effort: the next run tries
/// again.
pub fn remove_abandoned(folder: &Path, prefix: impl AsRef<OsStr>) {
    let prefix = prefix.as_ref().as_bytes();
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().as_bytes().starts_with(prefix)) {
        if entry.file_type().is_ok_and(|kind| kind.is_file() || kind.is_dir()) {
            remove_if_abandoned(&entry.path());
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a file or a folder, to be locked")]
fn remove_if_abandoned(path: &Path) {
    // What it is may have changed since the folder was read: opening must neither block nor follow.
    let Ok(file) = rustix::fs::open(path, OPEN_AS_IT_IS, Mode::empty()).map(std::fs::File::from) else { return };
    let Ok(metadata) = file.metadata() else { return };
    let age = metadata.modified().ok().and_then(|time| SystemTime::now().duration_since(time).ok());
    if age.is_none_or(|age| age <= ABANDONED_AFTER) || file.try_lock().is_err() {
        return;
    }
    if metadata.is_dir() {
        drop(fs::remove_dir_all(path));
    } else if metadata.is_file() {
        drop(fs::remove_file(path));
    }
}

/// The digest and the size of what is left to read.
pub fn hash(mut file: &std::fs::File) -> io::Result<(Digest, u64)> {
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

/// Copies what is left to read of `from` to `to`; digest and size of what was copied.
pub fn copy_hashed(from: &mut impl Read, to: &mut std::fs::File) -> io::Result<(Digest, u64)> {
    let mut hashing = HashingWriter::new(to);
    io::copy(from, &mut hashing)?;
    let (_, digest, size) = hashing.finish();
    Ok((digest, size))
}
