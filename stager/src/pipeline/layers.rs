//! From a plan to layers: which files lie where in the image, most stable first.

use std::num::NonZero;

use buildpacks::api::{BuildpackRef, LayerContribution, LayerSource};
use buildpacks::application::{Content, Entry, EntryKind, EntryPath};
use buildpacks::java::Plan;
use buildpacks::java::slices::Slice;
use serde::Serialize;
use serde_json::{Value, json};

use super::merge::MOST_LAYERS;
use crate::image::{LAUNCHER, Role};
use crate::launcher;
use crate::layer::{LayerEntry, LayerFiles, LayerSpec};

/// A layer to be built and what it is for.
#[derive(Clone, Debug)]
pub(super) struct PlannedLayer {
    pub(super) spec: LayerSpec,
    pub(super) role: Role,
}

/// Everything above the base, lowest first: dependencies, launcher, application, configuration.
pub(super) fn above_base(plan: &Plan, slices: Vec<Slice>) -> Vec<PlannedLayer> {
    let contribution = &plan.contribution;
    let buildpack = &contribution.buildpack;
    let (dependencies, settings): (Vec<_>, Vec<_>) =
        contribution.layers.iter().partition(|layer| matches!(layer.source, LayerSource::Dependency(_)));
    let mut layers: Vec<_> = dependencies.iter().map(|layer| of_buildpack(buildpack, layer)).collect();
    layers.push(of_launcher(plan));
    layers.extend(of_application(slices, &plan.workspace).map(|spec| PlannedLayer { spec, role: Role::Application }));
    layers.extend(settings.iter().map(|layer| of_buildpack(buildpack, layer)));
    layers.push(of_config(plan));
    layers
}

/// How many layers are left for the application, above a base of so many; none when there is no room for it.
pub(super) fn room(plan: &Plan, base: usize) -> Option<NonZero<usize>> {
    // Those of the buildpack, launcher and configuration.
    NonZero::new(MOST_LAYERS.saturating_sub(base + plan.contribution.layers.len() + 2))
}

/// The application's layers; entries that were added to it go into the last.
pub(super) fn of_application(slices: Vec<Slice>, more: &[Entry]) -> impl Iterator<Item = LayerSpec> {
    let workspace = path("workspace");
    let count = slices.len();
    slices.into_iter().enumerate().map(move |(at, slice)| {
        let more = more.iter().filter(|_| at + 1 == count).cloned();
        let entries = slice.entries.into_iter().chain(more);
        let entries = entries.map(|entry| LayerEntry::below(&workspace, entry)).collect();
        let created_by = format!("Application Slice: {} ({})", at + 1, slice.name);
        LayerSpec { name: slice.name, created_by, files: LayerFiles::Entries(entries) }
    })
}

fn of_buildpack(buildpack: &BuildpackRef, layer: &LayerContribution) -> PlannedLayer {
    let at = path(&format!("layers/{}/{}", buildpack.id.directory(), layer.name));
    let env = layer.env.iter().flat_map(buildpacks::api::EnvDelta::files);
    let mut more: Vec<_> = env
        .map(|(file, text)| {
            let path = path(&format!("{at}/env.launch/{file}"));
            LayerEntry::normalised(Entry::file(path, Content::from_bytes(text.into_bytes())))
        })
        .collect();
    let files = match &layer.source {
        LayerSource::Dependency(dependency) => {
            LayerFiles::Dependency { dependency: dependency.clone(), at: at.clone(), more }
        }
        LayerSource::Entries(entries) => {
            more.extend(entries.iter().map(|entry| LayerEntry::below(&at, entry.clone())));
            LayerFiles::Entries(more)
        }
    };
    PlannedLayer {
        spec: LayerSpec {
            name: match &layer.source {
                LayerSource::Dependency(_) => layer.name.to_string(),
                LayerSource::Entries(_) => format!("{}-settings", layer.name),
            },
            created_by: format!(
                "Layer: '{}', Created by buildpack: {}@{}",
                layer.name, buildpack.id, buildpack.version
            ),
            files,
        },
        role: Role::Buildpack { id: buildpack.id.clone(), layer: layer.name.clone(), data: layer.metadata.clone() },
    }
}

/// The launcher and one link to it for each process type.
fn of_launcher(plan: &Plan) -> PlannedLayer {
    let program = EntryKind::File { executable: true, content: Content::from_bytes(launcher::bytes()) };
    let mut entries =
        vec![LayerEntry::normalised(Entry { path: path(LAUNCHER.trim_start_matches('/')), kind: program })];
    entries.extend(plan.processes.iter().map(|process| {
        let path = path(&format!("cnb/process/{}", process.process_type));
        LayerEntry::normalised(Entry { path, kind: EntryKind::Symlink { target: LAUNCHER.into() } })
    }));
    let spec = LayerSpec {
        name: "launcher".to_owned(),
        created_by: "Buildpacks Application Launcher".to_owned(),
        files: LayerFiles::Entries(entries),
    };
    PlannedLayer { spec, role: Role::Launcher }
}

/// `/layers/config/metadata.toml`, which the launcher reads.
#[derive(Serialize)]
struct LaunchMetadata {
    #[serde(rename = "buildpack-default-process-type", skip_serializing_if = "Option::is_none")]
    default_process: Option<String>,
    buildpacks: Vec<Value>,
    processes: Vec<Value>,
    stage: Value,
}

/// The Buildpack API whose layer rules our layers follow.
const BUILDPACK_API: &str = "0.10";

fn of_config(plan: &Plan) -> PlannedLayer {
    let buildpack = &plan.contribution.buildpack;
    let process = |process: &buildpacks::api::Process| {
        json!({
            "type": process.process_type,
            "command": process.command,
            "args": process.args,
            "direct": true,
            "default": process.default,
            "buildpack-id": buildpack.id,
        })
    };
    let mut stage = json!({
        "java_opts": true,
        "forward": [{ "from": "PORT", "to": "SERVER_PORT" }],
    });
    if plan.memory.enabled {
        stage["memory"] = json!(plan.memory.calculator);
    }
    let metadata = LaunchMetadata {
        default_process: plan.processes.iter().find(|p| p.default).map(|p| p.process_type.to_string()),
        buildpacks: vec![json!({ "id": buildpack.id, "version": buildpack.version, "api": BUILDPACK_API })],
        processes: plan.processes.iter().map(process).collect(),
        stage,
    };
    let text = toml::to_string(&metadata).unwrap_or_else(|error| unreachable!("a document of ours: {error}"));
    let file = Entry::file(path("layers/config/metadata.toml"), Content::from_bytes(text.into_bytes()));
    let spec = LayerSpec {
        name: "config".to_owned(),
        created_by: "Buildpacks Launcher Config".to_owned(),
        files: LayerFiles::Entries(vec![LayerEntry::normalised(file)]),
    };
    PlannedLayer { spec, role: Role::Config }
}

/// A path written in this crate, made of checked names.
fn path(text: &str) -> EntryPath {
    EntryPath::new(text).unwrap_or_else(|error| unreachable!("`{text}`: {error}"))
}
