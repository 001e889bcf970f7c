//! What a loss of power leaves of a layout: files of no bytes, or of zeros.

use std::io::{self, Read as _};
use std::path::Path;

use buildpacks::absence::absent_ok;
use buildpacks::application::{StatRecord, Witnessed};
use buildpacks::files::open_found;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::blobs::{Blobs, blob_path};
use super::{SinkError, index};
use crate::digest::Digest;
use crate::image::{BlobLocation, ImageBlob};
use crate::store::{FileId, Store, hash};

/// Documents larger than this are not read; registries refuse manifests of more than 4 MiB.
const MAX_DOCUMENT_BYTES: u64 = 4 << 20;
/// So much of a layer is looked at: hardly one starts with as many zeros; those that do are hashed.
const START_BYTES: u64 = 512;

/// Whether nothing of these bytes is left.
fn is_lost(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Whether a JSON document is one that a loss of power left in parts: it ends too soon, or in zeros. Other damage is
/// somebody's.
pub(super) fn is_cut(document: &[u8]) -> bool {
    let end = document.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    match serde_json::from_slice::<IgnoredAny>(&document[..end]) {
        Ok(_) => end < document.len(),
        Err(error) => error.is_eof(),
    }
}

/// Looks through the other images of a layout and mends what the layer cache can mend. Their layers are not hashed, only
/// checked for what a loss of power does to them. Returns what to say of those that stay broken.
pub(super) fn others(
    layout: &Path,
    document: &Value,
    ours: Digest,
    store: Option<&Store>,
    blobs: &mut Blobs<'_>,
) -> Result<Vec<String>, SinkError> {
    let mut notes = Vec::new();
    for descriptor in document["manifests"].as_array().into_iter().flatten() {
        let Some(digest) = index::digest(descriptor).filter(|digest| *digest != ours) else { continue };
        let tag = index::tag(descriptor).unwrap_or("without a tag");
        if let Some(broken) = image(layout, digest, store, blobs)? {
            notes.push(format!(
                "The image `{tag}` in `{}` is broken: {broken}; stage it again, or remove its entry from `index.json`",
                layout.display()
            ));
        }
    }
    Ok(notes)
}

/// What stays broken of the image with this manifest.
fn image(
    layout: &Path,
    manifest: Digest,
    store: Option<&Store>,
    blobs: &mut Blobs<'_>,
) -> Result<Option<String>, SinkError> {
    let Some(bytes) = document(layout, manifest)? else {
        return Ok(Some(format!("its manifest {manifest} has other bytes")));
    };
    let Ok(parsed) = serde_json::from_slice::<Value>(&bytes) else { return Ok(None) };
    if let Some(config) = index::digest(&parsed["config"])
        && document(layout, config)?.is_none()
    {
        return Ok(Some(format!("its config {config} has other bytes")));
    }
    for layer in parsed["layers"].as_array().into_iter().flatten() {
        let (Some(digest), Some(size)) = (index::digest(layer), layer["size"].as_u64()) else { continue };
        if is_lost_layer(&blob_path(layout, digest), digest, size)? && !mended(digest, size, store, blobs)? {
            return Ok(Some(format!("its layer {digest} has other bytes")));
        }
    }
    Ok(None)
}

/// The bytes of a document by its digest; `None` when it is not there or has other bytes.
fn document(layout: &Path, digest: Digest) -> Result<Option<Vec<u8>>, SinkError> {
    let path = blob_path(layout, digest);
    let failed = |source| SinkError::Io { action: "read", path: path.clone(), source };
    let Some(file) = absent_ok(open_found(&path)).map_err(failed)? else { return Ok(None) };
    let mut bytes = Vec::new();
    file.take(MAX_DOCUMENT_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    Ok((Digest::of(&bytes) == digest).then_some(bytes))
}

fn is_lost_layer(path: &Path, digest: Digest, size: u64) -> Result<bool, SinkError> {
    let failed = |source| SinkError::Io { action: "read", path: path.to_owned(), source };
    let Some(file) = absent_ok(open_found(path)).map_err(failed)? else { return Ok(true) };
    if file.metadata().map_err(failed)?.len() != size {
        return Ok(true);
    }
    let mut start = Vec::new();
    file.file().take(START_BYTES).read_to_end(&mut start).map_err(failed)?;
    Ok(is_lost(&start) && !is_hashed(file.file(), digest, size).map_err(failed)?)
}

/// Whether the layer cache has the layer and it is in the layout now.
fn mended(digest: Digest, size: u64, store: Option<&Store>, blobs: &mut Blobs<'_>) -> Result<bool, SinkError> {
    let Some(path) = store.map(|store| store.blob_path(digest)) else { return Ok(false) };
    let failed = |source| SinkError::Io { action: "read", path: path.clone(), source };
    let Some(file) = absent_ok(open_found(&path)).map_err(failed)? else { return Ok(false) };
    if !is_hashed(file.file(), digest, size).map_err(failed)? {
        return Ok(false);
    }
    let file = FileId::of(&StatRecord::of(&file.metadata().map_err(failed)?));
    blobs.put(&ImageBlob { digest, size, location: BlobLocation::Cache(path.clone(), file) })?;
    Ok(true)
}

fn is_hashed(file: &std::fs::File, digest: Digest, size: u64) -> io::Result<bool> {
    Ok(Witnessed::read(file, hash)?.is_some_and(|hashed| hashed.value == (digest, size)))
}
