//! From layers to config and manifest.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::json::canonical;
use super::labels;
use super::memory_profile::{MEMORY_PROFILE, VARIABLE};
use super::spec::{APP_DIR, ImageBlob, ImageLayer, ImageSpec, LAUNCHER, LAYERS_DIR, PLATFORM_API, Role};
use crate::digest::Digest;

/// A finished image: documents as bytes, blobs as places.
#[derive(Clone, Debug)]
pub struct Image {
    /// The manifest.
    pub manifest: Document,
    /// The configuration.
    pub config: Document,
    /// Blobs of its layers, lowest first.
    pub blobs: Vec<ImageBlob>,
}

/// A JSON document, stored by its digest.
#[derive(Clone, Debug)]
pub struct Document {
    /// Media type.
    pub media_type: String,
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// Canonical JSON.
    pub bytes: Vec<u8>,
}

impl Document {
    /// The document of these bytes.
    pub fn new(media_type: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { media_type: media_type.into(), digest: Digest::of(&bytes), bytes }
    }

    pub(super) fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest.to_string(), "size": self.bytes.len() })
    }
}

impl Image {
    /// Bytes that a registry would hold: manifest, config and every distinct layer blob.
    pub fn size(&self) -> u64 {
        let blobs: BTreeMap<_, _> = self.blobs.iter().map(|blob| (blob.digest, blob.size)).collect();
        blobs.values().sum::<u64>() + (self.manifest.bytes.len() + self.config.bytes.len()) as u64
    }
}

/// Writes the manifest and the config. Equal specs give equal bytes.
pub fn assemble(spec: &ImageSpec) -> (Document, Document) {
    let config = Document::new(spec.media_types.config(), canonical(&config(spec)));
    let layers: Vec<_> = spec
        .layers
        .iter()
        .map(|layer| json!({ "mediaType": layer.media_type, "digest": layer.digest.to_string(), "size": layer.size }))
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": spec.media_types.manifest(),
        "config": config.descriptor(),
        "layers": layers,
    });
    (Document::new(spec.media_types.manifest(), canonical(&manifest)), config)
}

fn config(spec: &ImageSpec) -> Value {
    let inherited = &spec.inherited;
    let diff_ids: Vec<_> = spec.layers.iter().map(|layer| layer.diff_id.to_string()).collect();
    let mut document = json!({
        "created": spec.created,
        "os": inherited.os,
        "architecture": inherited.architecture,
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
        "history": history(spec),
        "config": runtime(spec),
    });
    if let Some(variant) = &inherited.variant {
        document["variant"] = json!(variant);
    }
    if let Some(version) = &inherited.os_version {
        document["os.version"] = json!(version);
    }
    if !inherited.os_features.is_empty() {
        document["os.features"] = json!(inherited.os_features);
    }
    document
}

/// Exactly one entry a layer: rebasers count them.
fn history(spec: &ImageSpec) -> Vec<Value> {
    let mut inherited = spec.inherited.history.iter();
    let entry = |layer: &ImageLayer| match (&layer.role, inherited.next()) {
        (Role::Base, Some(entry)) => {
            let mut entry = json!(entry);
            if entry["created"].is_null() {
                entry["created"] = json!(spec.created);
            }
            entry
        }
        _ => json!({ "created": spec.created, "created_by": layer.created_by }),
    };
    spec.layers.iter().map(entry).collect()
}

fn runtime(spec: &ImageSpec) -> Value {
    let inherited = &spec.inherited;
    let default = spec.processes.iter().find(|process| process.default);
    let entrypoint = default.map_or(LAUNCHER.to_owned(), |process| format!("/cnb/process/{}", process.process_type));
    let mut all: Map<String, Value> = inherited.labels.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
    all.extend(labels::of(spec).into_iter().map(|(name, text)| (name.to_owned(), json!(text))));
    // A base that was staged as an application may have one.
    all.remove(MEMORY_PROFILE);
    all.extend(spec.memory_profile.iter().map(|text| (MEMORY_PROFILE.to_owned(), json!(text))));
    all.extend(spec.labels.iter().map(|(name, text)| (name.clone(), json!(text))));
    let mut runtime = json!({
        "Env": environment(&inherited.env, spec.memory_profile.as_deref()),
        "User": inherited.user,
        "WorkingDir": APP_DIR,
        "Entrypoint": [entrypoint],
        "Labels": all,
    });
    let set = |names: &std::collections::BTreeSet<String>| -> Map<String, Value> {
        names.iter().map(|name| (name.clone(), json!({}))).collect()
    };
    if !inherited.exposed_ports.is_empty() {
        runtime["ExposedPorts"] = Value::Object(set(&inherited.exposed_ports));
    }
    if !inherited.volumes.is_empty() {
        runtime["Volumes"] = Value::Object(set(&inherited.volumes));
    }
    if let Some(signal) = &inherited.stop_signal {
        runtime["StopSignal"] = json!(signal);
    }
    if let Some(check) = &inherited.healthcheck {
        runtime["Healthcheck"] = check.clone();
    }
    runtime
}

/// The base's environment with the variables the launcher needs, and the process folder first in `PATH`.
fn environment(base: &[(String, String)], memory_profile: Option<&str>) -> Vec<String> {
    let ours = [
        ("CNB_LAYERS_DIR", LAYERS_DIR),
        ("CNB_APP_DIR", APP_DIR),
        ("CNB_PLATFORM_API", PLATFORM_API),
        ("CNB_DEPRECATION_MODE", "quiet"),
    ];
    let mut env: Vec<String> = base
        .iter()
        .filter(|(name, _)| ours.iter().all(|(our, _)| our != name) && name != VARIABLE)
        .map(|(name, value)| match name.as_str() {
            "PATH" => format!("PATH=/cnb/process:/cnb/lifecycle:{value}"),
            _ => format!("{name}={value}"),
        })
        .collect();
    env.extend(ours.iter().map(|(name, value)| format!("{name}={value}")));
    env.extend(memory_profile.map(|text| format!("{VARIABLE}={text}")));
    env
}
