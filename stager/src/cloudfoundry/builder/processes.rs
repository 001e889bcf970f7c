//! Process types and sidecars, from `launch.yml` files, the release script and the Procfile.

use std::io::ErrorKind;
use std::path::Path;

use buildpacks::files;

use super::super::system;
use super::super::yaml::{self, Mismatches, Node, YamlError};

/// A process, or a sidecar when it is one for any type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Process {
    /// Its type, or the sidecar's name.
    pub(super) kind: String,
    /// Its command.
    pub(super) command: String,
    /// The types it runs beside.
    pub(super) sidecar_for: Vec<String>,
    /// MiB of memory a sidecar may use; 0 for no limit.
    pub(super) memory: i64,
}

/// Every process, later ones of a type in the place of earlier ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Processes(Vec<Process>);

/// A `launch.yml` that is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum LaunchError {
    /// It cannot be read.
    #[error("open {path}: {reason}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// It is no YAML or has another shape.
    #[error(transparent)]
    Yaml(#[from] YamlError),
}

impl Processes {
    /// Adds processes, each replacing one of the same type in its place.
    pub(super) fn merge(&mut self, others: Vec<Process>) {
        for other in others {
            match self.0.iter_mut().find(|known| known.kind == other.kind) {
                Some(known) => *known = other,
                None => self.0.push(other),
            }
        }
    }

    /// The processes that are no sidecars, in order.
    pub(super) fn main(&self) -> impl Iterator<Item = &Process> {
        self.0.iter().filter(|process| process.sidecar_for.is_empty())
    }

    /// The sidecars, in order.
    pub(super) fn sidecars(&self) -> impl Iterator<Item = &Process> {
        self.0.iter().filter(|process| !process.sidecar_for.is_empty())
    }

    /// The command of the `web` process; empty without one.
    pub(super) fn web_command(&self) -> &str {
        self.main().find(|process| process.kind == "web").map_or("", |process| &process.command)
    }
}

/// Reads a `launch.yml`; none when there is no such file.
pub(super) fn read_launch(path: &Path) -> Result<Option<Vec<Process>>, LaunchError> {
    match files::read(path, files::DOCUMENT_BYTES) {
        Ok(bytes) => Ok(Some(parse_launch(&String::from_utf8_lossy(&bytes))?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LaunchError::Read { path: path.display().to_string(), reason: system::reason(&error) }),
    }
}

fn parse_launch(text: &str) -> Result<Vec<Process>, YamlError> {
    let Some(root) = yaml::parse(text)? else { return Ok(Vec::new()) };
    let mut mismatches = Vec::new();
    let mut processes = Vec::new();
    for (key, value) in root.entries("resources.LaunchData", &mut mismatches) {
        if key == "processes" {
            for item in value.items("[]resources.Process", &mut mismatches) {
                processes.push(process(item, &mut mismatches));
            }
        }
    }
    fitting(processes, mismatches)
}

fn process(node: &Node, mismatches: &mut Mismatches) -> Process {
    let mut process = Process::default();
    for (key, value) in node.entries("resources.Process", mismatches) {
        match key.as_str() {
            "type" => process.kind = value.text(mismatches).unwrap_or_default(),
            "command" => process.command = value.text(mismatches).unwrap_or_default(),
            "limits" => {
                for (key, value) in value.entries("resources.Limits", mismatches) {
                    if key == "memory" {
                        process.memory = value.integer(mismatches).unwrap_or_default();
                    }
                }
            }
            "platforms" => process.sidecar_for = sidecar_for(value, mismatches),
            _ => {}
        }
    }
    process
}

fn sidecar_for(platforms: &Node, mismatches: &mut Mismatches) -> Vec<String> {
    let mut types = Vec::new();
    for (key, platform) in platforms.entries("resources.Platforms", mismatches) {
        if key != "cloudfoundry" {
            continue;
        }
        for (key, value) in platform.entries("resources.CloudFoundry", mismatches) {
            if key == "sidecar_for" {
                types = value.items("[]string", mismatches).iter().filter_map(|item| item.text(mismatches)).collect();
            }
        }
    }
    types
}

/// The `default_process_types` of what a release script printed.
pub(super) fn parse_release(text: &str) -> Result<Vec<Process>, YamlError> {
    let Some(root) = yaml::parse(text)? else { return Ok(Vec::new()) };
    let mut mismatches = Vec::new();
    let mut processes = Vec::new();
    for (key, value) in root.entries("buildpackrunner.Release", &mut mismatches) {
        if key == "default_process_types" {
            processes = commands(value, &mut mismatches);
        }
    }
    fitting(processes, mismatches)
}

/// The processes of a Procfile; none when it is not valid.
pub(super) fn parse_procfile(text: &str) -> Option<Vec<Process>> {
    let Some(root) = yaml::parse(text).ok()? else { return Some(Vec::new()) };
    let mut mismatches = Vec::new();
    let processes = commands(&root, &mut mismatches);
    mismatches.is_empty().then_some(processes)
}

fn commands(node: &Node, mismatches: &mut Mismatches) -> Vec<Process> {
    let mut processes = Vec::new();
    for (kind, value) in node.entries("map[string]string", mismatches) {
        if let Some(command) = value.text(mismatches) {
            processes.push(Process { kind, command, ..Process::default() });
        }
    }
    processes
}

fn fitting(processes: Vec<Process>, mismatches: Mismatches) -> Result<Vec<Process>, YamlError> {
    if mismatches.is_empty() { Ok(processes) } else { Err(YamlError::Types(mismatches)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_processes_take_the_place_of_earlier_ones_and_of_sidecars() {
        let mut processes = Processes::default();
        let text = "processes:\n- {type: web, command: a}\n- type: relic\n  command: r\n  limits: {memory: 10}\n  \
                    platforms: {cloudfoundry: {sidecar_for: [web]}}\n- {type: task, command: t}\n";
        processes.merge(parse_launch(text).unwrap());
        assert_eq!(processes.sidecars().map(|p| (p.kind.as_str(), p.memory)).collect::<Vec<_>>(), [("relic", 10)]);
        processes.merge(parse_procfile("web: b\nrelic: c\n").unwrap());
        let kinds: Vec<_> = processes.main().map(|p| format!("{}={}", p.kind, p.command)).collect();
        assert_eq!(kinds, ["web=b", "relic=c", "task=t"]);
        assert_eq!(processes.web_command(), "b");
    }

    #[test]
    fn release_output_with_noise_is_refused() {
        assert_eq!(parse_release("--- {}\n"), Ok(Vec::new()));
        assert_eq!(parse_release(""), Ok(Vec::new()));
        let error = parse_release("---\ndefault_process_types:\n  web: [a, b]\n").unwrap_err().to_string();
        assert_eq!(error, "yaml: unmarshal errors:\n  line 3: cannot unmarshal !!seq into string");
        let error = parse_release("Loading\n---\n{}\n").unwrap_err().to_string();
        assert_eq!(
            error,
            "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `Loading` into buildpackrunner.Release"
        );
    }

    #[test]
    fn procfiles_that_are_no_maps_of_commands_are_refused() {
        for text in ["web: cmd: with colon\n", "- a\n", "web:echo\n", "web: [a]\n"] {
            assert_eq!(parse_procfile(text), None, "{text:?}");
        }
        assert_eq!(parse_procfile("").unwrap(), []);
    }
}
