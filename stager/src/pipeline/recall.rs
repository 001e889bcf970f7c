//! What is kept of a run, so that the next one with unchanged inputs need not look at them.

use buildpacks::api::{Process, Setting};
use serde::{Deserialize, Serialize};

use super::StageError;
use crate::digest::{DiffId, Digest};
use crate::image::base::{BaseChoice, BaseLayer, BaseRequest, HostRoot, Platform, open};
use crate::image::{BlobLocation, Document, Image, ImageBlob};
use crate::layer::Selector;
use crate::report::{ApplicationReport, BaseReport, DependencyReport, MemoryReport};
use crate::store::{BlobSource, Store};

/// A finished image and what is to be said of it, without the places of its blobs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Staged {
    pub(super) application: ApplicationReport,
    pub(super) base: BaseReport,
    pub(super) dependencies: Vec<DependencyReport>,
    pub(super) processes: Vec<Process>,
    pub(super) memory: MemoryReport,
    pub(super) settings: Vec<Setting>,
    pub(super) notes: Vec<String>,
    pub(super) created: String,
    pub(super) user: String,
    pub(super) manifest: String,
    pub(super) config: String,
    pub(super) media_types: (String, String),
    pub(super) layers: Vec<StagedLayer>,
}

/// A layer of a finished image.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StagedLayer {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) digest: Digest,
    pub(super) diff_id: DiffId,
    pub(super) size: u64,
    pub(super) uncompressed_size: Option<u64>,
    /// Its key in the layer cache; `None` for a blob of a foreign base.
    pub(super) selector: Option<Selector>,
    pub(super) source: BlobSource,
}

impl Staged {
    /// The image with these blobs.
    pub(super) fn image(&self, blobs: Vec<ImageBlob>) -> Image {
        Image {
            manifest: Document::new(self.media_types.0.clone(), self.manifest.clone().into_bytes()),
            config: Document::new(self.media_types.1.clone(), self.config.clone().into_bytes()),
            blobs,
        }
    }

    /// Finds every blob again; `None` when one is gone or broken, so that the layers must be built.
    pub(super) fn recall(
        &mut self,
        store: &Store,
        base: Option<&BaseChoice>,
    ) -> Result<Option<Vec<ImageBlob>>, StageError> {
        let mut blobs = Vec::with_capacity(self.layers.len());
        for layer in &mut self.layers {
            let location = match &layer.selector {
                Some(selector) => match store.lookup(selector)? {
                    Some(blob) if blob.digest == layer.digest => BlobLocation::Cache(blob.path, blob.file),
                    _ => return Ok(None),
                },
                None => match foreign(base, layer.digest)? {
                    Some(location) => location,
                    None => return Ok(None),
                },
            };
            if layer.source == BlobSource::Built {
                layer.source = BlobSource::Cached;
            }
            blobs.push(ImageBlob { digest: layer.digest, size: layer.size, location });
        }
        Ok(Some(blobs))
    }
}

fn foreign(choice: Option<&BaseChoice>, digest: Digest) -> Result<Option<BlobLocation>, StageError> {
    let (host, platform) = (HostRoot::system(), Platform::default());
    let base = open(choice, &BaseRequest { jre: &[], host: &host, platform: &platform })?;
    Ok(base.layers.into_iter().find_map(|layer| match layer {
        BaseLayer::Blob(blob) if blob.digest == digest => Some(BlobLocation::Foreign(blob.content)),
        _ => None,
    }))
}
