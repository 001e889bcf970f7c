//! Our additions after the layers' own environment: forwarded variables, `JAVA_OPTS`, and the JVM's memory.

use std::ffi::OsString;

use crate::environment::Environment;
use crate::failure::print_line;
use crate::memory::{self, Directories, LimitFiles};
use crate::metadata::{Forward, Stage};

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
    use std::ffi::OsStr;

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
