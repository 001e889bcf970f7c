//! A base, read and checked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use buildpacks::application::{Content, StatRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::{DiffId, Digest};
use crate::layer::LayerSpec;

/// What an image stands on.
#[derive(Clone, Debug)]
pub struct Base {
    /// Layers, lowest first; empty for `none`.
    pub layers: Vec<BaseLayer>,
    /// The base image's config document with its unknown fields; `{}` unless the base is an image.
    pub config: Value,
    /// What identifies the base: `[NAME@]sha256:...` of the manifest of an image; `host`, `rootfs` or `none` otherwise.
    pub reference: String,
    /// The image's own name with its tag, where the base is an image that carries a full one.
    pub image: Option<String>,
    /// The name in its layout of an image that is there for one platform alone.
    pub tag: Option<String>,
    /// Digest of the image's manifest, where the base is an image.
    pub manifest: Option<Digest>,
    /// Annotations of that manifest.
    pub annotations: BTreeMap<String, String>,
    /// Diff ID of the topmost layer, where the base is an image; that of a layer yet to be built is not known here.
    pub top_layer: Option<DiffId>,
    /// Platform of the base.
    pub platform: Platform,
    /// What a person must be told about the choice.
    pub notes: Vec<String>,
    /// Files and directories whose unchanged records mean an unchanged base.
    pub inputs: Vec<(PathBuf, StatRecord)>,
}

/// A layer of a base.
#[derive(Clone, Debug)]
pub enum BaseLayer {
    /// A blob of a foreign image, copied untouched.
    Blob(BlobLayer),
    /// A layer to be built: of entries (`host`) or of a tar whose bytes are the layer (`rootfs`).
    Built(LayerSpec),
}

/// A layer of a foreign image.
#[derive(Clone, Debug)]
pub struct BlobLayer {
    /// Media type as its manifest names it, OCI's or Docker's.
    pub media_type: String,
    /// Digest of the blob; not verified yet: whoever copies it must.
    pub digest: Digest,
    /// Size of the blob in bytes; the content has this size.
    pub size: u64,
    /// Digest of its plain tar.
    pub diff_id: DiffId,
    /// Annotations of its descriptor.
    pub annotations: BTreeMap<String, String>,
    /// The blob.
    pub content: Content,
}

/// Operating system and processor of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// Operating system, `linux`.
    pub os: String,
    /// Processor in Go's words, such as `amd64`.
    pub architecture: String,
    /// Variant of the processor, such as `v8`.
    pub variant: Option<String>,
}

impl Default for Platform {
    /// `linux/amd64`.
    fn default() -> Self {
        Self { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None }
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}
