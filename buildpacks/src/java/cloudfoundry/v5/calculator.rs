//! The memory calculator: runs when the container starts, before Java.

use super::config::{Config, Wanted};
use super::install::{Setback, with_causes};
use super::jre::Provider;
use super::staging::Staging;
use crate::application::{Content, Entry};
use crate::dependency::DependencyError;
use crate::java::cloudfoundry::deposit::Tree;
use crate::java::cloudfoundry::named_calculator::NamedCalculator;
use crate::yaml;

/// As the manifest names it.
const KEY: &str = "memory-calculator";
/// Threads counted with when nobody says otherwise.
const THREADS: i64 = 250;
/// Classes counted with when none can be counted: 35 percent of 18000.
const FALLBACK_CLASSES: i64 = 6300;
/// Names of the program in archives, newest first.
const PROGRAMS: [&str; 3] = ["java-buildpack-memory-calculator", "memory-calculator-linux", "memory-calculator-darwin"];
/// The version our own program calculates as, where none is at hand.
const OWN_VERSION: &str = "4.2.0";

/// The calculator of a droplet and what it is given.
#[derive(Debug)]
pub(super) struct Calculator {
    /// Its file below the buildpack's folder.
    path: String,
    classes: Given,
    threads: Given,
    headroom: Given,
    /// The one that was chosen by name, if one was.
    named: Option<NamedCalculator>,
}

/// A number, and whether configuration says it.
#[derive(Clone, Copy, Debug)]
struct Given {
    value: i64,
    configured: bool,
}

impl Given {
    fn default(value: i64) -> Self {
        Self { value, configured: false }
    }

    fn or_configured(self, value: Option<i64>) -> Self {
        value.map_or(self, |value| Self { value, configured: true })
    }

    fn shown(self, unit: &str, otherwise: &str) -> String {
        if self.configured { format!("{}{unit}", self.value) } else { format!("{}{unit} ({otherwise})", self.value) }
    }
}

impl Calculator {
    /// Installs it beside the runtime and counts the application's classes.
    pub(super) fn supply(
        staging: &Staging<'_>,
        provider: &Provider,
        java: u32,
        files: &mut Tree,
    ) -> Result<Self, Setback> {
        let log = staging.log;
        staging.manifest.warn_of_left_out(KEY, log);
        let version = staging
            .manifest
            .default_version(KEY, staging.stack(), log)
            .map_err(|error| format!("unable to determine memory calculator version: {error}"))?
            .to_owned();
        let own = staging.manifest.lacks(KEY, &version, staging.stack());
        let version = if own { OWN_VERSION.to_owned() } else { version };
        log.info(&format!("Installing Memory Calculator ({version})"));
        let (threads, headroom, classes) = configured(staging, provider);
        files.folder("tmp");
        let path = format!("jre/bin/java-buildpack-memory-calculator-{version}");
        let program = if own { staging.programs.javaexec.clone() } else { installed(staging, &version, files)? };
        files.executable(&path, program);
        let classes = if classes.configured { classes } else { Given::default(staging.bits.loaded_classes(java)) };
        let calculator = Self { path, classes, threads, headroom, named: None };
        calculator.say(staging);
        Ok(calculator)
    }

    /// Installs one that was chosen by name.
    pub(super) fn supply_named(
        staging: &Staging<'_>,
        provider: &Provider,
        java: u32,
        files: &mut Tree,
        chosen: memcalc::Calculator,
    ) -> Self {
        staging.log.info(&format!("Installing Memory Calculator ({chosen})"));
        let (threads, headroom, configured) = configured(staging, provider);
        let (present, counted) = NamedCalculator::counts(staging.bits, java);
        let classes = if configured.configured { configured } else { Given::default(counted) };
        let named = NamedCalculator {
            calculator: chosen,
            classes: (!configured.configured).then_some(present),
            likely: if configured.configured { None } else { NamedCalculator::likely(chosen, staging.bits) },
            loaded: classes.value,
            threads: threads.value.to_string(),
            head_room: headroom.value,
            java,
        };
        let path = format!("jre/bin/{}", named.program());
        files.folder("tmp");
        files.executable(&path, staging.programs.javaexec.clone());
        let calculator = Self { path, classes, threads, headroom, named: Some(named) };
        calculator.say(staging);
        calculator
    }

    fn say(&self, staging: &Staging<'_>) {
        staging.log.info(&format!(
            "Memory Calculator installed: Loaded Classes: {}, Threads: {}, Headroom: {}",
            self.classes.shown("", "auto-detected"),
            self.threads.shown("", "default"),
            self.headroom.shown("%", "default"),
        ));
    }

    fn arguments(&self) -> String {
        if let Some(named) = &self.named {
            return format!("{} --jvm-options=\"$JAVA_OPTS\"", named.arguments("$MEMORY_LIMIT"));
        }
        let headroom =
            if self.headroom.value > 0 { format!(" --head-room={}", self.headroom.value) } else { String::new() };
        let classes = if self.classes.value == 0 { FALLBACK_CLASSES } else { self.classes.value };
        format!(
            "--total-memory=$MEMORY_LIMIT{headroom} --loaded-class-count={classes} --thread-count={} \
             --jvm-options=\"$JAVA_OPTS\"",
            self.threads.value
        )
    }

    /// The first part of the start command.
    pub(super) fn command(&self, staging: &Staging<'_>) -> String {
        format!(
            "CALCULATED_MEMORY=$({} {}) && echo JVM Memory Configuration: $CALCULATED_MEMORY && \
             JAVA_OPTS=\"$JAVA_OPTS $CALCULATED_MEMORY\" && MALLOC_ARENA_MAX=2",
            staging.runtime(&self.path),
            self.arguments()
        )
    }

