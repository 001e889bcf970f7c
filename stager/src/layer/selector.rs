//! The key of the layer cache: everything that decides a layer's bytes, hashed with BLAKE3, which reads a jar several
//! times faster than SHA-256.

use std::collections::BTreeMap;

use buildpacks::application::{ContentError, EntryKind, EntryPath};
use data_encoding::HEXLOWER;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Compression, LayerEntry, LayerFiles, LayerSpec};

/// Changes whenever the tar writer writes other bytes for the same entries.
const TAR_RECIPE: &str = "stage tar 1";

/// Hash of a layer's inputs. Equal selectors mean equal blobs, whatever the path, time, machine or thread count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Selector([u8; 32]);

impl Selector {
    /// What decides the bytes of `layer`: how it is written, and the identity of every content in it, whether it was looked
    /// up or written.
    pub(super) fn of(layer: &LayerSpec, own: &[LayerEntry], compression: Compression, seen: &Identities) -> Self {
        let mut hasher = blake3::Hasher::new();
        field(&mut hasher, TAR_RECIPE.as_bytes());
        field(&mut hasher, compression.recipe().as_bytes());
        match &layer.files {
            LayerFiles::Entries(_) => field(&mut hasher, b"entries"),
            LayerFiles::Dependency { dependency, at, .. } => {
                field(&mut hasher, b"dependency");
                field(&mut hasher, &dependency.selector());
                field(&mut hasher, at.as_str().as_bytes());
            }
            LayerFiles::Known(selector) => return *selector,
            LayerFiles::Tar(_) => {
                field(&mut hasher, b"tar");
                field(&mut hasher, &seen.whole);
            }
        }
        for entry in own {
            hash_entry(&mut hasher, entry, seen);
        }
        Self(*hasher.finalize().as_bytes())
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

/// The identities of a layer's contents, all of one read.
#[derive(Debug, Default)]
pub(super) struct Identities {
    /// Of its files, by path.
    pub(super) files: BTreeMap<EntryPath, [u8; 32]>,
    /// Of a tar that is a layer.
    pub(super) whole: [u8; 32],
}

impl Identities {
    /// Reads every content of `layer`, whose own entries are `own`; a dependency is known by its checksum.
    ///
    /// # Errors
    /// The path of the entry whose content could not be read, and why.
    pub(super) fn read(layer: &LayerSpec, own: &[LayerEntry]) -> Result<Self, (String, ContentError)> {
        let identity = |entry: &LayerEntry| match &entry.kind {
            EntryKind::File { content, .. } => match content.identity() {
                Ok(identity) => Some(Ok((entry.path.clone(), identity))),
                Err(error) => Some(Err((entry.path.to_string(), error))),
            },
            _ => None,
        };
        let files = own.par_iter().filter_map(identity).collect::<Result<_, _>>()?;
        let whole = match &layer.files {
            LayerFiles::Tar(content) => content.identity().map_err(|error| (layer.name.clone(), error))?,
            _ => [0; 32],
        };
        Ok(Self { files, whole })
    }
}

fn hash_entry(hasher: &mut blake3::Hasher, entry: &LayerEntry, seen: &Identities) {
    field(hasher, entry.path.as_str().as_bytes());
    for number in [entry.mode, entry.owner.uid, entry.owner.gid] {
        hasher.update(&number.to_le_bytes());
    }
    match &entry.kind {
        EntryKind::File { .. } => field(hasher, seen.files.get(&entry.path).unwrap_or(&[0; 32])),
        EntryKind::Directory => field(hasher, b"directory"),
        EntryKind::Symlink { target } => field(hasher, target.as_bytes()),
    }
    hasher.update(&[match &entry.kind {
        EntryKind::File { .. } => 0,
        EntryKind::Directory => 1,
        EntryKind::Symlink { .. } => 2,
    }]);
}

/// A length before each field, so that no two lists of fields run into the same bytes.
fn field(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
}
