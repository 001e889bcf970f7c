//! What a staging gives the buildpack, and what has come of it so far.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::framework::Installed;
use super::install::{InstallError, Source};
use super::jre::Jre;
use super::manifest::Manifest;
use super::runtime::ArchiveMemo;
use crate::dependency::{DependencyCache, ResolvedDependency};
use crate::java::cloudfoundry::deposit::Deposit;
use crate::java::cloudfoundry::{Bits, Log, Programs};

/// What a staging gives.
#[derive(Clone, Copy)]
pub struct Staging<'a> {
    /// The application.
    pub bits: Bits<'a>,
    /// The application's folder, as messages name it.
    pub build_dir: &'a Path,
    /// Where this buildpack's folder below `deps` will lie, for files that name it.
    pub dep_dir: &'a Path,
    /// The name of that folder: the buildpack's place in the order.
    pub index: &'a str,
    /// The build cache of this buildpack.
    pub cache_dir: &'a Path,
    /// The environment of the staging.
    pub environment: &'a BTreeMap<String, String>,
    /// What there is to install.
    pub manifest: &'a Manifest,
    /// The offline cache, for what the manifest does not bring along.
    pub dependencies: &'a DependencyCache,
    /// Our own programs.
    pub programs: &'a Programs,
    /// Remembers archives.
    pub memo: &'a dyn ArchiveMemo,
    /// A folder for unpacked archives.
    pub scratch: &'a Path,
    /// Today, `YYYY-MM-DD`.
    pub today: &'a str,
    /// Where lines go.
    pub log: Log<'a>,
}

/// What has come of it: grows from step to step.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Files so far.
    pub(super) deposit: Deposit,
    /// The runtime.
    pub(super) jre: Option<Jre>,
    /// What frameworks installed.
    pub(super) installed: Installed,
}

impl Staging<'_> {
    /// The same without a log, for looking twice.
    #[must_use]
    pub fn quiet(&self) -> Self {
        Self { log: Log::new(&|_| ()), ..*self }
    }

    /// A variable's text; empty when it is not set.
    pub(super) fn variable(&self, name: &str) -> &str {
        self.environment.get(name).map_or("", String::as_str)
    }

    /// The stack; empty when the platform names none.
    pub(super) fn stack(&self) -> &str {
        self.variable("CF_STACK")
    }

    /// Where this buildpack's folder lies in a running container, as scripts name it.
    pub(super) fn runtime(&self, path: &str) -> String {
        format!("$DEPS_DIR/{}/{path}", self.index)
    }

    /// Installs a dependency, and says so.
    pub(super) fn install(&self, name: &str, version: &str) -> Result<ResolvedDependency, InstallError> {
        let source = Source {
            manifest: self.manifest,
            stack: self.stack(),
            app_cache: self.app_cache(),
            cache: self.dependencies,
            memo: self.memo,
            today: self.today,
        };
        source.install(name, version, self.log)
    }

    fn app_cache(&self) -> PathBuf {
        self.cache_dir.join("dependencies")
    }
}

impl std::fmt::Debug for Staging<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staging")
            .field("build_dir", &self.build_dir)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}
