//! Our additions after the layers' own environment: forwarded variables, `JAVA_OPTS`, and the JVM's memory.

use std::ffi::{OsStr, OsString};

use crate::environment::Environment;
use crate::failure::print_line;
use crate::memory::{self, Directories, LimitFiles};
use crate::metadata::{Forward, Stage};

/// The option that tracks native memory.
const TRACKING: &str = "-XX:NativeMemoryTracking=";

/// Does what `[stage]` asks for.
///
/// # Errors
/// When the JVM's memory cannot be sized; the cause has been printed.
pub(crate) fn apply(
    stage: &Stage,
    environment: &mut Environment,
    directories: Directories<'_>,
    limits: &LimitFiles,
) -> Result<(), String> {
    for forward in &stage.forwards {
        apply_forward(forward, environment);
    }
    if stage.java_opts {
        append_java_opts(environment);
    }
    if let Some(calculator) = stage.memory {
        memory::apply(environment, directories, limits, calculator)?;
    }
    Ok(())
}

/// The argument for a `java` that is to track its native memory, as `JAVA_TOOL_OPTIONS` asks: Java 8 takes it among its
/// arguments alone.
pub(crate) fn tracking(command: &OsStr, environment: &Environment) -> Option<String> {
    let options = environment.get("JAVA_TOOL_OPTIONS").and_then(OsStr::to_str).unwrap_or_default();
    let option = options.split_ascii_whitespace().rev().find(|word| word.starts_with(TRACKING))?;
    (command == "java").then(|| option.to_owned())
}

/// A variable that is set, even to nothing, is the user's word.
fn apply_forward(forward: &Forward, environment: &mut Environment) {
    if environment.get(&forward.to).is_some() {
        return;
    }
    if let Some(value) = environment.get(&forward.from).filter(|value| !value.is_empty()) {
        let value = value.to_owned();
        environment.set(forward.to.as_str(), value);
    }
}

/// As the helper `java-opts` of Paketo's libjvm does.
fn append_java_opts(environment: &mut Environment) {
    let Some(java_opts) = environment.get("JAVA_OPTS") else { return };
    let mut options = OsString::new();
    if let Some(current) = environment.get("JAVA_TOOL_OPTIONS") {
        options.push(current);
        options.push(" ");
    }
    options.push(java_opts);
    environment.set("JAVA_TOOL_OPTIONS", options);
    print_line("Adding $JAVA_OPTS to $JAVA_TOOL_OPTIONS");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwards() {
        let forward = Forward { from: "PORT".into(), to: "SERVER_PORT".into() };
        for (port, server_port, expected) in [
            (Some("80"), None, Some("80")),
            (Some("80"), Some("90"), Some("90")),
            (Some("80"), Some(""), Some("")),
            (Some(""), None, None),
            (None, None, None),
        ] {
            let mut environment = Environment::default();
            if let Some(value) = port {
                environment.set("PORT", value);
            }
            if let Some(value) = server_port {
                environment.set("SERVER_PORT", value);
            }
            apply_forward(&forward, &mut environment);
            assert_eq!(environment.get("SERVER_PORT"), expected.map(OsStr::new), "{port:?} {server_port:?}");
        }
    }

    #[test]
    fn tracking_is_asked_for_among_the_arguments() {
        for (command, options, expected) in [
            ("java", "-Xmx1g", None),
            ("java", "-XX:NativeMemoryTracking=summary -Xmx1g", Some("-XX:NativeMemoryTracking=summary")),
            ("java", "-XX:NativeMemoryTracking=a -XX:NativeMemoryTracking=b", Some("-XX:NativeMemoryTracking=b")),
            ("bash", "-XX:NativeMemoryTracking=summary", None),
        ] {
            let mut environment = Environment::default();
            environment.set("JAVA_TOOL_OPTIONS", options);
            assert_eq!(tracking(OsStr::new(command), &environment).as_deref(), expected, "{command} {options}");
        }
    }

    #[test]
    fn java_opts() {
        for (tool_options, java_opts, expected) in [
            (None, None, None),
            (Some("-Da"), None, Some("-Da")),
            (None, Some("-Db"), Some("-Db")),
            (Some("-Da"), Some("-Db"), Some("-Da -Db")),
        ] {
            let mut environment = Environment::default();
            if let Some(value) = tool_options {
                environment.set("JAVA_TOOL_OPTIONS", value);
            }
            if let Some(value) = java_opts {
                environment.set("JAVA_OPTS", value);
            }
            append_java_opts(&mut environment);
            assert_eq!(environment.get("JAVA_TOOL_OPTIONS"), expected.map(OsStr::new));
        }
    }
}
