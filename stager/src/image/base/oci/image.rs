//! From a layout to a base: index, manifest, config, layers.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::{Base, BaseError, BaseLayer, BlobLayer, BlobRole, Platform, open::plain};
use super::document::{CONTAINERD_NAME, ConfigCore, Descriptor, Index, Kind, LayoutMarker, Manifest, REF_NAME};
use super::layout::Layout;
use super::select::{self, Unselected};
use super::startable;
use crate::digest::{DiffId, Digest};

/// How deep indexes may be nested.
const MAX_NESTING: usize = 4;

/// The image in a layout directory.
pub(in super::super) fn from_directory(path: &Path, tag: Option<&str>, platform: &Platform) -> Result<Base, BaseError> {
    read(Layout::directory(path)?, tag, platform)
}

/// The image in a tar of a layout.
pub(in super::super) fn from_archive(path: &Path, tag: Option<&str>, platform: &Platform) -> Result<Base, BaseError> {
    read(Layout::archive(path)?, tag, platform)
}

fn read(mut layout: Layout, tag: Option<&str>, platform: &Platform) -> Result<Base, BaseError> {
    let bytes = layout.top("index.json", BlobRole::TopIndex)?;
    let index: Index = parse(&layout, &bytes, BlobRole::TopIndex)?;
    check_version(&mut layout)?;
    let top = select::from_top(&index, tag, platform).map_err(|reason| unselected(&layout, reason, tag, platform))?;
    let descriptor = to_manifest(&mut layout, top.clone(), platform)?;
    let manifest_digest = layout.digest(&descriptor.digest, BlobRole::Manifest)?;
    let bytes = layout.document(&descriptor, BlobRole::Manifest)?;
    let manifest: Manifest = parse(&layout, &bytes, BlobRole::Manifest)?;
    expect(&layout, &manifest.config, Kind::Config, BlobRole::Config)?;
    let bytes = layout.document(&manifest.config, BlobRole::Config)?;
    let config: Value = parse(&layout, &bytes, BlobRole::Config)?;
    let core: ConfigCore = parse(&layout, &bytes, BlobRole::Config)?;
    if core.os != "linux" {
        return Err(BaseError::Os { path: layout.path().to_owned(), os: core.os });
    }
    startable::check(&config["config"], layout.path())?;
    let layers = layers(&mut layout, &manifest.layers, &core.rootfs.diff_ids)?;
    let top_layer = layers.last().map(|layer| layer.diff_id);
    let platform =
        Platform { os: core.os, architecture: core.architecture, variant: core.variant.filter(|it| !it.is_empty()) };
    let image = full_name(top);
    Ok(Base {
        layers: layers.into_iter().map(BaseLayer::Blob).collect(),
        config,
        image: image.clone(),
        tag: top.tag().filter(|_| top.kind() == Kind::Manifest).map(str::to_owned),
        manifest: Some(manifest_digest),
        annotations: manifest.annotations.unwrap_or_default(),
        top_layer,
        inputs: layout.into_inputs(),
        ..plain(&reference(image.as_deref(), manifest_digest), platform)
    })
}

/// Follows nested indexes down to a manifest.
fn to_manifest(layout: &mut Layout, top: Descriptor, platform: &Platform) -> Result<Descriptor, BaseError> {
    let mut descriptor = top;
    for _ in 0..=MAX_NESTING {
        if descriptor.kind() == Kind::Manifest {
            return Ok(descriptor);
        }
        expect(layout, &descriptor, Kind::Index, BlobRole::Index)?;
        let bytes = layout.document(&descriptor, BlobRole::Index)?;
        let index: Index = parse(layout, &bytes, BlobRole::Index)?;
        let chosen = select::from_nested(&index, platform);
        descriptor = chosen.map_err(|reason| unselected(layout, reason, None, platform))?.clone();
    }
    Err(BaseError::Nesting { path: layout.path().to_owned(), limit: MAX_NESTING })
}

