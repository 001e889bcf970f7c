//! Playing the part of a buildpack's scripts, by generation.

use std::path::{Path, PathBuf};

use buildpacks::java::cloudfoundry::{Deposit, Failed};

use super::super::error::StageError;
use super::super::options::Options;
use super::super::processes::Process;
use super::super::workspace::Workspace;
use super::choose::BuiltIn;
use super::context::Context;
use super::parts::{pieces, resident};
use super::place::place as write;
use super::{fifth, third};
use crate::cloudfoundry::Surroundings;
use crate::cloudfoundry::droplet::Piece;

/// Where a droplet is unpacked when it runs, for files that name their place.
pub(in super::super) const HOME: &str = "/home/vcap";

/// What a buildpack that builds leaves besides files.
#[derive(Debug, Default)]
pub(in super::super) struct Built {
    /// What its release script would print; none for a buildpack that has one.
    pub(in super::super) processes: Option<Result<Vec<Process>, StageError>>,
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
    /// Its folder below `deps`.
    pub(super) fn own(self) -> PathBuf {
        self.workspace.deps().join(self.index)
    }
}

impl BuiltIn {
    /// The folder of the fifth generation's files; none for the cache.
    pub(in super::super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Cache | Self::Third(_) => None,
        }
    }
}

/// What the detect script would print; none when the application is not for this buildpack.
pub(in super::super) fn detect(
    place: Place<'_>,
    context: &Context,
    built_in: &BuiltIn,
) -> Result<Option<String>, StageError> {
    match built_in {
        BuiltIn::Third(buildpack) => third::detect(place, context, buildpack),
        fifth => fifth::detect(place, context, fifth.folder()),
    }
}

/// Supplies dependencies for a buildpack that comes later.
pub(in super::super) fn supply(place: Place<'_>, context: &Context, built_in: &BuiltIn) -> Result<(), StageError> {
    match built_in {
        BuiltIn::Third(_) => Err(StageError::NoSupplyScript),
        fifth => fifth::supply(place, context, fifth.folder()),
    }
}

/// Builds.
pub(in super::super) fn finalize(place: Place<'_>, context: &Context, built_in: &BuiltIn) -> Result<Built, StageError> {
    match built_in {
        BuiltIn::Third(buildpack) => third::build(place, context, buildpack),
        fifth => fifth::build(place, context, fifth.folder()),
    }
}

/// Writes what every generation leaves in the application and in the build cache.
pub(super) fn built(
    place: Place<'_>,
    deposit: &Deposit,
    processes: Result<Vec<(String, String)>, StageError>,
) -> Result<Built, StageError> {
    write(place.cache, deposit.cache.entries())?;
    write(&place.options.build_dir, resident(&deposit.app))?;
    let mut archives = pieces("app", &deposit.app);
    archives.extend(pieces(&format!("deps/{}", place.index), &deposit.deps));
    let process = |(kind, command)| Process { kind, command, ..Process::default() };
    let processes = processes.map(|processes| processes.into_iter().map(process).collect());
    Ok(Built { processes: Some(processes), pieces: archives })
}

/// The words for a script's exit code.
pub(super) fn status(failed: Failed) -> String {
    format!("exit status {}", failed.exit)
}
