//! The index of a layout: one descriptor a tag.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::digest::Digest;
use crate::image::Image;

/// Annotation that holds a tag.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// Content of the `oci-layout` file.
pub(super) const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// An index without manifests.
pub(super) fn empty() -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [],
    })
}

/// Puts the image under `tag`; what had the tag before loses it. Other members stay untouched. Returns the digests of
/// manifests that are no longer in the index.
pub(super) fn put(index: &mut Value, image: &Image, tag: &str) -> Vec<Digest> {
    let descriptor = json!({
        "mediaType": image.manifest.media_type,
        "digest": image.manifest.digest.to_string(),
        "size": image.manifest.bytes.len(),
        "annotations": { REF_NAME: tag },
    });
    let mut manifests = index["manifests"].as_array().cloned().unwrap_or_default();
    let before = digests(&manifests);
    let place = manifests.iter().position(|manifest| manifest["annotations"][REF_NAME] == tag);
    match place {
        Some(place) => manifests[place] = descriptor,
        None => manifests.push(descriptor),
    }
    let after = digests(&manifests);
    index["manifests"] = Value::Array(manifests);
    before.difference(&after).copied().collect()
}

/// Digests of all manifests in the index.
pub(super) fn digests_of(index: &Value) -> BTreeSet<Digest> {
    index["manifests"].as_array().map(|manifests| digests(manifests)).unwrap_or_default()
}

fn digests(manifests: &[Value]) -> BTreeSet<Digest> {
    manifests.iter().filter_map(digest).collect()
}

/// The digest that a descriptor names.
pub(super) fn digest(descriptor: &Value) -> Option<Digest> {
    descriptor["digest"].as_str()?.parse().ok()
}

/// The tag of an image in an index.
pub(super) fn tag(descriptor: &Value) -> Option<&str> {
    descriptor["annotations"][REF_NAME].as_str()
}

/// Digests that a manifest document names: its config and its layers, or the manifests of a nested index.
pub(super) fn references(document: &[u8]) -> BTreeSet<Digest> {
    let Ok(document) = serde_json::from_slice::<Value>(document) else { return BTreeSet::new() };
    let lists = ["layers", "manifests"].into_iter().filter_map(|name| document[name].as_array()).flatten();
    lists.chain([&document["config"]]).filter_map(digest).collect()
}
