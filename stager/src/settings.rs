//! What a staging is to do, resolved: nothing here is read from the process again.

use std::path::PathBuf;

use buildpacks::java::JavaOptions;
use buildpacks::system::Variables;

use crate::digest::Digest;
use crate::image::MediaTypes;
use crate::image::base::BaseChoice;
use crate::layer::Compression;
use crate::profile::ProfileFile;
use crate::sink::Sink;

/// Settings that decide what the image holds.
#[derive(Clone, Debug)]
pub struct PlanSettings {
    /// The artifact.
    pub application: PathBuf,
    /// The base; `None` when nobody chose one.
    pub base: Option<BaseChoice>,
    /// Choices for Java applications.
    pub java: JavaOptions,
    /// What decides, beside the artifact, who else would stage it. Nothing in the image depends on it.
    pub variables: Variables,
    /// Folder of cached dependencies and layers.
    pub cache_dir: PathBuf,
    /// Catalogue files over the built-in one.
    pub catalogues: Vec<PathBuf>,
    /// What was measured of the artifact, if there is a file of it.
    pub profile: Option<ProfileFile>,
    /// Variables of the image, beside the base's and over them.
    pub variables_of_image: Vec<(String, String)>,
    /// Whether no stat record is trusted.
    pub paranoid: bool,
}

/// Settings of a whole staging.
#[derive(Clone, Debug)]
pub struct StageSettings {
    /// What the image holds.
    pub plan: PlanSettings,
    /// Where it goes; empty for `./<name>.oci`.
    pub outputs: Vec<Sink>,
    /// How layers are stored.
    pub compression: Compression,
    /// Family of media types.
    pub media_types: MediaTypes,
    /// Creation time of the image, RFC 3339.
    pub created: String,
    /// The digest that the image must have to be published.
    pub expected: Option<Digest>,
    /// Layers built at a time.
    pub threads: usize,
}
