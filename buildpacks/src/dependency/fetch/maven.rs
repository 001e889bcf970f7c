//! Artifacts by way of Maven itself: its settings, mirrors and credentials are its own business.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Attempt, Environment};
use crate::dependency::MavenCoordinates;

/// How much of Maven's output an error shows, lines.
const OUTPUT_LINES: usize = 4;

/// Lets Maven bring the artifact into its local repository; the path of the file there.
pub(super) fn resolve(coordinates: &MavenCoordinates, environment: &Environment) -> Result<PathBuf, Attempt> {
    let repository = environment.maven_repository().ok_or(Attempt::NoRepository)?;
    let program = environment
        .program("mvn")
        .ok_or_else(|| Attempt::NoMaven { coordinates: coordinates.to_string(), repository: repository.clone() })?;
    let mut command = Command::new(&program);
    command.args(["-q", "-B", "dependency:get", "-Dtransitive=false"]);
    command.arg(format!("-Dartifact={coordinates}"));
    if environment.maven_repository.is_some() {
        let mut option = std::ffi::OsString::from("-Dmaven.repo.local=");
        option.push(&repository);
        command.arg(option);
    }
    // a project's own settings must not matter
    command.current_dir("/").stdin(Stdio::null());
    let output = command.output().map_err(|source| Attempt::StartMaven { program, source })?;
    let path = repository.join(coordinates.repository_path());
    if output.status.success() && path.is_file() {
        return Ok(path);
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(OUTPUT_LINES).collect();
    let output = if lines.is_empty() { format!("it left no `{}`", path.display()) } else { lines.join(" ") };
    Err(Attempt::Maven { coordinates: coordinates.to_string(), output })
}
