//! How many classes will be loaded: 35 percent of all there are.

use super::Environment;
use crate::{go, shellwords};

/// Share of all classes expected to be loaded (the original's class load factor).
pub const LOAD_FACTOR: f64 = 0.35;

/// Classes found in Java agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentClasses {
    /// Number of classes.
    pub classes: i64,
    /// Agents whose file does not exist.
    pub skipped: i64,
    /// Agents that are there and were not looked into.
    pub uncounted: i64,
    /// Bytes of those.
    pub uncounted_bytes: i64,
}

impl AgentClasses {
    /// Adds an agent that is not looked into, by the bytes of its file; none where it is not there.
    pub fn uncount(&mut self, bytes: Option<i64>) {
        match bytes {
            Some(bytes) => {
                self.uncounted += 1;
                self.uncounted_bytes = self.uncounted_bytes.saturating_add(bytes);
            }
            None => self.skipped += 1,
        }
    }
}

/// The file of an agent, of what follows `-javaagent:`: behind `=` is what the agent is told.
pub fn agent_file(path: &str) -> &str {
    path.split_once('=').map_or(path, |(file, _)| file)
}

/// Who counts classes. Called only when `BPL_JVM_LOADED_CLASS_COUNT` is not set.
pub trait ClassSource {
    /// Counts the classes of the agents whose paths `JAVA_TOOL_OPTIONS` names; called only if there are any.
    ///
    /// # Errors
    /// The text of the cause, without the leading `error counting agent jar classes`.
    fn agents(&self, paths: &[&str]) -> Result<AgentClasses, String>;

    /// Counts the classes of the application at `path` (`BPI_APPLICATION_PATH`).
    ///
    /// # Errors
    /// The text of the cause, without the leading `unable to determine class count`.
    fn application(&self, path: &str) -> Result<i64, String>;

    /// How many of the application's classes are usually loaded, by the libraries they belong to, where that is known. Not
    /// the original's; only [`crate::fit`] asks.
    ///
    /// # Errors
    /// As for [`Self::application`].
    fn likely(&self, _path: &str) -> Result<Option<i64>, String> {
        Ok(None)
    }
}

/// Counts known from earlier, for example from building the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownClasses {
    /// Classes of the application.
    pub application: i64,
    /// Classes of all Java agents.
    pub agents: i64,
    /// Classes of the application that are usually loaded, where that is known.
    pub likely: Option<i64>,
}

impl ClassSource for KnownClasses {
    fn agents(&self, _paths: &[&str]) -> Result<AgentClasses, String> {
        Ok(AgentClasses { classes: self.agents, ..AgentClasses::default() })
    }

    fn application(&self, _path: &str) -> Result<i64, String> {
        Ok(self.application)
    }

    fn likely(&self, _path: &str) -> Result<Option<i64>, String> {
        Ok(self.likely)
    }
}

/// Number of classes expected to be loaded, of so many in the Java runtime and the rest.
pub fn loaded_classes(jvm: i64, known: KnownClasses) -> i64 {
    share(jvm.wrapping_add(known.application).wrapping_add(known.agents), 100)
}

/// The classes expected to be loaded, of `percent` of all; the order of the factors shows in the result.
fn share(all: i64, percent: u32) -> i64 {
    go::trunc(go::float(all) * (f64::from(percent) / 100.0) * LOAD_FACTOR)
}

/// Number of classes expected to be loaded, from the variables.
pub(super) fn loaded(
    environment: &Environment<'_>,
    source: &dyn ClassSource,
    log: &mut Vec<String>,
) -> Result<i64, String> {
    let path = environment.application_path.ok_or("$BPI_APPLICATION_PATH must be set")?;
    let jvm = environment.jvm_class_count.ok_or("$BPI_JVM_CLASS_COUNT must be set")?;
    let jvm = super::integer("BPI_JVM_CLASS_COUNT", jvm)?;
    let found = agents(environment, source)?;
    warn_of(found.skipped + found.uncounted, log);
    let agents = found.classes;
    let (percent, added) = adjustment(environment.class_adjustment)?;
    let application = source.application(path).map_err(|error| format!("unable to determine class count\n{error}"))?;
    if environment.debugging() {
        log.push(format!("Memory Calculation: ({percent}% * ({jvm} + {application} + {agents} + {added})) * 0.35"));
    }
    let all = jvm.wrapping_add(application).wrapping_add(agents).wrapping_add(added);
    Ok(share(all, percent))
}

