//! What a buildpack adds to an image.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BuildpackId, EnvDelta, LayerName, Process};
use crate::application::Entry;
use crate::dependency::ResolvedDependency;

/// Who contributed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BuildpackRef {
    /// Its id.
    pub id: BuildpackId,
    /// Its version.
    pub version: String,
}

/// What one buildpack adds: layers, environment, processes, labels.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// Who.
    pub buildpack: BuildpackRef,
    /// Layers under `/layers/<buildpack>/`, in order.
    pub layers: Vec<LayerContribution>,
    /// Processes; the application's container contributes them.
    pub processes: Vec<Process>,
    /// Image labels.
    pub labels: Vec<(String, String)>,
}

/// One layer of a buildpack, at `/layers/<buildpack>/<name>`.
#[derive(Clone, Debug)]
pub struct LayerContribution {
    /// Its name, the last part of its folder.
    pub name: LayerName,
    /// Its files.
    pub source: LayerSource,
    /// Changes to the environment of every process.
    pub env: Vec<EnvDelta>,
    /// What the label `io.buildpacks.lifecycle.metadata` keeps as the layer's `data`.
    pub metadata: serde_json::Value,
}

/// Where a layer's files come from.
#[derive(Clone, Debug)]
pub enum LayerSource {
    /// Entries at hand, paths below the layer's folder.
    Entries(Vec<Entry>),
    /// An archive of the dependency cache, opened only when the layer is not in the layer cache already.
    Dependency(ResolvedDependency),
}

/// A chosen value and where it came from, for `stage plan --explain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// What was set, such as `jre.version`.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Which source won, such as `--jre`, `BP_JVM_VERSION`, `Build-Jdk-Spec in META-INF/MANIFEST.MF`, `default`.
    pub origin: String,
}
