//! An OCI image layout folder. A new one is made beside its place and renamed; in an existing one blobs are added, then
//! the index is replaced, so that it is a valid layout at every moment.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use buildpacks::absence::absent_ok;
use buildpacks::files;
use fs_err as fs;
use serde::de::Error as _;
use serde_json::Value;

use super::blobs::{Blobs, blob_path, io_error, replace_file};
use super::{SinkError, index, mend, shape};
use crate::digest::Digest;
use crate::image::{Image, canonical};
use crate::store::{NEW, Store, remove_abandoned};

/// Publishes the image; what there is to say of what was found broken.
pub(super) fn publish(image: &Image, path: &Path, tag: &str, store: Option<&Store>) -> Result<Vec<String>, SinkError> {
    if !path.join("oci-layout").is_file() {
        if path.exists() && !is_empty_folder(path)? {
            return Err(SinkError::Foreign { path: path.to_owned() });
        }
        if create(image, path, tag, store)? {
            return Ok(Vec::new());
        }
    }
    shape::check(path)?;
    update(image, path, tag, store)
}

fn is_empty_folder(path: &Path) -> Result<bool, SinkError> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(io_error("read", path)(error)),
    }
}

/// Makes a new layout; false when another process made one meanwhile.
fn create(image: &Image, path: &Path, tag: &str, store: Option<&Store>) -> Result<bool, SinkError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(io_error("create", parent))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    remove_abandoned(parent, format!(".{name}.stage-"));
    let temporary = tempfile::Builder::new()
        .prefix(&format!(".{name}.stage-"))
        .tempdir_in(parent)
        .map_err(io_error("create a folder in", parent))?;
    let held = files::open_folder(temporary.path()).map_err(io_error("open", temporary.path()))?;
    drop(held.try_lock());
    fs::set_permissions(temporary.path(), std::fs::Permissions::from_mode(0o755))
        .map_err(io_error("set the mode of", temporary.path()))?;
    let mut blobs = Blobs::of(temporary.path(), store)?;
    blobs.write(image)?;
    blobs.keep();
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

fn update(image: &Image, path: &Path, tag: &str, store: Option<&Store>) -> Result<Vec<String>, SinkError> {
    let folder = files::open_folder(path).map_err(io_error("open", path))?;
    // Held until the end: two processes that tag one layout must see each other's index. Without lock support the
    // last one wins.
    drop(folder.lock());
    let mut notes = Vec::new();
    let mut document = read_index(path, &mut notes)?;
    for folder in [path, &path.join("blobs/sha256")] {
        remove_abandoned(folder, NEW);
    }
    let mut blobs = Blobs::of(path, store)?;
    blobs.write(image)?;
    let before = document.clone();
    let dropped = index::put(&mut document, image, tag);
    notes.extend(mend::others(path, &document, image.manifest.digest, store, &mut blobs)?);
    mend_marker(path, &mut notes)?;
    if document != before {
        replace_file(&path.join("index.json"), &canonical(&document))?;
    }
    let mended = blobs.keep();
    if mended > 0 {
        let blobs = if mended == 1 { "1 blob".to_owned() } else { format!("{mended} blobs") };
        notes.push(format!("{blobs} in `{}` had other bytes than their digest says: written again", path.display()));
    }
    remove_unreferenced(path, &document, &dropped);
    Ok(notes)
}

/// The index of a layout. One that a loss of power cut off is begun anew; another that cannot be understood is
/// not ours to replace.
fn read_index(path: &Path, notes: &mut Vec<String>) -> Result<Value, SinkError> {
    let index_path = path.join("index.json");
    let Some(bytes) =
        absent_ok(files::read_found(&index_path, files::DOCUMENT_BYTES)).map_err(io_error("read", &index_path))?
    else {
        return Ok(index::empty());
    };
    if mend::is_cut(&bytes) {
        notes.push(format!(
            "`{}` was cut off, as a loss of power leaves it: it was written again, with this image alone",
            index_path.display()
        ));
        return Ok(index::empty());
    }
    let parsed = serde_json::from_slice(&bytes).and_then(|document: Value| {
        let is_index = document.is_object() && matches!(document["manifests"], Value::Array(_) | Value::Null);
        is_index.then_some(document).ok_or_else(|| serde_json::Error::custom("it has no list of manifests"))
    });
    parsed.map_err(|source| SinkError::Index { path: index_path, source })
}

/// Writes the file again that says that this is a layout, when a loss of power cut it off.
fn mend_marker(path: &Path, notes: &mut Vec<String>) -> Result<(), SinkError> {
    let marker = path.join("oci-layout");
    if mend::is_cut(&files::read_found(&marker, files::DOCUMENT_BYTES).map_err(io_error("read", &marker))?) {
        replace_file(&marker, index::LAYOUT)?;
        notes.push(format!("`{}` was cut off: it was written again", marker.display()));
    }
    Ok(())
}

/// Removes blobs that only the images which just lost their tag needed. Best effort: a blob too many does no harm, and while
/// a document cannot be read, nobody knows what it needs.
fn remove_unreferenced(path: &Path, document: &Value, dropped: &[Digest]) {
    if dropped.is_empty() {
        return;
    }
    let reach = |roots: &[Digest]| -> io::Result<BTreeSet<Digest>> {
        let mut seen: BTreeSet<Digest> = BTreeSet::new();
        let mut next = roots.to_vec();
        while let Some(digest) = next.pop() {
            if seen.insert(digest) {
                next.extend(index::references(&document_bytes(&blob_path(path, digest))?));
            }
        }
        Ok(seen)
    };
    let kept = reach(&index::digests_of(document).into_iter().collect::<Vec<_>>());
    let (Ok(kept), Ok(dropped)) = (kept, reach(dropped)) else { return };
    for digest in dropped.difference(&kept) {
        drop(fs::remove_file(blob_path(path, *digest)));
    }
}

/// Manifests larger than this are not read; registries refuse them at 4 MiB.
const MAX_DOCUMENT_BYTES: u64 = 4 << 20;

/// The blob if it may be a manifest: small, and an object by its first byte. Layers are not read; one that is not there needs
/// nothing.
fn document_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let Some(file) = absent_ok(files::open_found(path))? else { return Ok(Vec::new()) };
    let mut bytes = Vec::new();
    (&file).take(1).read_to_end(&mut bytes)?;
    if bytes == b"{" && file.metadata()?.len() <= MAX_DOCUMENT_BYTES {
        (&file).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

#[expect(clippy::disallowed_methods, reason = "in a folder that was made just now and that has its name later")]
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), SinkError> {
    fs::write(path, bytes).map_err(io_error("write", path))
}
