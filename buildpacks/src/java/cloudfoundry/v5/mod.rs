//! The fifth generation of the Java buildpack: dependencies from `manifest.yml`, files in `deps/<index>`, scripts in
//! `profile.d`, switches put together when the container starts.
//!
//! ```text
//! Staging ──► supply ──► Supplied ──► finalize ──► Deposit
//!             container    files so    scripts,     droplet
//!             JRE, tools   far         switches,
//!             frameworks               start command
//! ```

mod calculator;
mod config;
mod container;
mod framework;
#[cfg(test)]
mod hostile_tests;
mod install;
mod jre;
mod jvmkill;
mod launch;
mod manifest;
mod manifest_mf;
mod opts;
mod runtime;
mod shelf;
mod staging;
mod version;

pub use jre::chooses_runtime;
pub use launch::Supplier;
pub use manifest::{Manifest, ManifestError};
pub use runtime::{ArchiveMemo, Runtime};
pub use staging::Staging;

pub use super::failed::Failed;

use container::{Container, Found};
use staging::Work;

use super::deposit::{Deposit, Tree};

/// Where a buildpack says what it is and what it has chosen, in its folder below `deps`.
const CONFIG: &str = "config.yml";

/// Exit codes of the scripts whose part is played here.
mod exit {
    /// The stack is not supported.
    pub(super) const STACK: u8 = 11;
    /// Supplying failed.
    pub(super) const SUPPLY: u8 = 14;
    /// Finalizing failed.
    pub(super) const FINALIZE: u8 = 12;
}

/// What supplying has made.
#[derive(Debug)]
pub struct Supplied {
    work: Work,
    container: Container,
}

impl Supplied {
    /// What the buildpack says of itself.
    pub fn about(&self) -> Tree {
        let mut about = Tree::default();
        about.file(CONFIG, self.work.deposit.deps.files.text(CONFIG).unwrap_or_default());
        about
    }

    /// The files made so far: everything there is when another buildpack finalizes.
    pub fn into_deposit(self) -> Deposit {
        self.work.deposit
    }
}

/// What the application is, as the log would name it; none when this buildpack has nothing to do with it.
pub fn detect(staging: &Staging<'_>) -> Option<&'static str> {
    match container::detect(staging) {
        Found::Container(container) => Some(container.name()),
        Found::NotBuiltIn(name) => Some(name),
        Found::Nothing => None,
    }
}

/// Installs runtime and frameworks.
///
/// # Errors
/// [`Failed`]; the reason is in the log.
pub fn supply(staging: &Staging<'_>) -> Result<Supplied, Failed> {
    let log = staging.log;
    log.step(&format!("Java Buildpack version {}", staging.manifest.version));
    if !staging.manifest.supports(staging.stack()) {
        log.error(&format!("Stack not supported by buildpack: required stack {} was not found", staging.stack()));
        return Err(Failed { exit: exit::STACK });
    }
    launch::warn_of_another_version(staging);
    let mut work = Work::default();
    for folder in ["bin", "lib", "include", "pkgconfig"] {
        work.deposit.deps.files.folder(folder);
    }
    log.step("Supplying Java");
    let failed = |text: String| {
        log.error(&text);
        Failed { exit: exit::SUPPLY }
    };
    let container = match container::detect(staging) {
        Found::Container(container) => container,
        Found::NotBuiltIn(name) => {
            log.info(&format!("Detected container: {name}"));
            return Err(failed(format!(
                "{name} applications are not built in; install the platform's own Java buildpack for them"
            )));
        }
        Found::Nothing => return Err(failed("No suitable container found for this application".to_owned())),
    };
    log.info(&format!("Detected container: {}", container.name()));
    let provider = jre::choose(staging);
    log.info(&format!("Selected JRE: {}", provider.name));
    jre::supply(staging, provider, &mut work).map_err(|error| failed(format!("Failed to install JRE: {error}")))?;
    framework::supply(staging, &mut work).map_err(|error| failed(format!("Failed to install frameworks: {error}")))?;
    container.supply(staging, &mut work);
    work.deposit.deps.files.file(CONFIG, launch::config(staging, &work, container.name()));
    Ok(Supplied { work, container })
}

/// Writes scripts, switches and the start command. `others` are the folders that the buildpacks of the same droplet have
/// below `deps`, this one's not among them.
///
/// # Errors
/// [`Failed`]; the reason is in the log.
pub fn finalize(staging: &Staging<'_>, supplied: Supplied, others: &[Supplier]) -> Result<Deposit, Failed> {
    let Supplied { mut work, container } = supplied;
    let log = staging.log;
    if let Some(jre) = &work.jre {
        let (name, version) = (jre.provider.name, &jre.version);
        log.info(&format!("Loaded supply config: container={} jre={name} version={version}", container.name()));
        log.step("Finalizing Java");
        container.look_again(staging);
        log.info(&format!("Finalizing container: {}", container.name()));
        log.step(&format!("Finalizing JRE: {name}"));
    }
    jre::finalize(staging, &mut work);
    framework::finalize(staging, &mut work);
    container.finalize(staging, &mut work);
    work.deposit.deps.files.executable("bin/javaexec", staging.programs.javaexec.clone());
    launch::release(staging, &mut work, &container).map_err(|error| {
        log.error(&format!("Failed to write release YAML: {error}"));
        Failed { exit: exit::FINALIZE }
    })?;
    log.info("Java buildpack finalization complete");
    launch::profile(staging, &mut work.deposit, others);
    launch::note_version(staging, &mut work.deposit);
    Ok(work.deposit)
}
