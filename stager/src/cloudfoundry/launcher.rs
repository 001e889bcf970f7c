//! `launcher`: starts the application of a droplet.

use std::ffi::OsString;
use std::path::Path;

use super::credhub::Attempts;
use super::flags::{self, Outcome};
use super::staging_info::StagingInfo;
use super::{Surroundings, bash, environment, output};

/// Exit codes of the launcher's own failures.
const FAILED: u8 = 1;
const ENVIRONMENT_FAILED: u8 = 3;
const EXEC_FAILED: u8 = 4;

/// Becomes the application; returns an exit code only when that fails. `arguments` are the application's folder, the
/// start command, and a text that is not used.
pub fn launch(arguments: &[OsString], mut surroundings: Surroundings) -> u8 {
    let program = surroundings.program.to_string_lossy().into_owned();
    let [folder, command, rest @ ..] = arguments else {
        return too_few(&program, arguments.len());
    };
    if rest.is_empty() {
        return too_few(&program, arguments.len());
    }
    let mut attempts = Attempts::default();
    match flags::credhub("launcher", rest, &mut attempts) {
        Outcome::Run => {}
        Outcome::Exit(code) => return code,
    }
    let info = match StagingInfo::read(&surroundings.current_dir) {
        Ok(info) => info,
        Err(error) => {
            output::error(&format!("Invalid staging info - {error}"));
            return FAILED;
        }
    };
    let command = if command.is_empty() { OsString::from(info.start_command) } else { command.clone() };
    if command.is_empty() {
        output::error(&format!("{program}: no start command specified or detected in droplet"));
        return FAILED;
    }
    let app = surroundings.absolute(Path::new(folder));
    if let Err(error) = environment::prepare(&mut surroundings, &app, attempts) {
        output::error(&error.to_string());
        return ENVIRONMENT_FAILED;
    }
    let script = bash::launcher_script(&info.entrypoint_prefix);
    let error = bash::replace_process(&surroundings, &script, &app, &command);
    output::error(&format!("{program}: failed to start /bin/bash: {}", super::system::reason(&error)));
    EXEC_FAILED
}

fn too_few(program: &str, count: usize) -> u8 {
    output::error(&format!(
        "{program}: received only {count} arguments\nUsage: {program} <app-directory> <start-command> <metadata>"
    ));
    FAILED
}
