//! Service bindings of Cloud Foundry as Spring properties: java-cfenv for Spring Boot 3 and later, Spring
//! Auto-reconfiguration before.

use super::container::{Detection, Kind};
use super::options::{Component, JavaOptions};
use crate::dependency::Requirement;

/// What is wanted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Id of the dependency in the catalogue.
    pub(super) id: &'static str,
    /// Which versions.
    pub(super) requirement: Option<Requirement>,
    /// Whether its absence is an error: it was asked for by name.
    pub(super) required: bool,
    /// Who wants it.
    pub(super) origin: String,
}

/// The dependency for this application, if it gets one. java-cfenv 3 goes with Spring Boot 3, its line 4 with 4 and later.
pub(super) fn wanted(detection: &Detection, options: &JavaOptions) -> Option<Wanted> {
    if !may_be_wanted(options) || detection.kind != Kind::SpringBoot {
        return None;
    }
    let asked = options.with.contains(&Component::AutoReconfiguration);
    let boot = detection.facts.boot_version.as_deref().and_then(major);
    let (id, line) = match boot {
        Some(3) => ("java-cfenv", Some("3.*")),
        Some(4..) => ("java-cfenv", Some("4.*")),
        _ => ("auto-reconfiguration", None),
    };
    Some(Wanted {
        id,
        requirement: line.and_then(|line| Requirement::parse(line).ok()),
        required: asked,
        origin: if asked { "--with".to_owned() } else { "platform Cloud Foundry".to_owned() },
    })
}

/// Whether some application gets it by these options.
pub fn may_be_wanted(options: &JavaOptions) -> bool {
    let asked = options.with.contains(&Component::AutoReconfiguration);
    let refused = options.without.contains(&Component::AutoReconfiguration);
    !refused && (asked || options.cloud_foundry)
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}
