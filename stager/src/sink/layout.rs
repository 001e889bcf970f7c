//! An OCI image layout folder. A new one is made beside its place and renamed; in an existing one blobs are added, then
//! the index is replaced, so that it is a valid layout at every moment.

use std::collections::BTreeSet;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde_json::Value;

use super::{SinkError, index};
use crate::digest::{Digest, HashingWriter};
use crate::image::{BlobLocation, Image, ImageBlob, canonical};
use crate::store::{NEW, hash_file, is_sealed, new_temporary, place, remove_abandoned, seal};

pub(super) fn publish(image: &Image, path: &Path, tag: &str) -> Result<(), SinkError> {
    if !path.join("oci-layout").is_file() {
        if path.exists() && !is_empty_folder(path) {
            return Err(SinkError::Foreign { path: path.to_owned() });
        }
        if create(image, path, tag)? {
            return Ok(());
        }
    }
    update(image, path, tag)
}

fn is_empty_folder(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

fn io_error<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> SinkError + 'a {
    move |source| SinkError::Io { action, path: path.to_owned(), source }
}

/// Makes a new layout; false when another process made one meanwhile.
fn create(image: &Image, path: &Path, tag: &str) -> Result<bool, SinkError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(io_error("create", parent))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    remove_abandoned(parent, &format!(".{name}.stage-"));
    let temporary = tempfile::Builder::new()
        .prefix(&format!(".{name}.stage-"))
        .tempdir_in(parent)
        .map_err(io_error("create a folder in", parent))?;
    let held = fs::File::open(temporary.path()).map_err(io_error("open", temporary.path()))?;
    drop(held.try_lock());
    fs::set_permissions(temporary.path(), std::fs::Permissions::from_mode(0o755))
        .map_err(io_error("set the mode of", temporary.path()))?;
    write_blobs(image, temporary.path())?;
    let mut document = index::empty();
    index::put(&mut document, image, tag);
    write_file(&temporary.path().join("oci-layout"), index::LAYOUT)?;
    write_file(&temporary.path().join("index.json"), &canonical(&document))?;
    match fs::rename(temporary.path(), path) {
        Ok(()) => {
            // It has its final name: nothing is left to remove.
            let _moved = temporary.keep();
            Ok(true)
        }
        Err(_) if path.join("oci-layout").is_file() => Ok(false),
        Err(source) => Err(SinkError::Io { action: "create", path: path.to_owned(), source }),
    }
}

fn update(image: &Image, path: &Path, tag: &str) -> Result<(), SinkError> {
    let folder = fs::File::open(path).map_err(io_error("open", path))?;
    // Held until the end: two processes that tag one layout must see each other's index. Without lock support the
    // last one wins.
    drop(folder.lock());
    let index_path = path.join("index.json");
    let mut document: Value = match fs::read(&index_path) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).map_err(|source| SinkError::Index { path: index_path.clone(), source })?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => index::empty(),
        Err(source) => return Err(SinkError::Io { action: "read", path: index_path, source }),
    };
    for folder in [path, &path.join("blobs/sha256")] {
        remove_abandoned(folder, NEW);
    }
    write_blobs(image, path)?;
    let before = document.clone();
    let dropped = index::put(&mut document, image, tag);
    if document != before {
        replace_file(&index_path, &canonical(&document))?;
    }
    remove_unreferenced(path, &document, &dropped);
    Ok(())
}

/// Removes blobs that only the images which just lost their tag needed. Best effort: a blob too many does no harm.
fn remove_unreferenced(path: &Path, document: &Value, dropped: &[Digest]) {
    if dropped.is_empty() {
        return;
    }
    let reach = |roots: &[Digest]| {
        let mut seen: BTreeSet<Digest> = BTreeSet::new();
        let mut next = roots.to_vec();
        while let Some(digest) = next.pop() {
            if seen.insert(digest) {
                next.extend(index::references(&document_bytes(&blob_path(path, digest))));
            }
        }
        seen
    };
    let kept = reach(&index::digests_of(document).into_iter().collect::<Vec<_>>());
    for digest in reach(dropped).difference(&kept) {
        drop(fs::remove_file(blob_path(path, *digest)));
    }
}

/// Manifests larger than this are not read; registries refuse them at 4 MiB.
const MAX_DOCUMENT_BYTES: u64 = 4 << 20;

/// The blob if it may be a manifest: small, and an object by its first byte. Layers are not read.
fn document_bytes(path: &Path) -> Vec<u8> {
    let read = || -> io::Result<Vec<u8>> {
        let file = fs::File::open(path)?;
        let mut bytes = Vec::new();
        (&file).take(1).read_to_end(&mut bytes)?;
        if bytes == b"{" && file.metadata()?.len() <= MAX_DOCUMENT_BYTES {
            (&file).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    };
    read().unwrap_or_default()
}

fn blob_path(layout: &Path, digest: Digest) -> PathBuf {
    layout.join("blobs/sha256").join(digest.hex())
}

fn write_blobs(image: &Image, layout: &Path) -> Result<(), SinkError> {
    let folder = layout.join("blobs/sha256");
    fs::create_dir_all(&folder).map_err(io_error("create", &folder))?;
    for blob in &image.blobs {
        let path = blob_path(layout, blob.digest);
        if !is_sound(&path, blob.digest, blob.size)? {
            write_layer(blob, &path)?;
        }
    }
    for document in [&image.config, &image.manifest] {
        let path = blob_path(layout, document.digest);
        if fs::read(&path).ok().as_deref() != Some(&document.bytes) {
            replace_file(&path, &document.bytes)?;
        }
    }
    Ok(())
}

/// Whether the blob is there with the right bytes. A sealed file is taken at its word; any other is hashed once, and
/// sealed if sound.
fn is_sound(path: &Path, digest: Digest, size: u64) -> Result<bool, SinkError> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(false) };
    if is_sealed(&metadata, size) {
        return Ok(true);
    }
    if metadata.len() == size && hash_file(path).map_err(io_error("read", path))? == (digest, size) {
        if let Ok(file) = fs::File::open(path) {
            drop(seal(file.file()));
        }
        return Ok(true);
    }
    fs::remove_file(path).map_err(io_error("replace", path))?;
    Ok(false)
}

fn write_layer(blob: &ImageBlob, path: &Path) -> Result<(), SinkError> {
    match &blob.location {
        BlobLocation::Cache(cached) => match place(cached, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other.map_err(io_error("write", path)),
        },
        BlobLocation::Foreign(content) => {
            let folder = path.parent().unwrap_or(Path::new("."));
            let file = new_temporary(folder, NEW).map_err(io_error("write", path))?;
            let mut hashing = HashingWriter::new(file);
            content.copy_to(&mut hashing).map_err(|source| SinkError::BaseContent { digest: blob.digest, source })?;
            let (file, found, _) = hashing.finish();
            if found != blob.digest {
                return Err(SinkError::BaseBlob { digest: blob.digest, found });
            }
            seal(file.as_file()).map_err(io_error("write", path))?;
            file.persist(path).map_err(|error| io_error("write", path)(error.error))?;
            Ok(())
        }
    }
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), SinkError> {
    fs::write(path, bytes).map_err(io_error("write", path))
}

/// Replaces a small file as a whole.
fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), SinkError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        let mut file = new_temporary(folder, NEW)?;
        file.write_all(bytes)?;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(io_error("write", path))
}
