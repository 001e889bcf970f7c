//! The fifth generation's part of a staging.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use buildpacks::absence::{absent_ok, is_other_kind};
use buildpacks::application::{Application, Content, ContentError, Entry, EntryKind, EntryPath, OpenError};
use buildpacks::java::cloudfoundry::v5::{self, Supplier};
use buildpacks::java::cloudfoundry::{Bits, Deposit, Faults, Log};
use buildpacks::system::{self, ApplicationType, SystemError, Variables};
use fs_err as fs;

use super::super::error::StageError;
use super::context::{self, Archives, Context, listed};
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
    let environment = context::environment(place.surroundings, &place.workspace.deps())?;
    let scratch = context.store.scratch();
    let faults = Faults::default();
    let acted = act(&v5::Staging {
        bits: Bits::folder(&place.options.build_dir, &faults),
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
    });
    faults.check().map_err(|error| StageError::Other(error.to_string()))?;
    Ok(acted)
}

/// What the detect script would print; none when the application is not for this buildpack. The platform's own script
/// also takes whatever has `bin` and `lib`, or the letters `java` in a Procfile: Rails and Node applications, that is.
pub(super) fn detect(place: Place<'_>, context: &Context, folder: Option<&Path>) -> Result<Option<String>, StageError> {
    let sure = match Application::open(&place.options.build_dir) {
        Ok(application) => is_java(&application)?,
        Err(OpenError::Read { path, source }) if !is_other_kind(&source) => {
            return Err(StageError::file("open", &path, &source));
        }
        // What breaks a rule of applications may be one of another kind.
        Err(_) => false,
    };
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
    let deps = place.workspace.deps();
    let others = others(&deps, place.index).map_err(|error| StageError::file("read", &deps, &error))?;
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
fn is_java(application: &Application) -> Result<bool, StageError> {
    let verdict = match system::detect(application, &Variables::default()) {
        Err(SystemError { source: ContentError::Read { path, source }, .. }) => {
            return Err(StageError::file("read", &path, &source));
        }
        verdict => verdict,
    };
    let java = |found: &system::Match| found.application_type == ApplicationType::Java && !found.broad;
    Ok(verdict.is_ok_and(|verdict| verdict.matches.iter().any(java)))
}

/// The folders below `deps` of the other buildpacks.
fn others(deps: &Path, own: &str) -> io::Result<Vec<Supplier>> {
    let mut others = Vec::new();
    for folder in listed(deps)? {
        let Some(index) = folder.file_name().and_then(|name| name.to_str()).filter(|name| *name != own) else {
            continue;
        };
        let mut folders = Vec::new();
        for name in ["bin", "lib"] {
            if folder.join(name).try_exists()? {
                folders.push(name.to_owned());
            }
        }
        others.push(Supplier { folders, profile: scripts(&folder.join("profile.d"))?, index: index.to_owned() });
    }
    Ok(others)
}

fn scripts(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut scripts = Vec::new();
    for entry in absent_ok(fs::read_dir(folder))?.into_iter().flatten() {
        let entry = entry?;
        let Some(metadata) = absent_ok(entry.metadata())? else { continue };
        let path = entry.file_name().into_string().ok().and_then(|name| EntryPath::new(&name).ok());
        let Some(path) = path.filter(|_| metadata.is_file()) else { continue };
        let content = Content::file(&entry.path(), metadata.len());
        let executable = metadata.permissions().mode() & 0o100 != 0;
        scripts.push(Entry { path, kind: EntryKind::File { executable, content } });
    }
    Ok(scripts)
}
