//! JMX: a port for management clients, reachable through an SSH tunnel.

use super::super::config::Wanted;
use super::super::opts;
use super::super::staging::{Staging, Work};
use super::debug::{config, port, switch};
use super::{Framework, SupplyError};

pub(super) struct Jmx;

const VARIABLE: &str = "JBP_CONFIG_JMX";
const KNOWN: [(&str, Wanted); 2] = [("enabled", Wanted::Bool), ("port", Wanted::Integer)];
const PORT: i64 = 5000;

impl Framework for Jmx {
    fn name(&self) -> &'static str {
        "JMX"
    }

    fn detect(&self, staging: &Staging<'_>, _: &Work) -> bool {
        let config = config(staging, VARIABLE, "jmx", &KNOWN);
        config.is_some_and(|config| switch(staging, "JMX", config.boolean("enabled")))
    }

    fn supply(&self, staging: &Staging<'_>, _: &mut Work) -> Result<(), SupplyError> {
        let config = config(staging, VARIABLE, "jmx", &KNOWN).unwrap_or_default();
        staging.log.step(&format!("JMX enabled on port {}", port(staging, "JMX", config.integer("port"), PORT)));
        Ok(())
    }

    fn finalize(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), String> {
        let config = config(staging, VARIABLE, "jmx", &KNOWN).unwrap_or_default();
        let port = port(staging, "JMX", config.integer("port"), PORT);
        let options = format!(
            "-Djava.rmi.server.hostname=127.0.0.1 -Dcom.sun.management.jmxremote.authenticate=false \
             -Dcom.sun.management.jmxremote.ssl=false -Dcom.sun.management.jmxremote.port={port} \
             -Dcom.sun.management.jmxremote.rmi.port={port}"
        );
        opts::add(&mut work.deposit.deps.files, 29, "jmx", &options);
        Ok(())
    }
}
