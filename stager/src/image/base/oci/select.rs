//! Which image of an index is meant: by tag in the top one, by platform in every one.

use std::collections::BTreeSet;

use super::super::Platform;
use super::document::{Descriptor, Index, Kind};

/// Why no image was chosen.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unselected {
    /// There is none.
    Empty,
    /// None has the wanted tag; these there are.
    NoTag(Vec<String>),
    /// There are several, with these tags.
    Ambiguous(Vec<String>),
    /// None is for the wanted platform; these there are.
    NoPlatform(Vec<String>),
}

/// Chooses from a layout's `index.json`.
pub(super) fn from_top<'a>(
    index: &'a Index,
    tag: Option<&str>,
    platform: &Platform,
) -> Result<&'a Descriptor, Unselected> {
    let all = images(index);
    let tags = || -> Vec<String> {
        let tags: BTreeSet<_> = all.iter().filter_map(|image| image.tag()).collect();
        tags.into_iter().map(str::to_owned).collect()
    };
    if all.is_empty() {
        return Err(Unselected::Empty);
    }
    let chosen: Vec<_> = match tag {
        Some(tag) => all.iter().copied().filter(|image| image.is_tagged(tag)).collect(),
        None => all.clone(),
    };
    if chosen.is_empty() {
        return Err(Unselected::NoTag(tags()));
    }
    let distinct: BTreeSet<_> = chosen.iter().map(|image| &image.digest).collect();
    let names: BTreeSet<_> = chosen.iter().map(|image| image.tag()).collect();
    let unnamed_platforms = chosen.iter().filter(|image| image.platform.is_none()).count();
    if distinct.len() > 1 && (names.len() > 1 || unnamed_platforms > 1) {
        return Err(Unselected::Ambiguous(tags()));
    }
    by_platform(&chosen, platform)
}

/// Chooses from an index that a layout's `index.json` or another index lists.
pub(super) fn from_nested<'a>(index: &'a Index, platform: &Platform) -> Result<&'a Descriptor, Unselected> {
    by_platform(&images(index), platform)
}

/// The first one for the platform, else the first one that names none.
fn by_platform<'a>(images: &[&'a Descriptor], wanted: &Platform) -> Result<&'a Descriptor, Unselected> {
    let fits = |image: &&&Descriptor| {
        image.platform.as_ref().is_some_and(|found| {
            found.os == wanted.os
                && found.architecture == wanted.architecture
                && (wanted.variant.is_none() || found.variant.is_none() || found.variant == wanted.variant)
        })
    };
    let chosen = images.iter().find(fits).or_else(|| images.iter().find(|image| image.platform.is_none()));
    chosen.copied().ok_or_else(|| {
        let known: BTreeSet<_> = images
            .iter()
            .filter_map(|image| image.platform.clone())
            .map(|found| {
                Platform { os: found.os, architecture: found.architecture, variant: found.variant }.to_string()
            })
            .collect();
        if known.is_empty() { Unselected::Empty } else { Unselected::NoPlatform(known.into_iter().collect()) }
    })
}

/// Images and indexes; attestations, marked by an unknown platform, and artifacts of other types are none.
fn images(index: &Index) -> Vec<&Descriptor> {
    let known = |image: &&Descriptor| {
        matches!(image.kind(), Kind::Index | Kind::Manifest)
            && image.platform.as_ref().is_none_or(|platform| platform.os != "unknown")
    };
    index.manifests.iter().filter(known).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn index(manifests: &Value) -> Index {
        let mut manifests = manifests.clone();
        for manifest in manifests.as_array_mut().unwrap() {
            manifest["size"] = json!(1);
            manifest["mediaType"] = json!("application/vnd.oci.image.manifest.v1+json");
        }
        serde_json::from_value(json!({ "manifests": manifests })).unwrap()
    }

    fn tagged(digest: &str, tag: &str) -> Value {
        json!({ "digest": digest, "annotations": { "org.opencontainers.image.ref.name": tag } })
    }

    fn for_platform(digest: &str, os: &str, architecture: &str) -> Value {
        json!({ "digest": digest, "platform": { "os": os, "architecture": architecture } })
    }

    fn top(manifests: &Value, tag: Option<&str>) -> Result<String, Unselected> {
        from_top(&index(manifests), tag, &Platform::default()).map(|image| image.digest.clone())
    }

    #[test]
    fn one_image_needs_no_tag() {
        assert_eq!(top(&json!([tagged("a", "v1")]), None).unwrap(), "a");
        assert_eq!(top(&json!([{ "digest": "a" }]), None).unwrap(), "a");
    }

    #[test]
    fn several_images_need_a_tag() {
        let two = json!([tagged("a", "v1"), tagged("b", "v2")]);
        assert_eq!(top(&two, None).unwrap_err(), Unselected::Ambiguous(vec!["v1".to_owned(), "v2".to_owned()]));
        assert_eq!(top(&two, Some("v2")).unwrap(), "b");
        assert!(matches!(top(&two, Some("v3")).unwrap_err(), Unselected::NoTag(known) if known == ["v1", "v2"]));
    }

    #[test]
    fn two_tags_of_one_image_are_one_image() {
        assert_eq!(top(&json!([tagged("a", "v1"), tagged("a", "latest")]), None).unwrap(), "a");
    }

    #[test]
    fn the_same_tag_twice_is_ambiguous() {
        let twice = json!([tagged("a", "v1"), tagged("b", "v1")]);
        assert!(matches!(top(&twice, Some("v1")).unwrap_err(), Unselected::Ambiguous(_)));
    }

    #[test]
    fn platform_chooses_and_attestations_are_no_images() {
        let many = json!([
            for_platform("arm", "linux", "arm64"),
            for_platform("attestation", "unknown", "unknown"),
            for_platform("amd", "linux", "amd64"),
        ]);
        assert_eq!(top(&many, None).unwrap(), "amd");
        let other = json!([for_platform("arm", "linux", "arm64"), for_platform("win", "windows", "amd64")]);
        let known = vec!["linux/arm64".to_owned(), "windows/amd64".to_owned()];
        assert_eq!(top(&other, None).unwrap_err(), Unselected::NoPlatform(known));
    }

    #[test]
    fn nothing_to_choose_from() {
        assert_eq!(top(&json!([]), None).unwrap_err(), Unselected::Empty);
        assert_eq!(top(&json!([for_platform("a", "unknown", "unknown")]), None).unwrap_err(), Unselected::Empty);
    }
}
