//! One run of detection, compilation or release: the settings with the user's changes, the application as it is found.

use super::buildpack::Buildpack;
use super::properties::Properties;
use super::settings::{NoMap, Settings, Value};
use super::staging::{Failure, Staging};
use crate::dependency::redact;
use crate::java::cloudfoundry::bits::Listed;
use crate::yaml;

/// A phase.
#[derive(Debug)]
pub(super) struct Phase<'a> {
    /// The buildpack.
    pub(super) buildpack: &'a Buildpack,
    /// What the staging gives.
    pub(super) staging: &'a Staging<'a>,
    /// The application's manifest.
    pub(super) manifest: Properties,
    /// Everything in the application but what is hidden.
    pub(super) visible: Vec<Listed>,
    /// From which level on something is said: a name that the original's logger has.
    level: String,
}

/// The buildpack's version: what its packager has noted.
#[derive(Debug)]
pub(super) struct BuildpackVersion {
    version: Option<String>,
    offline: bool,
    source: Option<String>,
}

impl<'a> Phase<'a> {
    /// The phase of a staging.
    pub(super) fn of(buildpack: &'a Buildpack, staging: &'a Staging<'a>) -> Result<Self, Failure> {
        let mut phase = Self {
            buildpack,
            staging,
            manifest: Properties::manifest(staging.bits),
            visible: staging.bits.visible(),
            level: "UNKNOWN".to_owned(),
        };
        let level = match staging.variable("JBP_LOG_LEVEL") {
            Some(level) => level.to_owned(),
            // read while nothing is said yet, this setting alone cannot warn
            None => phase.settings("logging")?.text("default_log_level").unwrap_or_default(),
        };
        phase.level = level.to_uppercase();
        Ok(phase)
    }

    /// Says something that does not end staging; `part` is who says it.
    pub(super) fn warn(&self, part: &str, text: &str) {
        if !["ERROR", "FATAL", "UNKNOWN"].contains(&&*self.level) {
            self.log(part, "WARN", text);
        }
    }

    /// Says why a step, such as `Compile`, ends, in the words that the original has for an exception.
    pub(super) fn error(&self, step: &str, failure: &Failure) {
        if !["FATAL", "UNKNOWN"].contains(&&*self.level) {
            self.log("Buildpack", "ERROR", &format!("{step} failed with exception #<RuntimeError: {failure}>"));
        }
    }

    fn log(&self, part: &str, level: &str, text: &str) {
        self.staging.errors.raw(&format!("{:<32} {level:<5} {text}\n", format!("[{part}]")));
    }

    /// The settings of a component: those of the file, changed by `JBP_CONFIG_<NAME>`; none without a file.
    pub(super) fn settings(&self, name: &str) -> Result<Settings, Failure> {
        let file = self.buildpack.file(name).map_err(|error| Failure(with_cause(&error)))?;
        let Some(mut settings) = file else { return Ok(Settings::default()) };
        let variable = format!("JBP_CONFIG_{}", name.to_uppercase());
        if let Some(text) = self.staging.variable(&variable) {
            let given = yaml::parse(text)
                .map_err(|error| Failure(format!("The value of `{variable}` has invalid syntax: {error}")))?;
            let given = given.as_ref().map_or(Value::Null, Value::of);
            settings.merge(&given, &mut |warning| self.warn("ConfigurationUtils", &warning)).map_err(
                |NoMap(found)| {
                    Failure(format!("The value of `{variable}` is neither a map nor a list of maps: `{found}`"))
                },
            )?;
        }
        Ok(settings.set())
    }

    /// The buildpack's version.
    pub(super) fn version(&self) -> Result<BuildpackVersion, Failure> {
        let settings = self.settings("version")?;
        let variable = |name: &str| self.staging.variable(name).map(str::to_owned);
        let hash = settings.text("hash");
        let part = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let source = part(&settings.text("remote")).zip(part(&hash));
        Ok(BuildpackVersion {
            offline: settings.is_on("offline")
                || variable("OFFLINE").is_some_and(|offline| offline.eq_ignore_ascii_case("true")),
            version: settings.text("version").or_else(|| variable("VERSION")).or(hash),
            source: source.map(|(remote, hash)| format!("{}#{hash}", redact(&remote))),
        })
    }
}

impl BuildpackVersion {
    /// `v3.8.1 (offline) | <remote>#<hash>`.
    pub(super) fn for_people(&self) -> String {
        let offline = self.offline.then_some("(offline)");
        let bar = (self.version.is_some() && self.source.is_some()).then_some("|");
        joined([self.version.as_deref(), offline, bar, self.source.as_deref()], " ")
    }

    /// `v3.8.1-offline-<remote>#<hash>`.
    pub(super) fn for_tags(&self) -> String {
        let offline = self.offline.then_some("offline");
        joined([self.version.as_deref(), offline, None, self.source.as_deref()], "-")
    }
}

fn joined(parts: [Option<&str>; 4], separator: &str) -> String {
    let known: Vec<_> = parts.into_iter().flatten().collect();
    if known.is_empty() { "unknown".to_owned() } else { known.join(separator) }
}

/// An error with what caused it.
fn with_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_shows_what_is_known_of_it() {
        let version = |version: &str, offline, source: &str| {
            let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            BuildpackVersion { version: known(version), offline, source: known(source) }
        };
        for (version, people, tags) in [
            (version("v3", true, "r#h"), "v3 (offline) | r#h", "v3-offline-r#h"),
            (version("v3", false, ""), "v3", "v3"),
            (version("", false, "r#h"), "r#h", "r#h"),
            (version("", false, ""), "unknown", "unknown"),
        ] {
            assert_eq!((version.for_people().as_str(), version.for_tags().as_str()), (people, tags));
        }
    }
}
