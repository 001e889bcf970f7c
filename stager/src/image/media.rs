//! Media types of one family, never mixed.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::layer::Compression;

/// The family of media types of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaTypes {
    /// `application/vnd.oci.image.*`.
    #[default]
    Oci,
    /// `application/vnd.docker.*`, for tools that know nothing else. It has no type for zstd layers.
    Docker,
}

impl MediaTypes {
    /// Of a manifest.
    pub fn manifest(self) -> &'static str {
        match self {
            Self::Oci => "application/vnd.oci.image.manifest.v1+json",
            Self::Docker => "application/vnd.docker.distribution.manifest.v2+json",
        }
    }

    /// Of an image configuration.
    pub fn config(self) -> &'static str {
        match self {
            Self::Oci => "application/vnd.oci.image.config.v1+json",
            Self::Docker => "application/vnd.docker.container.image.v1+json",
        }
    }

    /// Of a layer; `None` where the family has none.
    pub fn layer(self, compression: Compression) -> Option<&'static str> {
        match (self, compression) {
            (Self::Oci, Compression::None) => Some("application/vnd.oci.image.layer.v1.tar"),
            (Self::Oci, Compression::Gzip) => Some("application/vnd.oci.image.layer.v1.tar+gzip"),
            (Self::Oci, Compression::Zstd) => Some("application/vnd.oci.image.layer.v1.tar+zstd"),
            (Self::Docker, Compression::None) => Some("application/vnd.docker.image.rootfs.diff.tar"),
            (Self::Docker, Compression::Gzip) => Some("application/vnd.docker.image.rootfs.diff.tar.gzip"),
            (Self::Docker, Compression::Zstd) => None,
        }
    }

    /// The type of this family for a layer of another image, whose bytes stay as they are.
    pub fn convert_layer(self, media_type: &str) -> Option<&'static str> {
        let all = [Compression::None, Compression::Gzip, Compression::Zstd];
        let is = |compression: &Compression| {
            Self::Oci.layer(*compression) == Some(media_type) || Self::Docker.layer(*compression) == Some(media_type)
        };
        all.into_iter().find(is).and_then(|compression| self.layer(compression))
    }
}

impl FromStr for MediaTypes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "oci" => Ok(Self::Oci),
            "docker" => Ok(Self::Docker),
            _ => Err(format!("`{text}` is none of `oci`, `docker`")),
        }
    }
}
