//! `stage inspect IMAGE`.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::args::InspectArgs;
use super::{Failure, Reply, Schema};
use crate::image::base::{Base, BaseChoice, BaseLayer, BaseRequest, HostRoot, Platform, open};
use crate::image::{BUILD_METADATA, LIFECYCLE_METADATA};
use crate::report::{bytes, table};

/// What an image says of itself.
#[derive(Serialize)]
struct ImageFacts {
    digest: String,
    platform: String,
    created: Value,
    user: Value,
    entrypoint: Value,
    env: Value,
    layers: Vec<LayerFacts>,
    processes: Value,
    buildpacks: Value,
    labels: Value,
}

#[derive(Serialize)]
struct LayerFacts {
    digest: String,
    diff_id: String,
    size: u64,
    media_type: String,
    created_by: Option<String>,
}

pub(super) fn run(args: &InspectArgs) -> Result<Reply, Failure> {
    let choice = choice(&args.image)?;
    let (host, platform) = (HostRoot::system(), Platform::default());
    let image = open(Some(&choice), &BaseRequest { jre: &[], host: &host, platform: &platform })?;
    let facts = facts(&image);
    Reply::new(Schema::Inspect, &facts, human(&facts))
}

/// The image named by `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]` or a bare path.
pub(super) fn choice(text: &str) -> Result<BaseChoice, Failure> {
    if text.starts_with("oci:") || text.starts_with("oci-archive:") {
        return Ok(text.parse()?);
    }
    let path = Path::new(text);
    Ok(if path.is_dir() {
        BaseChoice::Oci { dir: path.into(), tag: None }
    } else {
        BaseChoice::OciArchive { file: path.into(), tag: None }
    })
}

fn facts(image: &Base) -> ImageFacts {
    let config = &image.config["config"];
    let label = |name: &str| -> Value {
        config["Labels"][name].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    };
    let build = label(BUILD_METADATA);
    let history = image.config["history"].as_array();
    let created_by = |at: usize| Some(history?.get(at)?["created_by"].as_str()?.to_owned());
    let blobs = image.layers.iter().filter_map(|layer| match layer {
        BaseLayer::Blob(blob) => Some(blob),
        BaseLayer::Built(_) => None,
    });
    ImageFacts {
        digest: image.manifest.map(|digest| digest.to_string()).unwrap_or_default(),
        platform: image.platform.to_string(),
        created: image.config["created"].clone(),
        user: config["User"].clone(),
        entrypoint: config["Entrypoint"].clone(),
        env: config["Env"].clone(),
        layers: blobs
            .enumerate()
            .map(|(at, blob)| LayerFacts {
                digest: blob.digest.to_string(),
                diff_id: blob.diff_id.to_string(),
                size: blob.size,
                media_type: blob.media_type.clone(),
                created_by: created_by(at),
            })
            .collect(),
        processes: build["processes"].clone(),
        buildpacks: label(LIFECYCLE_METADATA)["buildpacks"].clone(),
        labels: config["Labels"].clone(),
    }
}

fn human(facts: &ImageFacts) -> String {
    let mut out = String::new();
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let _ = writeln!(out, "image {}", facts.digest);
    let _ = writeln!(out, "  platform   {}", facts.platform);
    let _ = writeln!(out, "  created    {}", plain(&facts.created));
    let _ = writeln!(out, "  user       {}", plain(&facts.user));
    let _ = writeln!(out, "  entrypoint {}", plain(&facts.entrypoint));
    for buildpack in facts.buildpacks.as_array().into_iter().flatten() {
        let _ = writeln!(out, "  buildpack  {} {}", plain(&buildpack["key"]), plain(&buildpack["version"]));
        for (name, layer) in buildpack["layers"].as_object().into_iter().flatten() {
            let version = layer["data"]["version"].as_str().unwrap_or_default();
            let line = format!("    {name} {version}");
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    for process in facts.processes.as_array().into_iter().flatten() {
        let words = |name: &str| process[name].as_array().into_iter().flatten().map(plain).collect::<Vec<_>>();
        let command = [words("command"), words("args")].concat().join(" ");
        let _ = writeln!(out, "  process    {}: {command}", plain(&process["type"]));
    }
    let rows: Vec<_> = facts
        .layers
        .iter()
        .map(|layer| {
            let digest = layer.digest.chars().take("sha256:".len() + 12).collect();
            vec![digest, bytes(layer.size), layer.created_by.clone().unwrap_or_default()]
        })
        .collect();
    out.push('\n');
    out.push_str(&table(&["layer", ">size", "created by"], &rows));
    out
}
