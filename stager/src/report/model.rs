//! The report's fields: the JSON on stdout of `stage APP --json`. Sizes are bytes, times milliseconds.

use std::collections::BTreeMap;

use super::milliseconds;
use buildpacks::api::{Process, Setting};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::store::BlobSource;

/// Everything about one staging.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// What was staged.
    pub application: ApplicationReport,
    /// What it stands on.
    pub base: BaseReport,
    /// Dependencies in the image.
    pub dependencies: Vec<DependencyReport>,
    /// The image.
    pub image: ImageReport,
    /// Its layers, lowest first.
    pub layers: Vec<LayerReport>,
    /// How it starts.
    pub processes: Vec<Process>,
    /// What the memory calculator will work with when the container starts.
    pub memory: MemoryReport,
    /// Chosen values and where they came from.
    pub settings: Vec<Setting>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// Wall times.
    pub timings: Timings,
    /// Where the image went.
    pub outputs: Vec<OutputReport>,
    /// Most anonymous memory the process held (mapped input files do not count), bytes.
    pub peak_anonymous_memory: Option<u64>,
}

/// What was staged.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationReport {
    /// Its kind, such as `spring-boot`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The class that starts it.
    pub main_class: Option<String>,
    /// Version of Spring Boot.
    pub spring_boot_version: Option<String>,
    /// Java version its class files need.
    pub java_version_needed: Option<u32>,
}

/// What an image stands on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BaseReport {
    /// The choice, as on the command line.
    pub choice: String,
    /// Digest reference, or `host`, `rootfs`, `none`.
    pub reference: String,
}

/// A dependency in the image.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DependencyReport {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its archive, hex.
    pub sha256: String,
    /// Where it came from.
    pub origin: String,
    /// Licence expression, where known.
    pub licence: Option<String>,
}

/// The image.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ImageReport {
    /// Digest of the manifest.
    pub digest: String,
    /// Digest of the config, the image ID.
    pub config_digest: String,
    /// Media type of the manifest.
    pub media_type: String,
    /// Manifest, config and blobs, bytes.
    pub size: u64,
    /// Creation time in the config.
    pub created: String,
    /// The user it runs as.
    pub user: String,
}

/// A layer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LayerReport {
    /// Its name.
    pub name: String,
    /// Digest of the blob.
    pub digest: String,
    /// Digest of the plain tar.
    pub diff_id: String,
    /// Bytes of the blob.
    pub size: u64,
    /// Bytes of the plain tar; unknown for layers of a foreign base.
    pub uncompressed_size: Option<u64>,
    /// Media type.
    pub media_type: String,
    /// `hit`, `miss`, or `base` for a layer of a foreign base.
    pub cache: BlobSource,
}

/// What the launcher computes with.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct MemoryReport {
    /// The calculator, `libjvm` or `none`.
    pub calculator: String,
    /// Classes in the JRE.
    pub jvm_class_count: Option<u64>,
    /// Classes in the application, its libraries and agents.
    pub application_class_count: Option<u64>,
    /// Those of them that are usually loaded, by the libraries they belong to.
    pub likely_class_count: Option<u64>,
    /// Default thread count.
    pub thread_count: Option<u64>,
    /// What was measured of the application, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// `JAVA_TOOL_OPTIONS` for common limits, or why the application would not start.
    pub examples: BTreeMap<String, String>,
}

/// Wall times in milliseconds.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Timings {
    /// From start to finish.
    pub total: f64,
    /// Of each phase, in order of the flow; a run that found everything unchanged has `recall` instead.
    #[serde(serialize_with = "in_order")]
    #[schemars(with = "BTreeMap<String, f64>")]
    pub phases: Vec<(String, f64)>,
}

impl std::fmt::Display for Timings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let phases: Vec<_> = self.phases.iter().map(|(name, time)| format!("{name} {}", milliseconds(*time))).collect();
        write!(f, "total {} ({})", milliseconds(self.total), phases.join(", "))
    }
}

/// Where the image went.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OutputReport {
    /// As on the command line.
    pub output: String,
    /// The path.
    pub path: String,
    /// The tag.
    pub tag: String,
}

/// A map in the order of the list.
fn in_order<S: serde::Serializer>(phases: &[(String, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(phases.iter().map(|(name, time)| (name, time)))
}
