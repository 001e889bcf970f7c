//! From layers to a finished image, its outputs and its report.

use buildpacks::api::Contribution;
use buildpacks::application::Application;
use buildpacks::dependency::ResolvedDependency;
use buildpacks::java::Plan;

use super::base::PlannedBase;
use super::layers::PlannedLayer;
use super::recall::{Staged, StagedLayer};
use super::{StageError, memory};
use crate::image::base::{BaseLayer, BlobLayer, InheritedConfig, locale_note};
use crate::image::{BlobLocation, ImageBlob, ImageLayer, ImageSpec, Role, assemble as assemble_image};
use crate::layer::BuiltLayer;
use crate::report::{
    ApplicationReport, BaseReport, DependencyReport, ImageReport, LayerReport, OutputReport, Phases, Report,
    peak_anonymous_memory,
};
use crate::settings::StageSettings;
use crate::sink::{DEFAULT_TAG, Sink};
use crate::store::{BlobSource, Store};

/// A finished image, not published yet.
pub(super) struct Finished {
    pub(super) staged: Staged,
    pub(super) blobs: Vec<ImageBlob>,
}

/// A layer with everything that image, record and sinks want to know.
struct Joined {
    image: ImageLayer,
    staged: StagedLayer,
    location: BlobLocation,
}

/// Writes config and manifest.
pub(super) fn assemble(
    settings: &StageSettings,
    application: &Application,
    plan: &Plan,
    base: PlannedBase,
    above: &[PlannedLayer],
    built: Vec<BuiltLayer>,
) -> Result<Finished, StageError> {
    let below = base.specs().count();
    base.remember(built.iter().take(below).map(|layer| layer.selector));
    let mut built = built.into_iter();
    let mut joined = Vec::new();
    for layer in &base.layers {
        joined.push(match layer {
            BaseLayer::Blob(blob) => foreign(settings, blob)?,
            BaseLayer::Built(_) => own(settings, Role::Base, built.next())?,
        });
    }
    for layer in above {
        joined.push(own(settings, layer.role.clone(), built.next())?);
    }
    let contribution = &plan.contribution;
    let notes = [base.notes.clone(), locale_notes(&base, contribution), plan.notes.clone()].concat();
    let spec = ImageSpec {
        inherited: with_variables(base.inherited, &settings.plan.variables_of_image),
        base_reference: base.reference.clone(),
        base_name: base.name,
        layers: joined.iter().map(|layer| layer.image.clone()).collect(),
        buildpacks: vec![contribution.buildpack.clone()],
        processes: plan.processes.clone(),
        process_owner: contribution.buildpack.id.to_string(),
        labels: contribution.labels.clone(),
        memory_profile: plan.memory.profile.clone(),
        created: settings.created.clone(),
        media_types: settings.media_types,
    };
    let (manifest, config) = assemble_image(&spec);
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (layers, blobs) = joined
        .into_iter()
        .map(|layer| {
            let blob = ImageBlob { digest: layer.staged.digest, size: layer.staged.size, location: layer.location };
            (layer.staged, blob)
        })
        .unzip();
    let staged = Staged {
        application: application_report(application, plan),
        base: BaseReport { choice: base.choice, reference: base.reference },
        dependencies: std::iter::once(&plan.jre.dependency).chain(&plan.dependencies).map(dependency_report).collect(),
        processes: plan.processes.clone(),
        memory: memory::report(&plan.memory),
        settings: plan.settings.clone(),
        notes,
        created: settings.created.clone(),
        user: spec.inherited.user,
        media_types: (manifest.media_type, config.media_type),
        manifest: text(manifest.bytes),
        config: text(config.bytes),
        layers,
    };
    Ok(Finished { staged, blobs })
}

/// What variables of the image ask for that a base made from a host does not have.
fn locale_notes(base: &PlannedBase, contribution: &Contribution) -> Vec<String> {
    if !base.is_from_host() {
        return Vec::new();
    }
    let variables = contribution.layers.iter().flat_map(|layer| &layer.env);
    variables.filter_map(|variable| locale_note(&variable.name, &variable.value)).collect()
}

/// The base's configuration with more variables, each in the place of the base's if that has it.
fn with_variables(mut inherited: InheritedConfig, variables: &[(String, String)]) -> InheritedConfig {
    for (name, value) in variables {
        match inherited.env.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => old.clone_from(value),
            None => inherited.env.push((name.clone(), value.clone())),
        }
    }
    inherited
}

