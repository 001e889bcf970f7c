//! The key of the layer cache: everything that decides a layer's bytes, hashed with BLAKE3, which reads a jar several
//! times faster than SHA-256.

use buildpacks::application::{ContentError, EntryKind};
use data_encoding::HEXLOWER;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::spec::complete;
use super::{Compression, LayerEntry, LayerFiles, LayerSpec};

/// Changes whenever the tar writer writes other bytes for the same entries.
const TAR_RECIPE: &str = "stage tar 1";

/// Hash of a layer's inputs. Equal selectors mean equal blobs, whatever the path, time, machine or thread count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Selector([u8; 32]);

impl Selector {
    /// Reads what decides the bytes of `layer`: every file's stored bytes, or a dependency's checksum.
    ///
    /// # Errors
    /// The path of the entry whose content could not be read, and why.
    pub fn of(layer: &LayerSpec, compression: Compression) -> Result<Self, (String, ContentError)> {
        let mut hasher = blake3::Hasher::new();
        field(&mut hasher, TAR_RECIPE.as_bytes());
        field(&mut hasher, compression.recipe().as_bytes());
        match &layer.files {
            LayerFiles::Entries(entries) => {
                field(&mut hasher, b"entries");
                hash_entries(&mut hasher, entries)?;
            }
            LayerFiles::Dependency { dependency, at, more } => {
                field(&mut hasher, b"dependency");
                field(&mut hasher, &dependency.selector());
                field(&mut hasher, at.as_str().as_bytes());
                hash_entries(&mut hasher, more)?;
            }
            LayerFiles::Known(selector) => return Ok(*selector),
            LayerFiles::Tar(content) => {
                field(&mut hasher, b"tar");
                field(&mut hasher, &content.identity().map_err(|error| (layer.name.clone(), error))?);
            }
        }
        Ok(Self(*hasher.finalize().as_bytes()))
    }

    /// Of parts that decide the bytes of something that is no layer of an image.
    pub(crate) fn of_parts<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let mut hasher = blake3::Hasher::new();
        parts.into_iter().for_each(|part| field(&mut hasher, part));
        Self(*hasher.finalize().as_bytes())
    }

    /// The key as hex, a file name.
    pub fn hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }
}

fn hash_entries(hasher: &mut blake3::Hasher, entries: &[LayerEntry]) -> Result<(), (String, ContentError)> {
    let entries = complete(entries.to_vec());
    let identities: Vec<_> = entries
        .par_iter()
        .map(|entry| entry.identity().map_err(|error| (entry.path.to_string(), error)))
        .collect::<Result<_, _>>()?;
    for (entry, identity) in entries.iter().zip(identities) {
        field(hasher, entry.path.as_str().as_bytes());
        for number in [entry.mode, entry.owner.uid, entry.owner.gid] {
            hasher.update(&number.to_le_bytes());
        }
        match &entry.kind {
            EntryKind::File { .. } => field(hasher, &identity.unwrap_or_default()),
            EntryKind::Directory => field(hasher, b"directory"),
            EntryKind::Symlink { target } => field(hasher, target.as_bytes()),
        }
        hasher.update(&[match &entry.kind {
            EntryKind::File { .. } => 0,
            EntryKind::Directory => 1,
            EntryKind::Symlink { .. } => 2,
        }]);
    }
    Ok(())
}

/// A length before each field, so that no two lists of fields run into the same bytes.
fn field(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
}
