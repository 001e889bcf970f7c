//! Spring Auto-reconfiguration: the predecessor of java-cfenv, off unless asked for.

use super::super::staging::{Staging, Work};
use super::class_path::{self, Jar, Need};
use super::{Framework, SupplyError, java_cf_env};
use crate::java::cloudfoundry::Bits;

pub(super) struct SpringAutoReconfiguration;

const KEY: &str = "auto-reconfiguration";
const FOLDER: &str = "spring_auto_reconfiguration";
/// The version when the manifest gives none.
const FALLBACK: &str = "2.13.0";
const LIBRARIES: [&str; 3] = ["WEB-INF/lib", "lib", "BOOT-INF/lib"];
const CONNECTORS: [&str; 2] = ["spring-cloud-cloudfoundry-connector", "spring-cloud-spring-service-connector"];

impl Framework for SpringAutoReconfiguration {
    fn name(&self) -> &'static str {
        "Spring Auto-reconfiguration"
    }

    fn dependency(&self) -> Option<&'static str> {
        Some(KEY)
    }

    fn detect(&self, staging: &Staging<'_>, work: &Work) -> bool {
        let text = staging.variable("JBP_CONFIG_SPRING_AUTO_RECONFIGURATION");
        let enabled = text.contains("true") && !text.contains("false");
        enabled && has(staging.bits, &["spring-core", "org.springframework.spring-core"]) && !replaced(staging, work)
    }

    fn supply(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), SupplyError> {
        if replaced(staging, work) {
            return Ok(());
        }
        let log = staging.log;
        if has(staging.bits, &CONNECTORS) {
            log.warning(
                "ATTENTION: The Spring Cloud Connectors library is present in your application. This library has been \
                 in maintenance mode since July 2019 and is no longer receiving updates.",
            );
            log.warning(
                "Please migrate to java-cfenv immediately. See https://via.vmw.com/EiBW for migration instructions.",
            );
        }
        let version = staging.manifest.default_version(KEY, staging.stack(), log).unwrap_or_else(|_| {
            log.warning("Unable to determine Spring Auto-reconfiguration version, using default");
            FALLBACK
        });
        let jar = Jar { title: "Spring Auto-reconfiguration", key: KEY, version, folder: FOLDER };
        class_path::install(staging, work, jar, Need::Asked)?;
        for line in [
            "ATTENTION: The Spring Auto Reconfiguration and shaded Spring Cloud Connectors libraries are being \
             installed. These projects have been deprecated and are no longer receiving updates.",
            "Spring Auto Reconfiguration is now DISABLED BY DEFAULT. You have explicitly enabled it via \
             `JBP_CONFIG_SPRING_AUTO_RECONFIGURATION='{enabled: true}'`. Please migrate to java-cfenv as soon as \
             possible.",
            "For migration instructions, see https://via.vmw.com/EiBW. Once you migrate to java-cfenv, these warnings \
             will disappear.",
        ] {
            log.warning(line);
        }
        Ok(())
    }

    fn finalize(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), String> {
        class_path::finalize(staging, work, FOLDER);
        Ok(())
    }
}

/// Whether java-cfenv is there, of the application's own or installed.
fn replaced(staging: &Staging<'_>, work: &Work) -> bool {
    java_cf_env::is_in_application(staging.bits) || work.installed.jar("java_cf_env").is_some()
}

fn has(bits: Bits<'_>, prefixes: &[&str]) -> bool {
    let jar = |name: &str| name.as_bytes().ends_with(b".jar") && prefixes.iter().any(|prefix| name.starts_with(prefix));
    LIBRARIES.iter().any(|folder| !bits.files(folder, jar).is_empty())
}
