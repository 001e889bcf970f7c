//! Which buildpack builds: by detection, or the last of the order after all others have supplied.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::super::output;
use super::error::StageError;
use super::locate::locate;
use super::options::Options;
use super::script::{Script, ScriptError};
use super::supervision::Runner;
use super::workspace::Workspace;

/// The buildpack that builds.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    /// Its key.
    pub(super) key: String,
    /// Its folder.
    pub(super) folder: PathBuf,
    /// What its detect script printed; empty when detection was skipped.
    pub(super) detected: String,
}

/// Runs the detect scripts in order; the first that ends with 0 wins.
pub(super) fn detect(options: &Options, runner: &Runner<'_>) -> Result<Chosen, StageError> {
    for key in &options.order {
        let folder = match locate(options.buildpacks_base(key), key) {
            Ok(folder) => folder,
            Err(error) => {
                output::error_line(&error.to_string());
                continue;
            }
        };
        let script = Script::new(&folder, "detect", key, runner);
        match script.executable() {
            Err(message) => {
                output::error_line(&message);
                continue;
            }
            Ok(false) => output::out("WARNING: buildpack script '/bin/detect' is not executable\n"),
            Ok(true) => {}
        }
        match script.output(&[options.build_dir.as_os_str()]) {
            Ok(bytes) => {
                let detected = String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned();
                return Ok(Chosen { key: key.clone(), folder, detected });
            }
            Err(ScriptError::Isolation(error)) => return Err(error),
            Err(_) => {}
        }
    }
    Err(StageError::NothingDetected)
}

/// Runs the supply scripts of all buildpacks but the last, which is chosen.
pub(super) fn supply(options: &Options, workspace: &Workspace, runner: &Runner<'_>) -> Result<Chosen, StageError> {
    let find =
        |key: &str| locate(options.buildpacks_base(key), key).map_err(|error| StageError::Supply(error.to_string()));
    let mut folders = Vec::new();
    for key in options.supply_keys() {
        let folder = find(key)?;
        if !Script::new(&folder, "supply", key, runner).exists() {
            return Err(StageError::NoSupplyScript);
        }
        folders.push((key, folder));
    }
    for (at, (key, folder)) in folders.iter().enumerate() {
        let (cache, deps, index) = (options.supply_cache(key), workspace.deps(), options.deps_index(at));
        let arguments = [options.build_dir.as_os_str(), cache.as_os_str(), deps.as_os_str(), OsStr::new(&index)];
        let script = Script::new(folder, "supply", key, runner);
        script.run(&arguments).map_err(|error| error.within(StageError::Supply))?;
    }
    let key = options.order.last().cloned().unwrap_or_default();
    let folder = find(&key)?;
    Ok(Chosen { key, folder, detected: String::new() })
}
