//! Frameworks that are not built in: known by what makes them apply, so that staging ends rather than leave one out.

use super::super::class_name;
use super::super::phase::Phase;
use super::super::settings::Settings;
use super::super::staging::{Failure, Work};
use super::Framework;

/// A framework that is not built in.
#[derive(Debug)]
pub(super) struct Missing {
    class: String,
    applies: bool,
}

/// A framework for a bound service: what that is called, and the credentials it has, each by one of several names.
struct Bound(&'static str, &'static [&'static str], &'static [&'static [&'static str]]);

const BOUND: [Bound; 6] = [
    Bound("AppDynamicsAgent", &["appdynamics", "app-dynamics"], &[&["host-name"]]),
    Bound("DynaTraceAgent", &["dynatrace"], &[&["server"]]),
    Bound("LunaSecurityProvider", &["luna"], &[&["client"], &["servers"], &["groups"]]),
    Bound("NewRelicAgent", &["newrelic"], &[&["licenseKey", "license_key"]]),
    Bound("RuxitAgent", &["ruxit"], &[&["tenant"], &["tenanttoken"]]),
    Bound("SpringInsight", &["p-insight"], &[&["agent_download_url"], &["service_instance_id"]]),
];
/// Frameworks that settings switch on.
const ENABLED: [&str; 2] = ["ContainerCertificateTrustStore", "YourKitProfiler"];
/// Frameworks for Play, which is refused as a whole.
const PLAY: [&str; 2] = ["PlayFrameworkAutoReconfiguration", "PlayFrameworkJPAPlugin"];
/// What configures the agent of `JRebel`.
const REBEL: &str = "rebel-remote.xml";

pub(super) fn of(phase: &Phase<'_>, class: &str, settings: &Settings) -> Result<Missing, Failure> {
    let services = phase.staging.services()?;
    let applies = if let Some(Bound(_, names, credentials)) = BOUND.iter().find(|Bound(known, ..)| *known == class) {
        services.only(|service| names.iter().any(|name| service.names(name)), credentials)
    } else if ENABLED.contains(&class) {
        settings.is_on("enabled")
    } else if PLAY.contains(&class) {
        false
    } else if class == "JrebelAgent" {
        has_rebel(phase)
    } else {
        return Err(Failure(format!("`{class}` of `config/components.yml` is no framework that is known")));
    };
    Ok(Missing { class: class.to_owned(), applies })
}

fn has_rebel(phase: &Phase<'_>) -> bool {
    let bits = phase.staging.bits;
    let jars = || phase.visible.iter().filter(|entry| entry.name.strip_suffix(".jar").is_some());
    ["", "WEB-INF/classes/"].iter().any(|folder| bits.exists(&format!("{folder}{REBEL}")))
        || jars().any(|jar| bits.jar_holds(&jar.name, &|name| name.ends_with(REBEL.as_bytes())))
}

impl Missing {
    fn refuse(&self) -> Result<(), Failure> {
        Err(Failure(format!(
            "{} applies to this application and is not built in: unbind or switch it off, or stage with the buildpack's \
             own scripts",
            class_name::spaced(&self.class)
        )))
    }
}

impl Framework for Missing {
    fn detect(&self) -> Option<String> {
        self.applies.then(|| class_name::dashed(&self.class))
    }

    fn compile(&self, _: &Phase<'_>, _: &mut Work) -> Result<(), Failure> {
        self.refuse()
    }

    fn release(&self, _: &Phase<'_>, _: &mut Work) -> Result<(), Failure> {
        self.refuse()
    }
}
