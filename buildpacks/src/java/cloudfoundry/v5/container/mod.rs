//! How the application is run: the first kind that takes it, in the contract's order.

mod java_main;
mod other;
mod spring_boot;

use java_main::JavaMain;
use spring_boot::SpringBoot;

use super::staging::{Staging, Work};

/// What runs the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Container {
    /// Spring Boot's own launcher, or the script of a distribution.
    SpringBoot(SpringBoot),
    /// A main class.
    JavaMain(JavaMain),
}

/// What an application is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Something this buildpack runs.
    Container(Container),
    /// Something the Java buildpack of the platform runs, but not this one.
    NotBuiltIn(&'static str),
    /// Nothing known.
    Nothing,
}

/// Finds out what the application is.
pub(super) fn detect(staging: &Staging<'_>) -> Found {
    if let Some(main) = java_main::configured(staging) {
        java_main::warn(staging);
        return Found::Container(Container::JavaMain(main));
    }
    if let Some(boot) = spring_boot::detect(staging.bits) {
        return Found::Container(Container::SpringBoot(boot));
    }
    if let Some(name) = other::detect(staging.bits) {
        return Found::NotBuiltIn(name);
    }
    match java_main::detect(staging) {
        Some(main) => Found::Container(Container::JavaMain(main)),
        None => Found::Nothing,
    }
}

impl Container {
    /// As the log names it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::SpringBoot(_) => "Spring Boot",
            Self::JavaMain(_) => "Java Main",
        }
    }

    /// Says once more what it objects to in its configuration, as finalizing looks at the application again.
    pub(super) fn look_again(&self, staging: &Staging<'_>) {
        if matches!(self, Self::JavaMain(_)) {
            java_main::warn(staging);
        }
    }

    /// What it needs at staging.
    pub(super) fn supply(&self, staging: &Staging<'_>, work: &mut Work) {
        staging.log.step(&format!("Supplying {}", self.name()));
        if let Self::SpringBoot(boot) = self {
            boot.supply(staging, work);
        }
    }

    /// Scripts for the start.
    pub(super) fn finalize(&self, staging: &Staging<'_>, work: &mut Work) {
        staging.log.step(&format!("Finalizing {}", self.name()));
        match self {
            Self::SpringBoot(_) => SpringBoot::finalize(staging, work),
            Self::JavaMain(main) => main.finalize(staging, work),
        }
    }

    /// The start command.
    pub(super) fn command(&self, staging: &Staging<'_>) -> Result<String, String> {
        match self {
            Self::SpringBoot(boot) => boot.command(staging),
            Self::JavaMain(main) => main.command(staging),
        }
    }
}

/// Adds a jar to the class path when it is set.
const SECURITY_PROVIDER: &str = "${CONTAINER_SECURITY_PROVIDER:+:$CONTAINER_SECURITY_PROVIDER}";

/// The command that runs Java with these arguments and the words of `JAVA_OPTS` before them.
fn java(staging: &Staging<'_>, arguments: &str) -> String {
    format!("exec {} \"$JAVA_HOME/bin/java\" {arguments}", staging.runtime("bin/javaexec"))
}
