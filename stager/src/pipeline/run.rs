//! The flow in one screen, and two of its entries: plan, stage. The third is `detect`.

use std::time::SystemTime;

use buildpacks::api::Setting;
use buildpacks::application::Application;
use buildpacks::dependency::{Catalogue, DependencyCache, Target, Trust};
use buildpacks::java::container::Detection;
use buildpacks::java::{self, Census, CensusMemo, Inventory, NoMemo, Plan, slices};
use memcalc::Calculator;

use super::detect::built_in;
use super::finish::{self, Finished};
use super::inputs::{self, BUILD};
use super::recall::Staged;
use super::{StageError, ahead, base, layers, merge, procfile, start};
use crate::layer;
use crate::report::{Phases, Progress, Report};
use crate::settings::{PlanSettings, StageSettings};
use crate::store::{MemoKey, Store};

/// Censuses in the layer cache, found by content.
struct Censuses<'a>(&'a Store);

impl CensusMemo for Censuses<'_> {
    fn recall(&self, key: &[u8; 32]) -> Option<Census> {
        self.0.memo(MemoKey::of([&b"census"[..], BUILD.as_bytes(), key])).recall()
    }

    fn remember(&self, key: &[u8; 32], census: &Census) {
        // Losing it costs the next run time, nothing else.
        drop(self.0.memo(MemoKey::of([&b"census"[..], BUILD.as_bytes(), key])).remember(
            Vec::new(),
            SystemTime::now(),
            census,
        ));
    }
}

/// Says what staging would put into the image.
pub fn plan(settings: &PlanSettings) -> Result<Plan, StageError> {
    let application = Application::open(&settings.application)?;
    let detection = built_in(&application, &NoMemo, &settings.variables)?;
    plan_for(&application, detection, settings)
}

/// What there is to say of a base made from this host for the plan.
///
/// # Errors
/// The runtime or the host's libraries cannot be read, or the host lacks what the runtime needs.
pub fn explain_base(settings: &PlanSettings, plan: &Plan) -> Result<Vec<String>, StageError> {
    base::notes_of_host(settings, plan)
}

fn plan_for(application: &Application, detection: Detection, settings: &PlanSettings) -> Result<Plan, StageError> {
    let cache = dependency_cache(settings);
    let catalogue = Catalogue::load(&settings.catalogues)?;
    let target = Target::host();
    let inventory = Inventory { cache: &cache, catalogue: &catalogue, target: &target };
    let mut plan = java::plan(detection, &settings.java, inventory)?;
    take_profile(&mut plan, application, settings);
    procfile::take(&mut plan, application, settings.base.as_ref());
    plan.notes.extend(start::look(&plan, application, settings.base.as_ref())?);
    for Setting { name, value, origin } in &plan.settings {
        log::info!("chosen: {name} = {value} ({origin})");
    }
    Ok(plan)
}

/// Takes what was measured of the application; where that is of something else, says so.
fn take_profile(plan: &mut Plan, application: &Application, settings: &PlanSettings) {
    let Some(file) = settings.profile.as_ref().filter(|_| settings.java.calculator == Calculator::Fit) else { return };
    match file.of(application, plan.memory.java_feature.into()) {
        Ok(profile) => {
            let (value, origin) = (profile.to_string(), file.path.display().to_string());
            plan.settings.push(Setting { name: "memory.profile".to_owned(), value: value.clone(), origin });
            plan.memory.profile = Some(value);
        }
        Err(none) => plan.notes.push(format!("The memory profile {none}")),
    }
}

pub(super) fn dependency_cache(settings: &PlanSettings) -> DependencyCache {
    let trust = if settings.paranoid { Trust::Nothing } else { Trust::StatRecord };
    DependencyCache::open(&settings.cache_dir).with_trust(trust)
}

/// Stages: the whole flow.
///
/// # Errors
/// See [`StageError`]. No output is touched unless the whole image is ready.
pub fn stage(settings: &StageSettings, progress: &dyn Progress) -> Result<Report, StageError> {
    let mut phases = Phases::start();
    let store = Store::open(&settings.plan.cache_dir, settings.plan.paranoid)?;
    let memo = store.memo(inputs::key(settings));
    if !settings.plan.paranoid
        && let Some(mut staged) = memo.recall::<Staged>()
        && let Some(blobs) = staged.recall(&store, settings.plan.base.as_ref())?
    {
        phases.end("recall");
        return finish::publish(Finished { staged, blobs }, settings, &store, phases);
    }

    let noted = SystemTime::now();
    let before = inputs::before(settings);
    let application = Application::open(&settings.plan.application)?;
    phases.end("open");
    let (detection, ahead) = rayon::join(
        || built_in(&application, &Censuses(&store), &settings.plan.variables),
        || ahead::build(&application, settings, &store, progress),
    );
    let detection = detection?;
    phases.end("detect");
    let mut plan = plan_for(&application, detection, &settings.plan)?;
    phases.end("plan");
    let base = base::prepare(settings, &plan, &store, noted)?;
    start::check_shell(&plan, &base.layers, &store)?;
    phases.end("base");
    let slices = slices::slice(&application, &plan.detection)?;
    let room = layers::room(&plan, base.layers.len()).ok_or(StageError::TooManyLayers { base: base.layers.len() })?;
    let (slices, merged) = merge::merge(slices, room);
    plan.notes.extend(merged);
    let above = layers::above_base(&plan, slices);
    let specs: Vec<_> = base.specs().chain(above.iter().map(|layer| layer.spec.clone())).collect();
    let built = layer::build(&specs, settings.compression, &store, settings.threads, &ahead, progress)
        .map_err(|source| StageError::Layer { application: application.path().to_owned(), source })?;
    application.verify_unchanged()?;
    base.verify_unchanged()?;
    phases.end("layers");
    let inputs = before.and_then(|before| inputs::of(settings, before, &application, &plan, &base));
    let finished = finish::assemble(settings, &application, &plan, base, &above, built)?;
    phases.end("image");
    // A memo that cannot be written costs the next run time, nothing else.
    drop(inputs.and_then(|inputs| memo.remember(inputs, noted, &finished.staged)));
    finish::publish(finished, settings, &store, phases)
}
