//! A measured memory profile in an image: a label for tools, a variable for the launcher.

use serde_json::{Value, json};

use super::base::{Base, BaseLayer};
use super::json::canonical;
use super::{BlobLocation, Document, Image, ImageBlob, MediaTypes};

/// The label.
pub const MEMORY_PROFILE: &str = "stage.memory-profile";
/// The variable that the launcher reads.
pub const VARIABLE: &str = "BPI_JVM_PROFILE";

/// The image with this profile instead of the one it may have: the same layers, a new config and manifest.
pub fn with_memory_profile(image: &Base, profile: Option<&str>) -> Image {
    let layers = image.layers.iter().filter_map(|layer| match layer {
        BaseLayer::Blob(blob) => Some(blob),
        BaseLayer::Built(_) => None,
    });
    let (mut descriptors, mut blobs) = (Vec::new(), Vec::new());
    for blob in layers {
        let mut descriptor =
            json!({ "mediaType": blob.media_type, "digest": blob.digest.to_string(), "size": blob.size });
        if !blob.annotations.is_empty() {
            descriptor["annotations"] = json!(blob.annotations);
        }
        descriptors.push(descriptor);
        let location = BlobLocation::Foreign(blob.content.clone());
        blobs.push(ImageBlob { digest: blob.digest, size: blob.size, location });
    }
    let is_docker = descriptors.iter().any(|layer| layer["mediaType"].as_str().is_some_and(|it| it.contains("docker")));
    let family = if is_docker { MediaTypes::Docker } else { MediaTypes::Oci };
    let mut document = image.config.clone();
    let runtime = &mut document["config"];
    let mut environment: Vec<Value> = runtime["Env"].as_array().cloned().unwrap_or_default();
    environment.retain(|entry| !entry.as_str().is_some_and(|text| text.starts_with(&format!("{VARIABLE}="))));
    environment.extend(profile.map(|profile| json!(format!("{VARIABLE}={profile}"))));
    runtime["Env"] = Value::Array(environment);
    if let Some(labels) = runtime["Labels"].as_object_mut() {
        labels.remove(MEMORY_PROFILE);
        labels.extend(profile.map(|profile| (MEMORY_PROFILE.to_owned(), json!(profile))));
    }
    let config = Document::new(family.config(), canonical(&document));
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": family.manifest(),
        "config": config.descriptor(),
        "layers": descriptors,
    });
    if !image.annotations.is_empty() {
        manifest["annotations"] = json!(image.annotations);
    }
    Image { manifest: Document::new(family.manifest(), canonical(&manifest)), config, blobs }
}
