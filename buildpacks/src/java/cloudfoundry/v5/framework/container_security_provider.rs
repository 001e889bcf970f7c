//! Container Security Provider: trusts and uses the certificates that the platform gives a container.

use super::super::config::{Config, Wanted};
use super::super::jre::Jre;
use super::super::opts;
use super::super::staging::{Staging, Work};
use super::class_path::{self, Jar, Need};
use super::{Framework, SupplyError};

pub(super) struct ContainerSecurityProvider;

const KEY: &str = "container-security-provider";
const FOLDER: &str = "container_security_provider";
const VARIABLE: &str = "JBP_CONFIG_CONTAINER_SECURITY_PROVIDER";
const PRIORITY: u8 = 17;
const PROVIDER: &str = "org.cloudfoundry.security.CloudFoundryContainerProvider";
/// Providers of a runtime that lists none (Java 8's own, in its order).
const USUAL_PROVIDERS: [&str; 9] = [
    "sun.security.provider.Sun",
    "sun.security.rsa.SunRsaSign",
    "sun.security.ec.SunEC",
    "com.sun.net.ssl.internal.ssl.Provider",
    "com.sun.crypto.provider.SunJCE",
    "sun.security.jgss.SunProvider",
    "com.sun.security.sasl.Provider",
    "org.jcp.xml.dsig.internal.dom.XMLDSigRI",
    "sun.security.smartcardio.SunPCSC",
];

impl Framework for ContainerSecurityProvider {
    fn name(&self) -> &'static str {
        "Container Security Provider"
    }

    fn dependency(&self) -> Option<&'static str> {
        Some(KEY)
    }

    fn detect(&self, _: &Staging<'_>, _: &Work) -> bool {
        true
    }

    fn supply(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), SupplyError> {
        let version = staging.manifest.default_version(KEY, staging.stack(), staging.log).map_err(|error| {
            SupplyError::Failed(format!("unable to determine Container Security Provider version: {error}"))
        })?;
        let jar = Jar { title: "Container Security Provider", key: KEY, version, folder: FOLDER };
        class_path::install(staging, work, jar, Need::Default)
    }

    fn finalize(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), String> {
        let (Some(jar), Some(jre)) = (work.installed.jar(FOLDER), &work.jre) else { return Ok(()) };
        let log = staging.log;
        let feature = jre.feature().unwrap_or_else(|| {
            log.warning(
                "Unable to detect Java version, assuming Java 8: unable to parse Java version from release file",
            );
            8
        });
        let folder = staging.runtime(FOLDER);
        let mut options = String::new();
        let script = if feature >= 9 {
            Some(format!("export CONTAINER_SECURITY_PROVIDER=\"{folder}/{jar}\"\n"))
        } else {
            // The runtime's folder by its place: JAVA_HOME is not set yet when switches are put together.
            let home = staging.runtime(&jre.home);
            options = format!("-Djava.ext.dirs={folder}:{home}/jre/lib/ext:{home}/lib/ext");
            None
        };
        let properties = security_properties(staging, jre);
        options = format!("{options} -Djava.security.properties={folder}/java.security");
        let config = config(staging);
        for (field, name) in [("key_manager_enabled", "keymanager"), ("trust_manager_enabled", "trustmanager")] {
            if let Some(value) = config.text(field) {
                options = format!("{options} -Dorg.cloudfoundry.security.{name}.enabled={value}");
            }
        }
        let files = &mut work.deposit.deps.files;
        if let Some(script) = script {
            files.script("profile.d/container_security_provider.sh", script);
        }
        files.file(&format!("{FOLDER}/java.security"), properties);
        opts::add(files, PRIORITY, "container_security", &options);
        log.info(&format!("Configured Container Security Provider for runtime (priority {PRIORITY})"));
        Ok(())
    }
}

fn config(staging: &Staging<'_>) -> Config {
    let text = staging.variable(VARIABLE);
    if text.is_empty() {
        return Config::default();
    }
    let known = [("key_manager_enabled", Wanted::Text), ("trust_manager_enabled", Wanted::Text)];
    let config = Config::read(text, "frameworks.containerSecurityProviderConfig", &known);
    if let Some(objection) = config.objection() {
        staging.log.warning(&format!("Unknown user config values: {objection}"));
    }
    if let Some(failure) = config.failure() {
        staging.log.warning(&format!(
            "Failed to load container security provider config: failed to parse {VARIABLE}: {failure}"
        ));
    }
    config
}

/// The runtime's providers behind ours, and no caching of names: the platform does that.
fn security_properties(staging: &Staging<'_>, jre: &Jre) -> String {
    let providers: Vec<&str> = if let Some(providers) = jre.providers() {
        providers.iter().map(String::as_str).collect()
    } else {
        staging.log.warning("Unable to read existing security providers, using defaults: no file lists them");
        USUAL_PROVIDERS.to_vec()
    };
    let all = std::iter::once(PROVIDER).chain(providers).enumerate();
    let listed: Vec<_> = all.map(|(at, provider)| format!("security.provider.{}={provider}\n", at + 1)).collect();
    let listed = listed.concat();
    format!(
        "{listed}\n# The platform caches names, the JVM does not\nnetworkaddress.cache.ttl=0\n\
         networkaddress.cache.negative.ttl=0\n"
    )
}
