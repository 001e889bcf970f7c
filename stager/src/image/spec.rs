//! What an image is made of.

use std::path::PathBuf;

use buildpacks::api::{BuildpackId, BuildpackRef, LayerName, Process};
use buildpacks::application::Content;
use serde_json::Value;

use super::MediaTypes;
use super::base::InheritedConfig;
use crate::digest::{DiffId, Digest};
use crate::store::FileId;

/// Where the application lies in the image.
pub const APP_DIR: &str = "/workspace";
/// Where the layers of buildpacks lie in the image.
pub const LAYERS_DIR: &str = "/layers";
/// The Platform API our images speak, read by launchers and rebasers.
pub const PLATFORM_API: &str = "0.14";
/// The launcher's path in the image.
pub const LAUNCHER: &str = "/cnb/lifecycle/launcher";

/// Everything that decides an image's config and manifest.
#[derive(Clone, Debug)]
pub struct ImageSpec {
    /// What comes from the base.
    pub inherited: InheritedConfig,
    /// The base's digest reference, empty when it has none.
    pub base_reference: String,
    /// The base's name that people will rebase to.
    pub base_name: Option<String>,
    /// Layers, lowest first.
    pub layers: Vec<ImageLayer>,
    /// Who contributed, in order.
    pub buildpacks: Vec<BuildpackRef>,
    /// How it starts.
    pub processes: Vec<Process>,
    /// The buildpack that contributed the processes.
    pub process_owner: String,
    /// Labels of buildpacks.
    pub labels: Vec<(String, String)>,
    /// What was measured of the application, as its launcher takes it.
    pub memory_profile: Option<String>,
    /// RFC 3339 creation time.
    pub created: String,
    /// Family of media types.
    pub media_types: MediaTypes,
}

/// A layer of an image.
#[derive(Clone, Debug)]
pub struct ImageLayer {
    /// What it is for.
    pub role: Role,
    /// The `created_by` of its history entry.
    pub created_by: String,
    /// Media type in the manifest.
    pub media_type: String,
    /// SHA-256 of the blob.
    pub digest: Digest,
    /// SHA-256 of the plain tar.
    pub diff_id: DiffId,
    /// Size of the blob in bytes.
    pub size: u64,
}

/// A layer's blob, as sinks need it.
#[derive(Clone, Debug)]
pub struct ImageBlob {
    /// SHA-256.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
    /// Where its bytes are.
    pub location: BlobLocation,
}

/// What a layer is for.
#[derive(Clone, Debug)]
pub enum Role {
    /// Part of the base.
    Base,
    /// A layer of a buildpack.
    Buildpack {
        /// Whose.
        id: BuildpackId,
        /// Its name, the folder under the buildpack's.
        layer: LayerName,
        /// What the metadata label keeps of it.
        data: Value,
    },
    /// The launcher and its process types.
    Launcher,
    /// A slice of the application.
    Application,
    /// `/layers/config`.
    Config,
}

/// Where a blob's bytes are.
#[derive(Clone, Debug)]
pub enum BlobLocation {
    /// A file of the layer cache that may be linked, and which file that is: its bytes are right, those of another under
    /// its name need not be.
    Cache(PathBuf, FileId),
    /// Bytes of a base image, checked against their digest while they are copied.
    Foreign(Content),
}
