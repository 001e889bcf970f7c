//! The fifth generation's part of a staging.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use buildpacks::application::{Application, Content, Entry, EntryKind, EntryPath};
use buildpacks::java::cloudfoundry::v5::{self, Supplier};
use buildpacks::java::cloudfoundry::{Bits, Deposit, Log};
use buildpacks::system::{self, ApplicationType, Variables};
use fs_err as fs;

use super::super::error::StageError;
use super::context::{self, Archives, Context};
use super::parts::{resident, unpack};
use super::place::place as write;
use super::stage::{Built, HOME, Place, built, status};
use crate::cloudfoundry::output;

/// Acts as the buildpack whose files lie in `folder`, else in the cache.
fn act<T>(
    place: Place<'_>,
    sink: &dyn Fn(&str),
    context: &Context,
    folder: Option<&Path>,
    dep_dir: &Path,
    act: impl FnOnce(&v5::Staging<'_>) -> T,
) -> Result<T, StageError> {
    let manifest = context.manifest(folder)?;
    let environment = context::environment(place.surroundings, &place.workspace.deps());
    let scratch = context.store.scratch();
    Ok(act(&v5::Staging {
        bits: Bits::Folder(&place.options.build_dir),
        build_dir: &place.options.build_dir,
        dep_dir,
        index: place.index,
        cache_dir: place.cache,
        environment: &environment,
        manifest: &manifest,
        dependencies: &context.dependencies,
        programs: &context.programs,
        memo: &Archives(&context.store),
        scratch: &scratch,
        today: &context.today,
        log: Log::new(sink),
    }))
}

/// What the detect script would print; none when the application is not for this buildpack. The platform's own script
/// also takes whatever has `bin` and `lib`, or the letters `java` in a Procfile: Rails and Node applications, that is.
pub(super) fn detect(place: Place<'_>, context: &Context, folder: Option<&Path>) -> Result<Option<String>, StageError> {
    let sure = Application::open(&place.options.build_dir).ok().is_some_and(|application| is_java(&application));
    act(place, &|_| (), context, folder, &place.own(), |staging| {
        let takes = sure || v5::detect(staging).is_some();
        takes.then(|| format!("java {}", staging.manifest.version))
    })
}

/// Supplies dependencies for a buildpack that comes later: everything is on disk then, where that one finds it.
pub(super) fn supply(place: Place<'_>, context: &Context, folder: Option<&Path>) -> Result<(), StageError> {
    let own = place.own();
    let supplied = act(place, &output::out, context, folder, &own, v5::supply)?;
    let supplied = supplied.map_err(|failed| StageError::Supply(status(failed)))?;
    let Deposit { app, deps, .. } = supplied.into_deposit();
    unpack(&own, &deps, context)?;
    unpack(&place.options.build_dir, &app, context)
}

/// Supplies and finalizes.
pub(super) fn build(place: Place<'_>, context: &Context, folder: Option<&Path>) -> Result<Built, StageError> {
    let at_run_time = Path::new(HOME).join("deps").join(place.index);
    let others = others(place);
    let deposit = act(place, &output::out, context, folder, &at_run_time, |staging| {
        let supplied = v5::supply(staging)
            .map_err(|failed| StageError::Compile(StageError::Supply(status(failed)).to_string()))?;
        // What it says of itself counts even when it fails from here on.
        write(&place.own(), supplied.about().entries())?;
        v5::finalize(staging, supplied, &others)
            .map_err(|failed| StageError::Compile(format!("Failed to run finalize script: {}", status(failed))))
    })??;
    write(&place.own(), resident(&deposit.deps))?;
    write(&place.workspace.profile(), deposit.profile.entries())?;
    let processes = deposit.processes.clone();
    built(place, &deposit, Ok(processes))
}

/// Whether the detect script has more to go by than what applications of every kind have.
fn is_java(application: &Application) -> bool {
    let verdict = system::detect(application, &Variables::default());
    let java = |found: &system::Match| found.application_type == ApplicationType::Java && !found.broad;
    verdict.is_ok_and(|verdict| verdict.matches.iter().any(java))
}

/// The folders below `deps` of the other buildpacks.
fn others(place: Place<'_>) -> Vec<Supplier> {
    let deps = place.workspace.deps();
    let names =
        fs::read_dir(&deps).into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut indices: Vec<_> = names.filter(|name| name != place.index).collect();
    indices.sort();
    indices
        .into_iter()
        .map(|index| {
            let folder = deps.join(&index);
            let folders = ["bin", "lib"].into_iter().filter(|name| folder.join(name).exists());
            Supplier {
                folders: folders.map(str::to_owned).collect(),
                profile: scripts(&folder.join("profile.d")),
                index,
            }
        })
        .collect()
}

fn scripts(folder: &Path) -> Vec<Entry> {
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(metadata) = entry.metadata() else { continue };
        let path = entry.file_name().into_string().ok().and_then(|name| EntryPath::new(&name).ok());
        let Some(path) = path.filter(|_| metadata.is_file()) else { continue };
        let content = Content::file(&entry.path(), metadata.len());
        let executable = metadata.permissions().mode() & 0o100 != 0;
        scripts.push(Entry { path, kind: EntryKind::File { executable, content } });
    }
    scripts
}