fn own(settings: &StageSettings, role: Role, built: Option<BuiltLayer>) -> Result<Joined, StageError> {
    let Some(built) = built else { unreachable!("every planned layer was built") };
    let blob = built.blob;
    let media_type = settings
        .media_types
        .layer(blob.compression)
        .ok_or_else(|| StageError::MediaType { layer: built.name.clone(), media_type: blob.compression.to_string() })?;
    Ok(Joined {
        image: ImageLayer {
            role,
            created_by: built.created_by,
            media_type: media_type.to_owned(),
            digest: blob.digest,
            diff_id: blob.diff_id,
            size: blob.size,
        },
        staged: StagedLayer {
            name: built.name,
            media_type: media_type.to_owned(),
            digest: blob.digest,
            diff_id: blob.diff_id,
            size: blob.size,
            uncompressed_size: Some(blob.uncompressed_size),
            selector: Some(built.selector),
            source: built.source,
        },
        location: BlobLocation::Cache(blob.path, blob.file),
    })
}

fn foreign(settings: &StageSettings, blob: &BlobLayer) -> Result<Joined, StageError> {
    let media_type = settings
        .media_types
        .convert_layer(&blob.media_type)
        .ok_or_else(|| StageError::MediaType { layer: "base".to_owned(), media_type: blob.media_type.clone() })?;
    Ok(Joined {
        image: ImageLayer {
            role: Role::Base,
            created_by: "Base layer".to_owned(),
            media_type: media_type.to_owned(),
            digest: blob.digest,
            diff_id: blob.diff_id,
            size: blob.size,
        },
        staged: StagedLayer {
            name: "base".to_owned(),
            media_type: media_type.to_owned(),
            digest: blob.digest,
            diff_id: blob.diff_id,
            size: blob.size,
            uncompressed_size: None,
            selector: None,
            source: BlobSource::Base,
        },
        location: BlobLocation::Foreign(blob.content.clone()),
    })
}

fn application_report(application: &Application, plan: &Plan) -> ApplicationReport {
    let facts = &plan.detection.facts;
    ApplicationReport {
        kind: plan.detection.kind.to_string(),
        name: application.name().to_owned(),
        main_class: Some(facts.main_class.clone()),
        spring_boot_version: facts.boot_version.clone(),
        java_version_needed: facts.java.as_ref().map(|need| need.feature),
    }
}

fn dependency_report(dependency: &ResolvedDependency) -> DependencyReport {
    DependencyReport {
        id: dependency.id.clone(),
        version: dependency.version.clone(),
        sha256: dependency.sha256.as_ref().map(ToString::to_string).unwrap_or_default(),
        origin: dependency.origin.clone(),
        licence: dependency.licence.clone(),
    }
}

/// Publishes to every output and writes the report.
pub(super) fn publish(
    finished: Finished,
    settings: &StageSettings,
    store: &Store,
    mut phases: Phases,
) -> Result<Report, StageError> {
    let Finished { staged, blobs } = finished;
    let image = staged.image(blobs);
    if let Some(expected) = settings.expected.filter(|expected| *expected != image.manifest.digest) {
        return Err(StageError::Unexpected { expected, found: image.manifest.digest });
    }
    let default =
        [Sink::Oci { path: format!("./{}.oci", staged.application.name).into(), tag: DEFAULT_TAG.to_owned() }];
    let outputs = if settings.outputs.is_empty() { &default[..] } else { &settings.outputs };
    let mut notes = staged.notes;
    for output in outputs {
        notes.extend(output.publish(&image, Some(store))?);
    }
    phases.end("publish");
    if !store.is_writable() {
        notes.push("The cache folder cannot be written: nothing of this run is kept for the next one".to_owned());
    }
    Ok(Report {
        application: staged.application,
        base: staged.base,
        dependencies: staged.dependencies,
        image: ImageReport {
            digest: image.manifest.digest.to_string(),
            config_digest: image.config.digest.to_string(),
            media_type: image.manifest.media_type.clone(),
            size: image.size(),
            created: staged.created,
            user: staged.user,
        },
        layers: staged.layers.into_iter().map(layer_report).collect(),
        processes: staged.processes,
        memory: staged.memory,
        settings: staged.settings,
        notes,
        timings: phases.finish(),
        outputs: outputs.iter().map(output_report).collect(),
        peak_anonymous_memory: peak_anonymous_memory(),
    })
}

fn layer_report(layer: StagedLayer) -> LayerReport {
    LayerReport {
        name: layer.name,
        digest: layer.digest.to_string(),
        diff_id: layer.diff_id.to_string(),
        size: layer.size,
        uncompressed_size: layer.uncompressed_size,
        media_type: layer.media_type,
        cache: layer.source,
    }
}

fn output_report(output: &Sink) -> OutputReport {
    let (Sink::Oci { path, tag } | Sink::OciArchive { path, tag }) = output;
    OutputReport { output: output.to_string(), path: path.display().to_string(), tag: tag.clone() }
}
