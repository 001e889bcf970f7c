//! The labels by which Cloud Native Buildpacks tools read an image: `io.buildpacks.lifecycle.metadata`,
//! `io.buildpacks.build.metadata`, `io.buildpacks.project.metadata` (field names as the lifecycle writes them).

use std::collections::BTreeMap;

use buildpacks::api::{BuildpackRef, Process};
use serde::Serialize;
use serde_json::{Value, json};

use super::json::canonical;
use super::spec::{ImageLayer, ImageSpec, Role};

/// Name of the layer metadata label.
pub const LIFECYCLE_METADATA: &str = "io.buildpacks.lifecycle.metadata";
/// Name of the label of buildpacks and processes.
pub const BUILD_METADATA: &str = "io.buildpacks.build.metadata";
/// Name of the label of the source.
pub const PROJECT_METADATA: &str = "io.buildpacks.project.metadata";

#[derive(Default, Serialize)]
struct LayerMetadata<'a> {
    sha: String,
    data: &'a Value,
    build: bool,
    launch: bool,
    cache: bool,
}

#[derive(Serialize)]
struct BuildpackMetadata<'a> {
    key: &'a str,
    version: &'a str,
    layers: BTreeMap<&'a str, LayerMetadata<'a>>,
}

/// The three labels.
pub(super) fn of(spec: &ImageSpec) -> [(&'static str, String); 3] {
    [
        (LIFECYCLE_METADATA, text(&lifecycle_metadata(spec))),
        (BUILD_METADATA, text(&build_metadata(spec))),
        (PROJECT_METADATA, "{}".to_owned()),
    ]
}

fn text(value: &Value) -> String {
    String::from_utf8_lossy(&canonical(value)).into_owned()
}

fn lifecycle_metadata(spec: &ImageSpec) -> Value {
    let sha = |layer: &ImageLayer| json!({ "sha": layer.diff_id.to_string() });
    let with = |wanted: fn(&Role) -> bool| spec.layers.iter().filter(move |layer| wanted(&layer.role));
    let mut metadata = json!({
        "app": with(|role| matches!(role, Role::Application)).map(sha).collect::<Vec<_>>(),
        "buildpacks": spec.buildpacks.iter().map(|buildpack| buildpack_metadata(buildpack, &spec.layers)).collect::<Vec<_>>(),
    });
    if let Some(launcher) = with(|role| matches!(role, Role::Launcher)).next_back() {
        metadata["launcher"] = sha(launcher);
        metadata["process-types"] = sha(launcher);
    }
    if let Some(config) = with(|role| matches!(role, Role::Config)).next_back() {
        metadata["config"] = sha(config);
    }
    let top = with(|role| matches!(role, Role::Base)).next_back().map(|layer| layer.diff_id.to_string());
    let mut run_image = json!({ "topLayer": top.unwrap_or_default(), "reference": spec.base_reference });
    if let Some(name) = &spec.base_name {
        run_image["image"] = json!(name);
        metadata["stack"] = json!({ "runImage": { "image": name } });
    }
    metadata["runImage"] = run_image;
    metadata
}

fn buildpack_metadata(buildpack: &BuildpackRef, layers: &[ImageLayer]) -> Value {
    let of_buildpack = layers.iter().filter_map(|layer| match &layer.role {
        Role::Buildpack { id, layer: name, data } if *id == buildpack.id => {
            let metadata =
                LayerMetadata { sha: layer.diff_id.to_string(), data, launch: true, ..LayerMetadata::default() };
            Some((name.as_str(), metadata))
        }
        _ => None,
    });
    json!(BuildpackMetadata { key: buildpack.id.as_str(), version: &buildpack.version, layers: of_buildpack.collect() })
}

fn build_metadata(spec: &ImageSpec) -> Value {
    let process = |process: &Process| {
        json!({
            "type": process.process_type,
            "command": process.command,
            "args": process.args,
            "direct": true,
            "buildpackID": spec.process_owner,
        })
    };
    let mut metadata = json!({
        "buildpacks": spec.buildpacks.iter().map(|b| json!({ "id": b.id, "version": b.version })).collect::<Vec<_>>(),
        "launcher": { "version": env!("CARGO_PKG_VERSION"), "source": { "git": {} } },
        "processes": spec.processes.iter().map(process).collect::<Vec<_>>(),
    });
    if let Some(default) = spec.processes.iter().find(|process| process.default) {
        metadata["buildpack-default-process-type"] = json!(default.process_type);
    }
    metadata
}
