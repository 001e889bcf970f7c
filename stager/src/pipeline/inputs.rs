//! What decides the result of a run: the key (program and settings) and the inputs (files).

use std::io;
use std::path::PathBuf;

use buildpacks::application::Application;
use buildpacks::dependency::{Sha256, find_host_java};
use buildpacks::java::Plan;
use buildpacks::java::start::beside;

use super::base::PlannedBase;
use super::run::dependency_cache;
use crate::launcher;
use crate::settings::StageSettings;
use crate::store::{Input, MemoKey};

/// Identifies the sources this program was built from: what one build remembers is nothing to another.
pub(super) const BUILD: &str = env!("STAGE_SOURCES_SHA256");

/// The key of a run: everything but files and what cannot change the image (threads, outputs).
pub(super) fn key(settings: &StageSettings) -> MemoKey {
    let plan = &settings.plan;
    let absolute = |path: &PathBuf| {
        std::path::absolute(path).unwrap_or_else(|_| path.clone()).into_os_string().into_encoded_bytes()
    };
    let choices = format!("{:?} {:?} {:?} {:?}", plan.base, plan.java, settings.media_types, plan.variables_of_image);
    let mut parts = vec![
        b"run 1".to_vec(),
        BUILD.into(),
        launcher::sha256_hex().into(),
        absolute(&plan.application),
        absolute(&plan.cache_dir),
        choices.into_bytes(),
        settings.compression.recipe().into(),
        settings.created.clone().into_bytes(),
    ];
    parts.extend(plan.profile.as_ref().map(|file| file.key().into_bytes()));
    parts.extend(plan.catalogues.iter().map(absolute));
    MemoKey::of(parts.iter().map(Vec::as_slice))
}

/// What a run is about to read, whatever the application, as it is before that.
///
/// # Errors
/// When the state of one cannot be noted.
pub(super) fn before(settings: &StageSettings) -> io::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in &settings.plan.catalogues {
        inputs.push(Input::entry(path.clone())?);
    }
    // A dependency added or removed may change the choice: each has its record beside the archive.
    if let Some(folder) = dependency_cache(&settings.plan).blob_path(Sha256::of(b"")).parent() {
        inputs.push(Input::files(folder.to_owned(), ".json")?);
    }
    Ok(inputs)
}

/// The files a run has read: those noted `before`, and those it came upon.
///
/// # Errors
/// When the state of one cannot be noted.
pub(super) fn of(
    settings: &StageSettings,
    before: Vec<Input>,
    application: &Application,
    plan: &Plan,
    base: &PlannedBase,
) -> io::Result<Vec<Input>> {
    let mut inputs = vec![Input::Tree(application.path().to_owned(), application.fingerprint().clone())];
    inputs.extend(before);
    // What is not beside the jar now may be there later.
    let beside = beside(application).map_err(io::Error::other)?;
    let mut paths: Vec<PathBuf> = beside.into_iter().map(|(_, path)| path).collect();
    let cache = dependency_cache(&settings.plan);
    let chosen = std::iter::once(&plan.jre.dependency).chain(&plan.dependencies);
    paths.extend(chosen.filter_map(|dependency| Some(cache.blob_path(dependency.sha256?))));
    if plan.jre.from_host {
        let needed = plan.detection.facts.java.as_ref().map_or(0, |need| need.feature);
        let host = find_host_java(&settings.plan.java.environment, needed).map_err(io::Error::other)?;
        let files = ["release", "lib/modules", "lib/rt.jar", "jre/lib/rt.jar"];
        paths.extend(host.iter().flat_map(|java| files.map(|file| java.home.join(file))));
    }
    for path in paths {
        inputs.push(Input::entry(path)?);
    }
    inputs.extend(base.inputs.iter().cloned());
    Ok(inputs)
}