    /// A script that does the same for start commands of one's own.
    pub(super) fn script(&self, staging: &Staging<'_>) -> String {
        format!(
            "#!/bin/bash\n\
             # Sets JAVA_OPTS for the memory of this container: source it.\n\
             if [ -n \"$MEMORY_LIMIT\" ]; then\n  \
               CALCULATED_MEMORY=$({} {})\n  \
               echo \"JVM Memory Configuration: $CALCULATED_MEMORY\"\n  \
               export JAVA_OPTS=\"$JAVA_OPTS $CALCULATED_MEMORY\"\n\
             fi\n\
             export MALLOC_ARENA_MAX=2\n",
            staging.runtime(&self.path),
            self.arguments()
        )
    }
}

fn installed(staging: &Staging<'_>, version: &str, files: &mut Tree) -> Result<Content, Setback> {
    let failed = |error: &str| format!("failed to install memory calculator: {error}");
    let dependency = staging.install(KEY, version).map_err(|error| {
        files.folder("tmp/memory-calculator");
        Setback { reason: failed(&error.to_string()), fatal: error.is_fatal() }
    })?;
    let unopened =
        |error: DependencyError| Setback { reason: failed(&with_causes(&error)), fatal: error.is_unreadable() };
    let entries = dependency.open(staging.scratch).map_err(unopened)?;
    let named = |name: &&str| entries.iter().find(|entry| entry.path.as_str() == *name).and_then(Entry::content);
    let program = PROGRAMS.iter().find_map(named);
    program.cloned().ok_or_else(|| {
        let folder = staging.dep_dir.join("tmp/memory-calculator");
        Setback::from(format!("could not find memory calculator binary in {}", folder.display()))
    })
}

/// Says once more what the configuration holds that is not known, as finalizing reads it again.
pub(super) fn look_again(staging: &Staging<'_>, provider: &Provider) {
    let _ = configured(staging, provider);
}

/// Threads, head room and classes by configuration, else by default.
fn configured(staging: &Staging<'_>, provider: &Provider) -> (Given, Given, Given) {
    let (mut threads, mut headroom, mut classes) = (Given::default(THREADS), Given::default(0), Given::default(0));
    let positive = |config: &Config, name: &str| config.integer(name).filter(|value| *value > 0);
    let text = staging.variable(provider.variable);
    match part(text) {
        Ok(Some(config)) => {
            if let Some(objection) = config.objection() {
                staging.log.warning(&format!("Unknown fields in {} memory_calculator: {objection}", provider.variable));
            }
            if let Some(failure) = config.failure() {
                staging.log.warning(&format!("Failed to parse {}: {failure}", provider.variable));
            } else {
                threads = threads.or_configured(positive(&config, "stack_threads"));
                classes = classes.or_configured(positive(&config, "class_count"));
                headroom = headroom.or_configured(positive(&config, "headroom"));
            }
        }
        Ok(None) => {}
        Err(error) => staging.log.warning(&format!("Failed to parse {}: {error}", provider.variable)),
    }
    let number = |name: &str| staging.variable(name).parse().ok();
    threads = threads.or_configured(number("MEMORY_CALCULATOR_STACK_THREADS"));
    headroom = headroom.or_configured(number("MEMORY_CALCULATOR_HEADROOM"));
    (threads, headroom, classes)
}

/// The part `memory_calculator` of a runtime's configuration.
fn part(text: &str) -> Result<Option<Config>, yaml::YamlError> {
    let known = [("stack_threads", Wanted::Integer), ("class_count", Wanted::Integer), ("headroom", Wanted::Integer)];
    let Some(root) = yaml::parse(text)? else { return Ok(None) };
    let mut mismatches = Vec::new();
    let entries = root.entries("jres.openJDKJREConfig", &mut mismatches);
    if !mismatches.is_empty() {
        return Err(yaml::YamlError::Types(mismatches));
    }
    let part = entries.into_iter().find(|(name, value)| name == "memory_calculator" && !value.is_null());
    Ok(part.map(|(_, value)| Config::of(value, "jres.memoryCalculatorConfig", &known).with_sorted_lines()))
}

impl Calculator {
    /// Only for unit tests of commands.
    #[cfg(test)]
    fn with(classes: i64, threads: i64, headroom: i64) -> Self {
        let given = Given::default;
        let path = "jre/bin/java-buildpack-memory-calculator-4.2.0".to_owned();
        Self { path, classes: given(classes), threads: given(threads), headroom: given(headroom), named: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_room_and_a_fallback_for_classes_show_in_the_arguments() {
        assert_eq!(
            Calculator::with(14_775, 250, 0).arguments(),
            "--total-memory=$MEMORY_LIMIT --loaded-class-count=14775 --thread-count=250 --jvm-options=\"$JAVA_OPTS\""
        );
        assert_eq!(
            Calculator::with(0, 50, 10).arguments(),
            "--total-memory=$MEMORY_LIMIT --head-room=10 --loaded-class-count=6300 --thread-count=50 \
             --jvm-options=\"$JAVA_OPTS\""
        );
    }

    #[test]
    fn only_the_calculator_s_part_of_the_configuration_is_strict() {
        let config =
            part("{ jre: { version: 17.+ }, memory_calculator: { stack_threads: 10, heap: 1 } }").unwrap().unwrap();
        assert_eq!(config.integer("stack_threads"), Some(10));
        assert!(
            config
                .objection()
                .unwrap()
                .to_string()
                .ends_with("field heap not found in type jres.memoryCalculatorConfig")
        );
        assert!(part("{ jre: { version: 17.+ } }").unwrap().is_none());
        assert!(part("[a]").is_err());
    }
}
