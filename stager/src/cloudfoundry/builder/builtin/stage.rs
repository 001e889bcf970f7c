//! Playing the part of a buildpack's scripts.

use std::path::Path;

use buildpacks::application::{Application, Content, Entry, EntryPath};
use buildpacks::java::cloudfoundry::v5::{self, Failed, Supplier};
use buildpacks::java::cloudfoundry::{Bits, Deposit, Log, Part};
use buildpacks::system::{self, ApplicationType, Variables};
use fs_err as fs;

use super::super::error::StageError;
use super::super::options::Options;
use super::super::processes::Process;
use super::super::workspace::Workspace;
use super::choose::BuiltIn;
use super::context::{self, Context, Runtimes};
use super::place::place as write;
use crate::cloudfoundry::droplet::Piece;
use crate::cloudfoundry::{Surroundings, output};

/// Where a droplet is unpacked when it runs, for files that name their place.
const HOME: &str = "/home/vcap";

/// What a buildpack that builds leaves besides files.
#[derive(Debug, Default)]
pub(in super::super) struct Built {
    /// What its release script would print; none for a buildpack that has one.
    pub(in super::super) processes: Option<Vec<Process>>,
    /// Archives of the droplet.
    pub(in super::super) pieces: Vec<Piece>,
}

/// Its place in a staging.
#[derive(Clone, Copy)]
pub(in super::super) struct Place<'a> {
    pub(in super::super) options: &'a Options,
    pub(in super::super) workspace: &'a Workspace,
    pub(in super::super) surroundings: &'a Surroundings,
    /// Its folder below `deps`.
    pub(in super::super) index: &'a str,
    /// Its build cache.
    pub(in super::super) cache: &'a Path,
}

impl Place<'_> {
    fn with<T>(
        self,
        sink: &dyn Fn(&str),
        context: &Context,
        built_in: &BuiltIn,
        dep_dir: &Path,
        act: impl FnOnce(&v5::Staging<'_>) -> T,
    ) -> Result<T, StageError> {
        let manifest = context.manifest(built_in)?;
        let environment = context::environment(self.surroundings, &self.workspace.deps());
        let scratch = context.store.scratch();
        Ok(act(&v5::Staging {
            bits: Bits::Folder(&self.options.build_dir),
            build_dir: &self.options.build_dir,
            dep_dir,
            index: self.index,
            cache_dir: self.cache,
            environment: &environment,
            manifest: &manifest,
            dependencies: &context.dependencies,
            programs: &context.programs,
            memo: &Runtimes(&context.store),
            scratch: &scratch,
            today: &context.today,
            log: Log::new(sink),
        }))
    }

    fn own(self) -> std::path::PathBuf {
        self.workspace.deps().join(self.index)
    }
}

/// What the detect script would print; none when the application is not for this buildpack. The platform's own script
/// also takes whatever has `bin` and `lib`, or the letters `java` in a Procfile: Rails and Node applications, that is.
pub(in super::super) fn detect(
    place: Place<'_>,
    context: &Context,
    built_in: &BuiltIn,
) -> Result<Option<String>, StageError> {
    let sure = Application::open(&place.options.build_dir).ok().is_some_and(|application| is_java(&application));
    place.with(&|_| (), context, built_in, &place.own(), |staging| {
        let takes = sure || v5::detect(staging).is_some();
        takes.then(|| format!("java {}", staging.manifest.version))
    })
}

/// Supplies dependencies for a buildpack that comes later: everything is on disk then, where that one finds it.
pub(in super::super) fn supply(place: Place<'_>, context: &Context, built_in: &BuiltIn) -> Result<(), StageError> {
    let own = place.own();
    let supplied = place.with(&output::out, context, built_in, &own, v5::supply)?;
    let supplied = supplied.map_err(|failed| StageError::Supply(status(failed)))?;
    let Deposit { app, deps, .. } = supplied.into_deposit();
    unpack(&own, &deps, context)?;
    unpack(&place.options.build_dir, &app, context)
}

/// Builds: supplies and finalizes.
pub(in super::super) fn finalize(place: Place<'_>, context: &Context, built_in: &BuiltIn) -> Result<Built, StageError> {
    let at_run_time = Path::new(HOME).join("deps").join(place.index);
    let others = others(place);
    let deposit = place.with(&output::out, context, built_in, &at_run_time, |staging| {
        let supplied = v5::supply(staging)
            .map_err(|failed| StageError::Compile(StageError::Supply(status(failed)).to_string()))?;
        // What it says of itself counts even when it fails from here on.
        write(&place.own(), supplied.about().entries())?;
        v5::finalize(staging, supplied, &others)
            .map_err(|failed| StageError::Compile(format!("Failed to run finalize script: {}", status(failed))))
    })??;
    let Deposit { app, deps, profile, cache, processes } = deposit;
    write(&place.workspace.profile(), profile.entries())?;
    write(place.cache, cache.entries())?;
    let mut pieces = part(&place.options.build_dir, "app", app)?;
    pieces.extend(part(&place.own(), &format!("deps/{}", place.index), deps)?);
    let process = |(kind, command)| Process { kind, command, ..Process::default() };
    Ok(Built { processes: Some(processes.into_iter().map(process).collect()), pieces })
}

/// Writes a part's files below `root`; what lies in an unpacked archive's folder goes with the archive.
fn part(root: &Path, name: &str, part: Part) -> Result<Vec<Piece>, StageError> {
    let within = |entry: &Entry, at: &EntryPath| entry.path == *at || entry.path.is_below(at);
    let below = |entry: &Entry| part.archives.iter().any(|archive| within(entry, &archive.at));
    write(root, part.files.entries().filter(|entry| !below(entry)))?;
    let root = EntryPath::new(name).unwrap_or_else(|error| unreachable!("`{name}`: {error}"));
    let piece = |archive: &buildpacks::java::cloudfoundry::Unpacked| Piece {
        at: root.join(&archive.at),
        dependency: archive.dependency.clone(),
        more: part
            .files
            .entries()
            .filter(|entry| within(entry, &archive.at))
            .map(|entry| Entry { path: root.join(&entry.path), kind: entry.kind })
            .collect(),
    };
    Ok(part.archives.iter().map(piece).collect())
}

/// Writes a part below `root`, archives unpacked.
fn unpack(root: &Path, part: &Part, context: &Context) -> Result<(), StageError> {
    for archive in &part.archives {
        let opened = archive.dependency.open(&context.store.scratch());
        let entries = opened.map_err(|error| StageError::Other(error.to_string()))?;
        let below = entries.into_iter().map(|entry| Entry { path: archive.at.join(&entry.path), kind: entry.kind });
        write(root, below)?;
    }
    write(root, part.files.entries())
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
    use std::os::unix::fs::PermissionsExt as _;
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(metadata) = entry.metadata() else { continue };
        let path = entry.file_name().into_string().ok().and_then(|name| EntryPath::new(&name).ok());
        let Some(path) = path.filter(|_| metadata.is_file()) else { continue };
        let content = Content::File { path: entry.path().into(), size: metadata.len() };
        let executable = metadata.permissions().mode() & 0o100 != 0;
        scripts.push(Entry { path, kind: buildpacks::application::EntryKind::File { executable, content } });
    }
    scripts
}

/// The words for a script's exit code.
fn status(failed: Failed) -> String {
    format!("exit status {}", failed.exit)
}
