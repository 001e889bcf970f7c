//! From a choice to a base.

use std::collections::BTreeMap;

use buildpacks::application::Entry;
use serde_json::json;

use super::{Base, BaseChoice, BaseError, HostBase, HostRoot, Platform, SkippedLibrary, host, locale, oci, rootfs};
use crate::layer::{LayerFiles, LayerSpec};

use super::BaseLayer;
use super::instead::instead;

/// What a base is made for.
#[derive(Clone, Copy, Debug)]
pub struct BaseRequest<'a> {
    /// Entries of the JRE, paths below its root (`bin/java`); empty when the image has none. Only `host` reads them.
    pub jre: &'a [Entry],
    /// The host that `host` takes files from.
    pub host: &'a HostRoot,
    /// Which image of a multi-platform index to take, and what `none` and `rootfs` claim to be.
    pub platform: &'a Platform,
}

/// Opens the chosen base; without a choice it is `host`, and the note says so.
///
/// # Errors
/// [`BaseError`] when the base is missing, broken, ambiguous or hostile, or when this host lacks a library the JRE
/// needs.
pub fn open(choice: Option<&BaseChoice>, request: &BaseRequest<'_>) -> Result<Base, BaseError> {
    let opened = match choice {
        None => host_base(request, "no base configured: using one layer made from this host"),
        Some(BaseChoice::Host) => host_base(request, "using one layer made from this host"),
        Some(BaseChoice::Oci { dir, tag }) => oci::from_directory(dir, tag.as_deref(), request.platform),
        Some(BaseChoice::OciArchive { file, tag }) => oci::from_archive(file, tag.as_deref(), request.platform),
        Some(BaseChoice::Rootfs(tar)) => rootfs::open(tar, request.platform),
        Some(BaseChoice::None) => Ok(plain("none", request.platform.clone())),
    };
    match choice {
        Some(choice) => opened.map_err(|error| instead(choice, error)),
        None => opened,
    }
}

/// A base without layers, config and inputs.
pub(super) fn plain(reference: &str, platform: Platform) -> Base {
    Base {
        layers: Vec::new(),
        config: json!({}),
        reference: reference.to_owned(),
        image: None,
        tag: None,
        manifest: None,
        annotations: BTreeMap::new(),
        top_layer: None,
        platform,
        notes: Vec::new(),
        inputs: Vec::new(),
    }
}

fn host_base(request: &BaseRequest<'_>, note: &str) -> Result<Base, BaseError> {
    let HostBase { entries, platform, distribution, skipped, has_utf8_locale, inputs, .. } =
        host::closure(request.jre, request.host)?;
    let layer = LayerSpec {
        name: "base".to_owned(),
        created_by: "Base layer made from host libraries".to_owned(),
        files: LayerFiles::Entries(entries),
    };
    let mut notes = vec![distribution.map_or_else(|| note.to_owned(), |name| format!("{note} ({name})"))];
    notes.extend(SkippedLibrary::note(&skipped));
    // A user that the platform makes up has no account to tell its home.
    let mut env = vec![format!("HOME={}", host::HOME)];
    if has_utf8_locale {
        // Without a locale the JVM takes file names for ASCII.
        env.push(format!("LANG={}", locale::ONLY));
    } else {
        notes.push(format!(
            "this host has no locale {}, and so has not the base made of it: Java takes names of files for ASCII",
            locale::ONLY
        ));
    }
    let config = json!({ "config": { "Env": env } });
    let layers = vec![BaseLayer::Built(layer)];
    Ok(Base { layers, config, notes, inputs, ..plain("host", platform) })
}
