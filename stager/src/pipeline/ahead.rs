//! Layers of an application that are built while its libraries are still being read: what of it changes most often is
//! small, and compressing that takes as long as reading everything else.

use buildpacks::application::{Application, Entry};
use buildpacks::java::slices::{self, Slice};
use buildpacks::java::{auto_reconfiguration_possible, container};

use super::layers;
use crate::layer::{self, BuiltLayer, LayerSpec};
use crate::report::Progress;
use crate::settings::StageSettings;
use crate::store::Store;

/// A layer is small when it has at most this part of the application's bytes: its libraries may be read twice.
const SMALL_PART: u64 = 8;

/// Builds or finds, on the calling thread, the small layers that get nothing that the plan adds. What fails here fails
/// again where it is needed, with a message.
pub(super) fn build(
    application: &Application,
    settings: &StageSettings,
    store: &Store,
    progress: &dyn Progress,
) -> Vec<BuiltLayer> {
    let specs = specs(application, settings).unwrap_or_default();
    layer::build(&specs, settings.compression, store, 1, &[], progress).unwrap_or_default()
}

fn specs(application: &Application, settings: &StageSettings) -> Option<Vec<LayerSpec>> {
    let outline = container::outline(application).ok()?;
    let mut slices = slices::slice_by(application, outline.kind, &outline.layout).ok()?;
    // What the plan adds goes into the last.
    if outline.gets_index || auto_reconfiguration_possible(&settings.plan.java) {
        slices.pop();
    }
    let most = application.entries().iter().map(Entry::size).sum::<u64>() / SMALL_PART;
    let is_small = |slice: &Slice| slice.entries.iter().map(Entry::size).sum::<u64>() <= most;
    slices.retain(is_small);
    Some(layers::of_application(slices, &[]).collect())
}
