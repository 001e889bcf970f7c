//! java-cfenv: sets Spring Boot's properties from bound services.

use super::super::config::{Config, Wanted};
use super::super::manifest_mf;
use super::super::staging::{Staging, Work};
use super::super::version;
use super::class_path::{self, Jar, Need};
use super::{Framework, SupplyError};
use crate::java::cloudfoundry::Bits;
use crate::yaml::{self, Value};

pub(super) struct JavaCfEnv;

const KEY: &str = "java-cfenv";
const FOLDER: &str = "java_cf_env";
const VARIABLE: &str = "JBP_CONFIG_JAVA_CF_ENV";
/// Versions when the manifest lists none for a generation of Spring Boot.
const FALLBACKS: [(u32, &str); 2] = [(3, "3.5.1"), (4, "4.0.0")];

impl Framework for JavaCfEnv {
    fn name(&self) -> &'static str {
        "Java CF Env"
    }

    fn dependency(&self) -> Option<&'static str> {
        Some(KEY)
    }

    fn detect(&self, staging: &Staging<'_>, _: &Work) -> bool {
        if !is_enabled(staging) || generation(staging.bits).is_none() {
            return false;
        }
        let present = is_in_application(staging.bits);
        if present {
            staging.log.info("java-cfenv already present in application");
        }
        !present
    }

    fn supply(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), SupplyError> {
        let generation = generation(staging.bits).unwrap_or(FALLBACKS[0].0);
        let pattern = format!("{generation}.x.x");
        let versions = staging.manifest.versions(KEY, staging.stack());
        let version = version::highest(&pattern, &versions).unwrap_or_else(|_| {
            staging
                .log
                .warning(&format!("Unable to determine Java CF Env version for pattern {pattern}, using default"));
            FALLBACKS.iter().find(|(known, _)| *known == generation).map_or(FALLBACKS[0].1, |(_, version)| version)
        });
        let jar = Jar { title: "Java CF Env", key: KEY, version, folder: FOLDER };
        class_path::install(staging, work, jar, Need::Default)
    }

    fn finalize(&self, staging: &Staging<'_>, work: &mut Work) -> Result<(), String> {
        class_path::finalize(staging, work, FOLDER);
        Ok(())
    }
}

/// Whether the application brings java-cfenv itself.
pub(super) fn is_in_application(bits: Bits<'_>) -> bool {
    let jar = |name: &str| name.starts_with("java-cfenv") && name.as_bytes().ends_with(b".jar");
    folders(bits).iter().any(|folder| !bits.files(folder, jar).is_empty())
}

/// Where libraries are looked for: the usual folders, and those directly below the root.
fn folders(bits: Bits<'_>) -> Vec<String> {
    let top = bits.list("").into_iter().filter(|entry| entry.is_dir).map(|entry| entry.name);
    top.chain(["WEB-INF/lib", "BOOT-INF/lib"].map(str::to_owned)).collect()
}

/// The generation of Spring Boot that java-cfenv is made for: 3 or 4.
fn generation(bits: Bits<'_>) -> Option<u32> {
    let manifest = manifest_mf::text(bits).unwrap_or_default();
    FALLBACKS.into_iter().map(|(generation, _)| generation).find(|generation| {
        let prefix = format!("spring-boot-{generation}.");
        let jar = |name: &str| name.starts_with(&prefix) && name.as_bytes().ends_with(b".jar");
        manifest.contains(&format!("Spring-Boot-Version: {generation}."))
            || folders(bits).iter().any(|folder| !bits.files(folder, jar).is_empty())
    })
}

/// On, unless configuration says otherwise. The map may be quoted once more.
fn is_enabled(staging: &Staging<'_>) -> bool {
    let text = staging.variable(VARIABLE);
    let log = staging.log;
    if text.is_empty() {
        return true;
    }
    let root = match yaml::parse(text) {
        Ok(Some(root)) => root,
        Ok(None) => {
            log.warning("Unexpected YAML type, treating as enabled: <nil>");
            return true;
        }
        Err(error) => {
            log.warning(&format!("Failed to parse {VARIABLE}, treating as enabled: {error}"));
            return true;
        }
    };
    let known = [("enabled", Wanted::Bool)];
    let config = match &root.value {
        Value::Map(_) => Config::of(&root, "struct { Enabled bool \"yaml:\\\"enabled\\\"\" }", &known),
        Value::Scalar { text, .. } if root.to_json().is_string() => {
            Config::read(text, "struct { Enabled bool \"yaml:\\\"enabled\\\"\" }", &known)
        }
        Value::List(_) => {
            log.warning("Unexpected YAML type, treating as enabled: []interface {}");
            return true;
        }
        Value::Scalar { .. } => {
            let kind = if root.to_json().is_boolean() { "bool" } else { "int" };
            log.warning(&format!("Unexpected YAML type, treating as enabled: {kind}"));
            return true;
        }
    };
    if let Some(failure) = config.failure() {
        log.warning(&format!("Failed to parse config structure, treating as enabled: {failure}"));
        return true;
    }
    config.boolean("enabled").unwrap_or(false)
}
