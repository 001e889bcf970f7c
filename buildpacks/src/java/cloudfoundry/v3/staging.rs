//! What a staging gives the buildpack, and what has come of it so far.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::layout::Layout;
use crate::java::cloudfoundry::deposit::Deposit;
use crate::java::cloudfoundry::services::Services;
use crate::java::cloudfoundry::{Bits, Log, Programs};

/// What a staging gives.
#[derive(Clone, Copy)]
pub struct Staging<'a> {
    /// The application.
    pub bits: Bits<'a>,
    /// The application's folder: an absolute path.
    pub build_dir: &'a Path,
    /// The build cache of this buildpack.
    pub cache_dir: &'a Path,
    /// The environment of the staging.
    pub environment: &'a BTreeMap<String, String>,
    /// What `{platform}` of a repository stands for: see [`Buildpack::platform`](super::Buildpack::platform).
    pub platform: &'a str,
    /// What `{architecture}` of a repository stands for, such as `x86_64`.
    pub architecture: &'a str,
    /// Our own programs.
    pub programs: &'a Programs,
    /// A folder for unpacked archives.
    pub scratch: &'a Path,
    /// The time that has passed since some moment.
    pub clock: &'a dyn Fn() -> Duration,
    /// Where lines go: the script's standard output.
    pub log: Log<'a>,
    /// Where warnings and errors go: its standard error.
    pub errors: Log<'a>,
}

/// Why a phase ends; said by whoever runs it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Failure(pub(super) String);

impl Failure {
    /// The failure of something that has a name.
    pub(super) fn of(what: &str, reason: impl std::fmt::Display) -> Self {
        Self(format!("{what} error: {reason}"))
    }
}

/// What the phases of a component add to.
#[derive(Debug)]
pub(super) struct Work {
    /// Files.
    pub(super) deposit: Deposit,
    /// Where everything lies.
    pub(super) layout: Layout,
    /// Jars for the class path, by absolute path.
    pub(super) libraries: Vec<String>,
    /// Options of the virtual machine.
    pub(super) java_opts: Vec<String>,
    /// Variables of the start command, `NAME=value`.
    pub(super) environment: Vec<String>,
}

impl Work {
    /// Nothing done yet.
    pub(super) fn new(staging: &Staging<'_>) -> Self {
        Self {
            deposit: Deposit::default(),
            layout: Layout::of(staging.build_dir),
            libraries: Vec::new(),
            java_opts: Vec::new(),
            environment: Vec::new(),
        }
    }
}

impl Staging<'_> {
    /// A variable; none when it is not set.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }

    /// The bound services.
    pub(super) fn services(&self) -> Result<Services, Failure> {
        Services::of(self.variable("VCAP_SERVICES").unwrap_or_default())
            .map_err(|error| Failure(format!("Could not read `VCAP_SERVICES`: {error}")))
    }
}

impl std::fmt::Debug for Staging<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staging").field("build_dir", &self.build_dir).finish_non_exhaustive()
    }
}
