//! Remote Debug: a port for a debugger.

use super::super::config::{Config, Wanted};
use super::super::opts;
use super::super::staging::{Staging, Work};
use super::{Framework, SupplyError};

pub(super) struct Debug;

const VARIABLE: &str = "JBP_CONFIG_DEBUG";
const KNOWN: [(&str, Wanted); 3] = [("enabled", Wanted::Bool), ("port", Wanted::Integer), ("suspend", Wanted::Bool)];
const PORT: i64 = 8000;

/// A port that a variable switches on and names, over what a component's configuration says.
pub(super) fn switch(staging: &Staging<'_>, prefix: &str, configured: Option<bool>) -> bool {
    match staging.variable(&format!("BPL_{prefix}_ENABLED")) {
        "true" | "1" => true,
        "false" | "0" => false,
        _ => configured.unwrap_or(false),
    }
}

/// The port of a variable, else the configured one, else the usual one.
pub(super) fn port(staging: &Staging<'_>, prefix: &str, configured: Option<i64>, usual: i64) -> i64 {
    let variable = staging.variable(&format!("BPL_{prefix}_PORT")).parse().ok().filter(|port| *port > 0);
    variable.or(configured).unwrap_or(usual)
}

/// Reads the component's variable, with warnings; none when it cannot be used.
pub(super) fn config(staging: &Staging<'_>, variable: &str, kind: &str, known: &[(&str, Wanted)]) -> Option<Config> {
    let text = staging.variable(variable);
    if text.is_empty() {
        return Some(Config::default());
    }
    let config = Config::read(text, &format!("frameworks.{kind}Config"), known);
    if let Some(objection) = config.objection() {
        staging.log.warning(&format!("Unknown user config values: {objection}"));
    }
    if let Some(failure) = config.failure() {
        staging.log.warning(&format!("Failed to load {kind} config: failed to parse {variable}: {failure}"));
        return None;
    }
    Some(config)
}

impl Framework for Debug {
    fn name(&self) -> &'static str {
        "Remote Debug"
    }

    fn detect(&self, staging: &Staging<'_>, _: &Work) -> bool {
        let config = config(staging, VARIABLE, "debug", &KNOWN);
        config.is_some_and(|config| switch(staging, "DEBUG", config.boolean("enabled")))
    }

    fn supply(&self, staging: &Staging<'_>, _: &mut Work) -> Result<(), SupplyError> {
        let config = config(staging, VARIABLE, "debug", &KNOWN).unwrap_or_default();
        let port = port(staging, "DEBUG", config.integer("port"), PORT);
        let suspended = if config.boolean("suspend") == Some(true) { ", suspended on start" } else { "" };
        staging.log.step(&format!("Debugging enabled on port {port}{suspended}"));
        Ok(())
    }

    fn finalize(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), String> {
        let config = config(staging, VARIABLE, "debug", &KNOWN).unwrap_or_default();
        let port = port(staging, "DEBUG", config.integer("port"), PORT);
        let suspend = if config.boolean("suspend") == Some(true) { "y" } else { "n" };
        let option = format!("-agentlib:jdwp=transport=dt_socket,server=y,address={port},suspend={suspend}");
        opts::add(&mut work.deposit.deps.files, 20, "debug", &option);
        Ok(())
    }
}
