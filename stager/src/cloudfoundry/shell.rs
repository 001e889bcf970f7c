//! `shell`: opens an interactive shell in the container of an application.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::credhub::Attempts;
use super::flags::{self, Outcome};
use super::{Surroundings, bash, environment, output};

/// Exit code of every failure.
const FAILED: u8 = 1;

/// Becomes the shell; returns an exit code only when that fails. `arguments` are the application's folder, by default
/// `$HOME/app`, and the command, by default `bash`.
pub fn open_shell(arguments: &[OsString], mut surroundings: Surroundings) -> u8 {
    let (folder, missing) = match arguments.first() {
        Some(folder) => (PathBuf::from(folder), "Provided app direcory does not exist"),
        None => (Path::new(surroundings.text("HOME")).join("app"), "Could not infer app directory, please provide one"),
    };
    if folder.as_os_str().is_empty() || fs_err::metadata(surroundings.current_dir.join(&folder)).is_err() {
        output::error(missing);
        return FAILED;
    }
    let command = arguments.get(1).map_or(OsStr::new("bash"), OsString::as_os_str).to_owned();
    let mut attempts = Attempts::default();
    match flags::credhub("shell", arguments.get(2..).unwrap_or_default(), &mut attempts) {
        Outcome::Run => {}
        Outcome::Exit(code) => return code,
    }
    let app = surroundings.absolute(&folder);
    if let Err(error) = environment::prepare(&mut surroundings, &app, attempts) {
        output::error(&error.to_string());
        return FAILED;
    }
    let error = bash::replace_process(&surroundings, &bash::shell_script(), &app, &command);
    output::error(&super::system::reason(&error));
    FAILED
}
