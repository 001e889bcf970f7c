//! What a user can choose for a Java application.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use memcalc::Calculator;
use serde::Serialize;

use crate::dependency::{Environment, JreRequest};

/// Choices for a Java application. None of them are read from the process's environment here.
#[derive(Clone, Debug, Default)]
pub struct JavaOptions {
    /// Which JRE, and who says so: `--jre`, `BP_JVM_VERSION`, `default`.
    pub jre: (JreRequest, String),
    /// Whether everything must be pinned by a checksum, so that the host's JRE is refused.
    pub locked: bool,
    /// Whether missing dependencies are fetched; otherwise the network is never touched.
    pub fetch: bool,
    /// What becomes of the host's Java where that is taken.
    pub host: HostRuntime,
    /// Components asked for.
    pub with: BTreeSet<Component>,
    /// Components refused.
    pub without: BTreeSet<Component>,
    /// How the memory calculator calculates.
    pub calculator: Calculator,
    /// Arguments of the application.
    pub arguments: Vec<String>,
    /// The class that starts it, instead of the one that its manifest names.
    pub main_class: Option<String>,
    /// Whether the image is made for Cloud Foundry.
    pub cloud_foundry: bool,
    /// Home folder, search path and the like, for the host's JRE and for fetching.
    pub environment: Environment,
}

/// What becomes of the host's Java where that is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostRuntime {
    /// A runtime is made of it, once.
    #[default]
    Made,
    /// What would be made is told.
    Told,
}

/// A component that can be added or left out by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// java-cfenv for Spring Boot 3 and later, Spring Auto-reconfiguration before.
    AutoReconfiguration,
    /// Memory switches computed when the container starts.
    MemoryCalculator,
}

impl Component {
    const ALL: [(Self, &str); 2] =
        [(Self::AutoReconfiguration, "auto-reconfiguration"), (Self::MemoryCalculator, "memory-calculator")];
}

/// A name that is no component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no component: choose from `auto-reconfiguration`, `memory-calculator`")]
pub struct ComponentError(String);

impl FromStr for Component {
    type Err = ComponentError;

    fn from_str(text: &str) -> Result<Self, ComponentError> {
        // The names of the jars behind it are what people know it by.
        let name = if text == "java-cfenv" { "auto-reconfiguration" } else { text };
        let known = Self::ALL.into_iter().find(|(_, known)| *known == name);
        known.map(|(component, _)| component).ok_or_else(|| ComponentError(text.to_owned()))
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::ALL.into_iter().find(|(component, _)| component == self);
        f.write_str(known.map_or("", |(_, name)| name))
    }
}