/// Classes of the application and its agents, without those of the Java runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// All of them.
    pub(crate) present: i64,
    /// Those that are usually loaded, where that is known.
    pub(crate) likely: Option<i64>,
    /// Bytes of agents that were not looked into. What their size lets expect is part of both.
    pub(crate) uncounted_agents: i64,
}

/// Thousandths of an agent's classes that it loads: OpenTelemetry 2.30.0 had most, 316; Datadog 1.64.1 had 229. As many count
/// of classes that the user adds, where the original has 35 percent of all.
const AGENT_SHARE: i64 = 330;
/// An agent has a class for so many bytes: OpenTelemetry 2.30.0 for 1,711, Datadog 1.64.1 for 1,984.
const AGENT_CLASS_BYTES: i64 = 1_700;
/// No agents have more: what is said to be larger is no jar.
const MOST_AGENT_CLASSES: i64 = 1_000_000;

/// Counts from the variables, adjusted as the user wants.
pub(crate) fn counted(
    environment: &Environment<'_>,
    source: &dyn ClassSource,
    log: &mut Vec<String>,
) -> Result<Counted, String> {
    let found = agents(environment, source)?;
    warn_of(found.skipped, log);
    let (percent, added) = adjustment(environment.class_adjustment)?;
    let path = environment.application_path.unwrap_or_default();
    let undetermined = |error: String| format!("unable to determine class count\n{error}");
    let application = source.application(path).map_err(undetermined)?;
    let likely = source.likely(path).map_err(undetermined)?;
    let agents = i128::from(found.classes) + i128::from(present_in_agents(found.uncounted_bytes));
    let adjusted = |application: i64, agents: i128, added: i128| {
        let all = i128::from(application) + agents + added;
        i64::try_from(all * i128::from(percent) / 100).unwrap_or(i64::MAX)
    };
    Ok(Counted {
        present: adjusted(application, agents, i128::from(added)),
        likely: likely.map(|likely| {
            let share = |classes: i128| classes * i128::from(AGENT_SHARE) / 1000;
            adjusted(likely, share(agents), share(i128::from(added)))
        }),
        uncounted_agents: found.uncounted_bytes,
    })
}

/// Classes in agents of so many bytes.
fn present_in_agents(bytes: i64) -> i64 {
    (bytes / AGENT_CLASS_BYTES).clamp(0, MOST_AGENT_CLASSES)
}

/// Classes that agents of so many bytes load.
pub(crate) fn loaded_of_agents(bytes: i64) -> i64 {
    present_in_agents(bytes) * AGENT_SHARE / 1000
}

/// What follows `-javaagent:` in the options, up to a colon.
///
/// # Errors
/// The text of the cause.
pub fn agent_paths(options: &str) -> Result<Vec<String>, String> {
    let words = shellwords::split(options).map_err(|error| format!("unable to parse $JAVA_TOOL_OPTIONS\n{error}"))?;
    let agents = words.iter().filter_map(|word| word.strip_prefix("-javaagent:"));
    Ok(agents.map(|rest| rest.split(':').next().unwrap_or_default().to_owned()).collect())
}

fn agents(environment: &Environment<'_>, source: &dyn ClassSource) -> Result<AgentClasses, String> {
    let paths = agent_paths(environment.java_tool_options.unwrap_or_default())?;
    if paths.is_empty() {
        return Ok(AgentClasses::default());
    }
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    // The blank before the line break is the original's.
    source.agents(&paths).map_err(|error| format!("error counting agent jar classes \n{error}"))
}

fn warn_of(skipped: i64, log: &mut Vec<String>) {
    if skipped > 0 {
        log.push(format!(
            "WARNING: could not count classes from all agent jars (skipped {skipped}), class count and metaspace may not be sized correctly"
        ));
    }
}

/// Percent to scale by, and number to add before.
fn adjustment(text: Option<&str>) -> Result<(u32, i64), String> {
    let Some(text) = text else { return Ok((100, 0)) };
    if let Some(percent) = text.strip_suffix('%') {
        let percent = go::parse_uint32(percent)
            .map_err(|error| format!("unable to parse $BPL_JVM_CLASS_ADJUSTMENT {text} as a percentage\n{error}"))?;
        return Ok((percent, 0));
    }
    let added = go::parse_int("Atoi", text)
        .map_err(|error| format!("unable to parse $BPL_JVM_CLASS_ADJUSTMENT {text} as an integer\n{error}"))?;
    Ok((100, added))
}
