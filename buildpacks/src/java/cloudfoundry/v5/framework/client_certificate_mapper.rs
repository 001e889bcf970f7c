//! Client Certificate Mapper: client certificates that the platform's router hands on.

use super::super::config::{Config, Wanted};
use super::super::staging::{Staging, Work};
use super::class_path::{self, Jar, Need};
use super::{Framework, SupplyError};

pub(super) struct ClientCertificateMapper;

const KEY: &str = "client-certificate-mapper";
const FOLDER: &str = "client_certificate_mapper";
const VARIABLE: &str = "JBP_CONFIG_CLIENT_CERTIFICATE_MAPPER";

impl Framework for ClientCertificateMapper {
    fn name(&self) -> &'static str {
        "Client Certificate Mapper"
    }

    fn dependency(&self) -> Option<&'static str> {
        Some(KEY)
    }

    fn detect(&self, staging: &Staging<'_>, _: &Work) -> bool {
        let text = staging.variable(VARIABLE);
        if text.is_empty() {
            return true;
        }
        let config = Config::read(text, "frameworks.clientCertificateMapperConfig", &[("enabled", Wanted::Bool)]);
        if let Some(objection) = config.objection() {
            staging.log.warning(&format!("Unknown user config values: {objection}"));
        }
        if let Some(failure) = config.failure() {
            staging.log.warning(&format!(
                "Failed to load client certificate mapper config: failed to parse {VARIABLE}: {failure}"
            ));
            return false;
        }
        config.boolean("enabled").unwrap_or(true)
    }

    fn supply(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), SupplyError> {
        let version = staging.manifest.default_version(KEY, staging.stack(), staging.log).map_err(|error| {
            SupplyError::Failed(format!("unable to determine Client Certificate Mapper version: {error}"))
        })?;
        let jar = Jar { title: "Client Certificate Mapper", key: KEY, version, folder: FOLDER };
        class_path::install(staging, work, jar, Need::Default)
    }

    fn finalize(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), String> {
        class_path::finalize(staging, work, FOLDER);
        Ok(())
    }
}
