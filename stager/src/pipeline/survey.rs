//! What the layers of a base hold, each read once: remembered by its digest.

use std::time::SystemTime;

use super::StageError;
use super::inputs::BUILD;
use crate::image::base::{BaseError, BaseLayer, BlobLayer, Shell, Surveyed, has_shell, shell_of_tar, survey};
use crate::layer::LayerFiles;
use crate::store::{MemoKey, Store};

/// Checks that every compressed layer of a foreign image is the tar that the image's config promises.
///
/// # Errors
/// [`BaseError::OtherDiffId`] with the first that is not: no runtime takes such an image.
pub(super) fn check(layers: &[BaseLayer], store: &Store) -> Result<(), StageError> {
    for layer in layers {
        // The digest of a plain layer is its diff ID, and was compared.
        if let BaseLayer::Blob(layer) = layer
            && layer.digest != layer.diff_id.0
        {
            let found = surveyed(layer, store)?.map_or(layer.diff_id, |found| found.diff_id);
            if found != layer.diff_id {
                let (digest, claimed) = (layer.digest, layer.diff_id);
                return Err(BaseError::OtherDiffId { digest, claimed, found }.into());
            }
        }
    }
    Ok(())
}

/// Whether a shell is in these layers, lowest first.
///
/// # Errors
/// When one cannot be read.
pub(super) fn finds_shell(layers: &[BaseLayer], store: &Store) -> Result<bool, StageError> {
    let mut shells = Vec::new();
    for layer in layers {
        shells.push(match layer {
            BaseLayer::Blob(layer) => surveyed(layer, store)?.map_or(Shell::Untouched, |found| found.shell),
            BaseLayer::Built(spec) => match &spec.files {
                LayerFiles::Tar(content) => shell_of_tar(content)
                    .map_err(|source| BaseError::Read { path: spec.created_by.clone().into(), source })?,
                // Made from this host, which brings no shell.
                _ => Shell::Untouched,
            },
        });
    }
    Ok(has_shell(shells.into_iter()))
}

fn surveyed(layer: &BlobLayer, store: &Store) -> Result<Option<Surveyed>, BaseError> {
    let memo = store.memo(MemoKey::of([&b"base layer 1"[..], BUILD.as_bytes(), layer.digest.hex().as_bytes()]));
    if !store.is_paranoid()
        && let Some(known) = memo.recall()
    {
        return Ok(Some(known));
    }
    let noted = SystemTime::now();
    let found = survey(layer)?;
    if let Some(found) = &found {
        // Losing it costs the next run time, nothing else.
        drop(memo.remember(Vec::new(), noted, found));
    }
    Ok(found)
}
