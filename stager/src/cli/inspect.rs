//! `stage inspect IMAGE`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use buildpacks::shown::line;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::args::InspectArgs;
use super::{Failure, Reply, Schema};
use crate::image::base::{Base, BaseChoice, BaseLayer, BaseRequest, HostRoot, Platform, is_archive, open};
use crate::image::{BUILD_METADATA, LIFECYCLE_METADATA};
use crate::report::{bytes, table};

/// What an image says of itself.
#[derive(Serialize, JsonSchema)]
pub(super) struct ImageFacts {
    /// Digest of the manifest.
    digest: String,
    /// Operating system and architecture.
    platform: String,
    /// Creation time.
    created: Option<String>,
    /// The user it runs as.
    user: Option<String>,
    /// What is started.
    entrypoint: Option<Vec<String>>,
    /// Variables, `NAME=VALUE`.
    env: Option<Vec<String>>,
    /// Its layers, lowest first.
    layers: Vec<LayerFacts>,
    /// Processes, as the label `io.buildpacks.build.metadata` has them.
    processes: Value,
    /// Buildpacks and their layers, as the label `io.buildpacks.lifecycle.metadata` has them.
    buildpacks: Value,
    /// Every label.
    labels: Option<BTreeMap<String, String>>,
}

/// A layer.

#[derive(Serialize, JsonSchema)]
struct LayerFacts {
    /// Digest of the blob.
    digest: String,
    /// Digest of the plain tar.
    diff_id: String,
    /// Bytes of the blob.
    size: u64,
    /// Media type.
    media_type: String,
    /// Who made it, as the history says.
    created_by: Option<String>,
}

pub(super) fn run(args: &InspectArgs) -> Result<Reply, Failure> {
    let choice = choice(&args.image)?;
    let (host, platform) = (HostRoot::system(), Platform::default());
    let image = open(Some(&choice), &BaseRequest { jre: &[], host: &host, platform: &platform })?;
    let facts = facts(&image);
    Reply::new(Schema::Inspect, &facts, human(&facts))
}

/// Whether `text` names an image: by its transport, or as the path of a layout or of an archive of one.
pub(super) fn is_image(text: &str) -> bool {
    let path = Path::new(text);
    text.starts_with("oci:")
        || text.starts_with("oci-archive:")
        || path.join("oci-layout").is_file()
        || path.is_file() && is_archive(path)
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
        created: read(&image.config["created"]),
        user: read(&config["User"]),
        entrypoint: read(&config["Entrypoint"]),
        env: read(&config["Env"]),
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
        labels: read(&config["Labels"]),
    }
}

/// A value of the expected kind; what is of another is as good as none.
fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

fn human(facts: &ImageFacts) -> String {
    let mut out = String::new();
    // Texts of others' images.
    let plain = |value: &Value| line(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let text = |text: &Option<String>, none: &str| line(text.as_deref().unwrap_or(none));
    let _ = writeln!(out, "image {}", facts.digest);
    let _ = writeln!(out, "  platform   {}", line(&facts.platform));
    let _ = writeln!(out, "  created    {}", text(&facts.created, "unknown"));
    let _ = writeln!(out, "  user       {}", text(&facts.user, "root"));
    let _ = writeln!(out, "  entrypoint {}", plain(&Value::from(facts.entrypoint.clone().unwrap_or_default())));
    for buildpack in facts.buildpacks.as_array().into_iter().flatten() {
        let _ = writeln!(out, "  buildpack  {} {}", plain(&buildpack["key"]), plain(&buildpack["version"]));
        for (name, layer) in buildpack["layers"].as_object().into_iter().flatten() {
            let version = layer["data"]["version"].as_str().unwrap_or_default();
            let _ = writeln!(out, "{}", line(format!("    {name} {version}").trim_end()));
        }
    }
    for process in facts.processes.as_array().into_iter().flatten() {
        let words = |name: &str| process[name].as_array().into_iter().flatten().map(plain).collect::<Vec<_>>();
        let command = [words("command"), words("args")].concat().join(" ");
        let _ = writeln!(out, "  process    {}: {}", plain(&process["type"]), line(&command));
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
