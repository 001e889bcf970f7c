//! The JSON documents of a layout, as far as a base needs them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Annotation that names an image in a layout.
pub(super) const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// Annotation in which containerd keeps the full name.
pub(super) const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// An index, OCI's or Docker's manifest list.
#[derive(Debug, Deserialize)]
pub(super) struct Index {
    /// What it lists.
    pub(super) manifests: Vec<Descriptor>,
}

/// A manifest, OCI's or Docker's of version 2.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    /// The config.
    pub(super) config: Descriptor,
    /// Layers, lowest first.
    pub(super) layers: Vec<Descriptor>,
    /// Notes.
    #[serde(default)]
    pub(super) annotations: Option<BTreeMap<String, String>>,
}

/// What a document says about another one.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    /// What it is.
    #[serde(default)]
    pub(super) media_type: String,
    /// Its digest, not parsed yet.
    pub(super) digest: String,
    /// Its size in bytes.
    pub(super) size: u64,
    /// Notes, such as the tag.
    #[serde(default)]
    pub(super) annotations: Option<BTreeMap<String, String>>,
    /// For whom it is.
    #[serde(default)]
    pub(super) platform: Option<DescriptorPlatform>,
}

/// For whom an image in an index is.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DescriptorPlatform {
    /// Operating system.
    pub(super) os: String,
    /// Processor.
    pub(super) architecture: String,
    /// Its variant.
    #[serde(default)]
    pub(super) variant: Option<String>,
}

/// The part of a config that must be right.
#[derive(Debug, Deserialize)]
pub(super) struct ConfigCore {
    /// Operating system.
    pub(super) os: String,
    /// Processor.
    pub(super) architecture: String,
    /// Its variant.
    #[serde(default)]
    pub(super) variant: Option<String>,
    /// The layers' plain tars.
    pub(super) rootfs: RootFs,
}

/// The layers' plain tars.
#[derive(Debug, Deserialize)]
pub(super) struct RootFs {
    /// Their digests, lowest first.
    pub(super) diff_ids: Vec<String>,
}

/// The version of a layout.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LayoutMarker {
    /// `1.0.0`.
    pub(super) image_layout_version: String,
}

/// What a media type says a descriptor points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Index,
    Manifest,
    Config,
    Layer,
    Other,
}

impl Descriptor {
    /// What it points to.
    pub(super) fn kind(&self) -> Kind {
        match self.media_type.as_str() {
            "application/vnd.oci.image.index.v1+json" | "application/vnd.docker.distribution.manifest.list.v2+json" => {
                Kind::Index
            }
            "application/vnd.oci.image.manifest.v1+json" | "application/vnd.docker.distribution.manifest.v2+json" => {
                Kind::Manifest
            }
            "application/vnd.oci.image.config.v1+json" | "application/vnd.docker.container.image.v1+json" => {
                Kind::Config
            }
            "application/vnd.oci.image.layer.v1.tar"
            | "application/vnd.oci.image.layer.v1.tar+gzip"
            | "application/vnd.oci.image.layer.v1.tar+zstd"
            | "application/vnd.oci.image.layer.nondistributable.v1.tar"
            | "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
            | "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"
            | "application/vnd.docker.image.rootfs.diff.tar"
            | "application/vnd.docker.image.rootfs.diff.tar.gzip"
            | "application/vnd.docker.image.rootfs.foreign.diff.tar"
            | "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" => Kind::Layer,
            _ => Kind::Other,
        }
    }

    /// Whether it is a layer that is not compressed, so that its digest is its diff ID.
    pub(super) fn is_plain(&self) -> bool {
        self.kind() == Kind::Layer && self.media_type.rsplit('.').next() == Some("tar")
    }

    /// The value of an annotation.
    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(name).map(String::as_str)
    }

    /// The name to choose it by.
    pub(super) fn tag(&self) -> Option<&str> {
        self.annotation(REF_NAME)
    }

    /// Whether somebody asking for `tag` means it.
    pub(super) fn is_tagged(&self, tag: &str) -> bool {
        [REF_NAME, CONTAINERD_NAME].iter().any(|name| self.annotation(name) == Some(tag))
    }
}
