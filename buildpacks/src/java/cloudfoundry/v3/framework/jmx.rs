//! Remote management.

use super::super::phase::Phase;
use super::super::settings::Settings;
use super::super::staging::{Failure, Work};
use super::Framework;

/// Opens the port of JMX, for tunnels only.
#[derive(Debug)]
pub(super) struct Jmx(Settings);

impl Jmx {
    pub(super) fn of(settings: Settings) -> Self {
        Self(settings)
    }

    fn port(&self) -> String {
        self.0.text("port").unwrap_or_else(|| "5000".to_owned())
    }
}

impl Framework for Jmx {
    fn detect(&self) -> Option<String> {
        self.0.is_on("enabled").then(|| format!("jmx={}", self.port()))
    }

    fn compile(&self, _: &Phase<'_>, _: &mut Work) -> Result<(), Failure> {
        Ok(())
    }

    fn release(&self, _: &Phase<'_>, work: &mut Work) -> Result<(), Failure> {
        let port = self.port();
        work.java_opts.extend([
            "-Djava.rmi.server.hostname=127.0.0.1".to_owned(),
            "-Dcom.sun.management.jmxremote.authenticate=false".to_owned(),
            "-Dcom.sun.management.jmxremote.ssl=false".to_owned(),
            format!("-Dcom.sun.management.jmxremote.port={port}"),
            format!("-Dcom.sun.management.jmxremote.rmi.port={port}"),
        ]);
        Ok(())
    }
}
