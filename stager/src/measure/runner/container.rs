//! An image in a container, by podman or a program with its command line.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use std::os::unix::process::CommandExt as _;

use super::{Ended, RunError, Start, is_alive, last_lines};

/// Engines that are looked for, in this order.
const ENGINES: [&str; 2] = ["podman", "docker"];

/// A container engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine(PathBuf);

impl Engine {
    /// This program.
    pub fn named(program: PathBuf) -> Self {
        Self(program)
    }

    /// The first there is in the search path.
    pub fn find(search_path: &OsStr) -> Option<Self> {
        let folders: Vec<_> = std::env::split_paths(search_path).collect();
        let places = ENGINES.into_iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        places.into_iter().find(|path| path.is_file()).map(Self)
    }

    /// Its name, for messages.
    pub fn name(&self) -> String {
        self.0.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, RunError> {
        let failed = |reason: String| {
            let words = arguments.iter().take(2).copied().collect::<Vec<_>>().join(" ");
            RunError::Engine { command: format!("{} {words}", self.0.display()), reason }
        };
        // In a group of its own: Ctrl-C is for us, who then remove what the engine has made.
        let output = Command::new(&self.0).args(arguments).process_group(0).output();
        let output = output.map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            return Ok(output);
        }
        Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }

    /// As [`Engine::run`]: the first standard output's text.
    fn ask(&self, arguments: &[&str]) -> Result<String, RunError> {
        Ok(String::from_utf8_lossy(&self.run(arguments)?.stdout).trim().to_owned())
    }
}

/// A name that no other container has: that of the folder with the archive, which is this run's alone.
fn name(archive: &Path) -> String {
    let folder = archive.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let plain = folder.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    format!("{plain}-{}", std::process::id())
}

/// A container on the host's network; it and its image are removed with the value.
#[derive(Debug)]
pub struct Container {
    engine: Engine,
    image: String,
    /// What we call it, so that it can be removed whatever the engine has said.
    name: String,
    pid: u32,
}

impl Container {
    /// Loads the OCI archive and runs it within the limit, without swap.
    ///
    /// # Errors
    /// [`RunError::Engine`] with what the engine said.
    pub fn start(engine: &Engine, archive: &Path, start: &Start) -> Result<Self, RunError> {
        let said = engine.ask(&["load", "--quiet", "--input", &archive.to_string_lossy()])?;
        let image = said.lines().rev().find_map(|line| line.split_once(": ")).map_or(said.as_str(), |(_, name)| name);
        let image = image.trim().to_owned();
        let mut container = Self { engine: engine.clone(), image, name: name(archive), pid: 0 };
        let limit = start.limit.to_string();
        let variables: Vec<String> =
            start.environment.iter().map(|(name, value)| format!("--env={name}={value}")).collect();
        let mut arguments = vec!["run", "--detach", "--name", &container.name, "--network", "host"];
        arguments.extend(["--memory", &limit, "--memory-swap", &limit]);
        arguments.extend(variables.iter().map(String::as_str));
        arguments.push(&container.image);
        engine.ask(&arguments)?;
        let pid = engine.ask(&["inspect", "--format", "{{.State.Pid}}", &container.name])?;
        container.pid = pid.parse().unwrap_or(0);
        Ok(container)
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        // The engine is asked only when the process is gone: asking it takes longer than looking.
        if self.pid != 0 && is_alive(self.pid) {
            return None;
        }
        let format = "{{.State.Running}} {{.State.ExitCode}} {{.State.OOMKilled}}";
        let said = self.engine.ask(&["inspect", "--format", format, &self.name]).unwrap_or_default();
        match said.split(' ').collect::<Vec<_>>().as_slice() {
            ["true", ..] => None,
            [_, code, killed] => {
                let code = code.parse().unwrap_or(-1);
                Some(Ended { code, out_of_memory: *killed == "true" || code == 137 })
            }
            _ => Some(Ended { code: -1, out_of_memory: false }),
        }
    }

    pub(super) fn log(&self) -> Vec<String> {
        let Ok(output) = self.engine.run(&["logs", &self.name]) else { return Vec::new() };
        last_lines(&[output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat())
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // Killed first: removing waits for an end in good order.
        drop(self.engine.run(&["kill", &self.name]));
        drop(self.engine.run(&["rm", "--force", &self.name]));
        drop(self.engine.run(&["rmi", "--force", &self.image]));
    }
}
