//! Frameworks: what is added to an application because it is configured, bound, or found in it. One file each; agents
//! that are not built in yet are rows of a table.

mod class_path;
mod client_certificate_mapper;
mod container_security_provider;
mod debug;
mod java_cf_env;
mod java_opts;
mod jmx;
mod missing;
mod spring_auto_reconfiguration;

use super::install::InstallError;
use super::staging::{Staging, Work};

/// A framework.
pub(super) trait Framework: Sync {
    /// As the log names it.
    fn name(&self) -> &'static str;

    /// As the manifest names what it installs.
    fn dependency(&self) -> Option<&'static str> {
        None
    }

    /// Whether it applies.
    fn detect(&self, staging: &Staging<'_>, work: &Work) -> bool;

    /// Installs it.
    fn supply(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), SupplyError>;

    /// Writes switches and scripts; an error is a warning.
    fn finalize(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), String>;
}

/// Why a framework could not be installed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SupplyError {
    /// It is on by default, and the offline cache, which is all there is, does not hold it: staging goes on without it.
    #[error(transparent)]
    LeftOut(InstallError),
    /// Staging ends.
    #[error("{0}")]
    Failed(String),
}

/// What frameworks have installed: files that scripts and switches name.
#[derive(Debug, Default)]
pub(super) struct Installed {
    /// Jars by folder.
    jars: Vec<(&'static str, String)>,
}

impl Installed {
    /// The jar in a framework's folder.
    pub(super) fn jar(&self, folder: &str) -> Option<&str> {
        self.jars.iter().find(|(known, _)| *known == folder).map(|(_, jar)| jar.as_str())
    }

    fn add(&mut self, folder: &'static str, jar: String) {
        self.jars.push((folder, jar));
    }
}

/// Every framework that is built in, in the contract's order: that of installing.
const FRAMEWORKS: [&dyn Framework; 7] = [
    &java_cf_env::JavaCfEnv,
    &spring_auto_reconfiguration::SpringAutoReconfiguration,
    &client_certificate_mapper::ClientCertificateMapper,
    &container_security_provider::ContainerSecurityProvider,
    &debug::Debug,
    &jmx::Jmx,
    &java_opts::JavaOpts,
];

fn detected(staging: &Staging<'_>, work: &Work) -> Vec<&'static dyn Framework> {
    FRAMEWORKS.into_iter().filter(|framework| framework.detect(staging, work)).collect()
}

fn names(frameworks: &[&dyn Framework]) -> String {
    frameworks.iter().map(|framework| framework.name()).collect::<Vec<_>>().join(", ")
}

/// Installs every framework that applies; the error's text is for the log.
pub(super) fn supply(staging: &Staging<'_>, work: &mut Work) -> Result<(), String> {
    // a side effect of looking for an agent's settings, and part of the layout since
    work.deposit.deps.files.folder("new-relic-credentials");
    let frameworks = detected(staging, work);
    let log = staging.log;
    missing::warn(staging);
    if frameworks.is_empty() {
        log.info("No frameworks detected");
        return Ok(());
    }
    log.step(&format!("Installing frameworks [{}]", names(&frameworks)));
    for framework in frameworks {
        let name = framework.name();
        let default = framework.dependency().map(|key| {
            staging.manifest.warn_of_left_out(key, log);
            staging.manifest.default_version(key, staging.stack(), log)
        });
        let default = match default {
            Some(Ok(version)) => format!(" (manifest default: {version})"),
            _ => String::new(),
        };
        log.info(&format!("Installing {name}{default}"));
        match framework.supply(staging, work) {
            Ok(()) => {}
            Err(SupplyError::LeftOut(error)) => log.warning(&format!("{name} is left out: {error}")),
            Err(SupplyError::Failed(error)) => return Err(format!("failed to install framework {name}: {error}")),
        }
    }
    Ok(())
}

/// Writes switches and scripts of every framework that applies.
pub(super) fn finalize(staging: &Staging<'_>, work: &mut Work) {
    let frameworks = detected(staging, work);
    let log = staging.log;
    if frameworks.is_empty() {
        log.info("No frameworks to finalize");
        return;
    }
    log.step(&format!("Finalizing frameworks [{}]", names(&frameworks)));
    for framework in frameworks {
        if let Err(error) = framework.finalize(staging, work) {
            log.warning(&format!("Failed to finalize framework {}: {error}", framework.name()));
        }
    }
    let script = java_opts::assembly_script(staging);
    work.deposit.deps.files.script("profile.d/00_java_opts.sh", script);
}
