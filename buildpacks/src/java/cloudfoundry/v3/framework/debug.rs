//! Remote debugging.

use super::super::phase::Phase;
use super::super::settings::Settings;
use super::super::staging::{Failure, Work};
use super::Framework;

/// Opens the debugger's port.
#[derive(Debug)]
pub(super) struct Debug(Settings);

impl Debug {
    pub(super) fn of(settings: Settings) -> Self {
        Self(settings)
    }

    fn port(&self) -> String {
        self.0.text("port").unwrap_or_else(|| "8000".to_owned())
    }
}

impl Framework for Debug {
    fn detect(&self) -> Option<String> {
        self.0.is_on("enabled").then(|| format!("debug={}", self.port()))
    }

    fn compile(&self, _: &Phase<'_>, _: &mut Work) -> Result<(), Failure> {
        Ok(())
    }

    fn release(&self, _: &Phase<'_>, work: &mut Work) -> Result<(), Failure> {
        let suspend = if self.0.is_on("suspend") { 'y' } else { 'n' };
        let port = self.port();
        work.java_opts.push(format!("-agentlib:jdwp=transport=dt_socket,server=y,address={port},suspend={suspend}"));
        Ok(())
    }
}