fn layers(layout: &mut Layout, layers: &[Descriptor], diff_ids: &[String]) -> Result<Vec<BlobLayer>, BaseError> {
    if layers.len() != diff_ids.len() {
        let path = layout.path().to_owned();
        return Err(BaseError::LayerCount { path, layers: layers.len(), diff_ids: diff_ids.len() });
    }
    let mut found: Vec<BlobLayer> = Vec::with_capacity(layers.len());
    // A blob decodes to one tar, which is the blob itself where it is not compressed.
    let mut known = BTreeMap::new();
    for (descriptor, diff_id) in layers.iter().zip(diff_ids) {
        expect(layout, descriptor, Kind::Layer, BlobRole::Layer)?;
        let (digest, content) = layout.blob(descriptor, BlobRole::Layer)?;
        let diff_id = DiffId(layout.digest(diff_id, BlobRole::Layer)?);
        let only = if descriptor.is_plain() { DiffId(digest) } else { *known.entry(digest).or_insert(diff_id) };
        if only != diff_id {
            return Err(BaseError::DiffId { path: layout.path().to_owned(), digest });
        }
        found.push(BlobLayer {
            media_type: descriptor.media_type.clone(),
            digest,
            size: descriptor.size,
            diff_id,
            annotations: descriptor.annotations.clone().unwrap_or_default(),
            content,
        });
    }
    Ok(found)
}

/// The marker of a layout, which must be of a known version.
fn check_version(layout: &mut Layout) -> Result<(), BaseError> {
    let bytes = layout.top("oci-layout", BlobRole::TopIndex)?;
    let marker: LayoutMarker = parse(layout, &bytes, BlobRole::TopIndex)?;
    if marker.image_layout_version.starts_with("1.") {
        return Ok(());
    }
    Err(BaseError::LayoutVersion { path: layout.path().to_owned(), version: marker.image_layout_version })
}

fn expect(layout: &Layout, descriptor: &Descriptor, kind: Kind, role: BlobRole) -> Result<(), BaseError> {
    if descriptor.kind() == kind {
        return Ok(());
    }
    let media_type = descriptor.media_type.clone();
    Err(BaseError::MediaType { role, path: layout.path().to_owned(), media_type })
}

/// Parses a document. One that could be read as an index and as a manifest is refused: its media type would decide
/// what it is, and tools differ in what they go by.
fn parse<T: DeserializeOwned>(layout: &Layout, bytes: &[u8], role: BlobRole) -> Result<T, BaseError> {
    let failed = |source| BaseError::Json { role, path: layout.path().to_owned(), source };
    let document: Value = serde_json::from_slice(bytes).map_err(failed)?;
    if document.get("manifests").is_some() && (document.get("layers").is_some() || document.get("config").is_some()) {
        return Err(BaseError::Confused { role, path: layout.path().to_owned() });
    }
    // From the bytes, not from the value: so a name given twice is an error.
    serde_json::from_slice(bytes).map_err(failed)
}

/// The image's own name, when it is more than a tag.
fn full_name(descriptor: &Descriptor) -> Option<String> {
    let names = [CONTAINERD_NAME, REF_NAME].into_iter().filter_map(|name| descriptor.annotation(name));
    names.into_iter().find(|name| name.contains('/') && !name.starts_with(['/', '.'])).map(str::to_owned)
}

/// `NAME@DIGEST` without the tag, or the digest alone.
fn reference(image: Option<&str>, digest: Digest) -> String {
    let Some(image) = image else { return digest.to_string() };
    let name = image.split('@').next().unwrap_or(image);
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let end = name[last..].find(':').map_or(name.len(), |at| last + at);
    format!("{}@{digest}", &name[..end])
}

fn unselected(layout: &Layout, reason: Unselected, tag: Option<&str>, wanted: &Platform) -> BaseError {
    let path = layout.path().to_owned();
    match reason {
        Unselected::Empty => BaseError::NoImage { path },
        Unselected::NoTag(known) => BaseError::NoTag { tag: tag.unwrap_or_default().to_owned(), path, known },
        Unselected::Ambiguous(known) => BaseError::Ambiguous { path, known },
        Unselected::NoPlatform(known) => BaseError::NoPlatform { path, wanted: wanted.clone(), known },
    }
}
