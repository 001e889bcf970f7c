//! The third generation's part of a staging: it compiles into the application's folder.

use std::time::Instant;

use buildpacks::java::cloudfoundry::v3::{self, Buildpack};
use buildpacks::java::cloudfoundry::{Bits, Faults, Log};
use fs_err as fs;

use super::super::error::StageError;
use super::context::{self, Context};
use super::stage::{Built, Place, built, status};
use crate::cloudfoundry::output;

/// Where lines and errors go.
struct Said<'a> {
    lines: &'a dyn Fn(&str),
    errors: &'a dyn Fn(&str),
}

fn act<T>(
    place: Place<'_>,
    said: &Said<'_>,
    context: &Context,
    buildpack: &Buildpack,
    act: impl FnOnce(&v3::Staging<'_>) -> T,
) -> Result<T, StageError> {
    let faults = Faults::default();
    let environment = context::environment(place.surroundings, &place.workspace.deps())?;
    let started = Instant::now();
    let stack = place.surroundings.text("CF_STACK");
    let build_dir = place.surroundings.absolute(&place.options.build_dir);
    let acted = act(&v3::Staging {
        bits: Bits::folder(&build_dir, &faults),
        build_dir: &build_dir,
        cache_dir: place.cache,
        environment: &environment,
        platform: &buildpack.platform(stack, std::path::Path::new("/")),
        architecture: std::env::consts::ARCH,
        programs: &context.programs,
        scratch: &context.store.scratch(),
        clock: &|| started.elapsed(),
        log: Log::new(said.lines),
        errors: Log::new(said.errors),
    });
    faults.check().map_err(|error| StageError::Other(error.to_string()))?;
    Ok(acted)
}

/// What the detect script would print.
pub(super) fn detect(place: Place<'_>, context: &Context, buildpack: &Buildpack) -> Result<Option<String>, StageError> {
    act(place, &Said { lines: &|_| (), errors: &output::error }, context, buildpack, |staging| {
        buildpack.detect(staging)
    })
}

/// Compiles and releases.
pub(super) fn build(place: Place<'_>, context: &Context, buildpack: &Buildpack) -> Result<Built, StageError> {
    if !place.options.supply_keys().is_empty() {
        output::error_line(super::super::run::NOT_MULTI);
    }
    let own = place.own();
    fs::remove_dir_all(&own).map_err(|error| StageError::file("unlinkat", &own, &error))?;
    let (deposit, released) =
        act(place, &Said { lines: &output::out, errors: &output::error }, context, buildpack, |staging| {
            let deposit = buildpack.compile(staging);
            let released = deposit.is_ok().then(|| buildpack.release(staging));
            (deposit, released)
        })?;
    let deposit = deposit.map_err(|failed| StageError::Compile(StageError::Compile(status(failed)).to_string()))?;
    let released = released.unwrap_or_else(|| Ok(Vec::new()));
    built(place, &deposit, released.map_err(|failed| StageError::Release(status(failed))))
}
