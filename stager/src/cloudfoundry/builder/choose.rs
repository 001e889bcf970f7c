//! Which buildpack builds: by detection, or the last of the order after all others have supplied.

use std::ffi::OsStr;
use std::path::Path;

use super::super::output;
use super::builtin::{self, Buildpack, BuiltIn, FindError, LazyContext, Place, Preference};
use super::error::StageError;
use super::locate::LocateError;
use super::options::Options;
use super::script::{Script, ScriptError};
use super::supervision::Runner;
use super::workspace::Workspace;

/// The buildpack that builds.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    /// Its key.
    pub(super) key: String,
    /// Where it is.
    pub(super) buildpack: Buildpack,
    /// What its detect script printed; empty when detection was skipped.
    pub(super) detected: String,
    /// The folders below `deps` of the suppliers that are built in.
    pub(super) built_in: Vec<String>,
}

/// Runs the detect scripts in order; the first that ends with 0 wins.
pub(super) fn detect(
    options: &Options,
    workspace: &Workspace,
    runner: &Runner<'_>,
    context: &mut LazyContext<'_>,
) -> Result<Chosen, StageError> {
    for key in &options.order {
        let folder = match find(options, key, runner)? {
            Ok(Buildpack::Scripts(folder)) => folder,
            Ok(Buildpack::BuiltIn(built_in)) => {
                let context = context.open()?;
                let (index, cache) = (options.final_index(), options.final_cache());
                let place = place(options, workspace, runner, &index, &cache);
                if let Some(detected) = builtin::detect(place, context, &built_in)? {
                    return Ok(Chosen {
                        key: key.clone(),
                        buildpack: Buildpack::BuiltIn(built_in),
                        detected,
                        built_in: Vec::new(),
                    });
                }
                continue;
            }
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
                return Ok(Chosen {
                    key: key.clone(),
                    buildpack: Buildpack::Scripts(folder),
                    detected,
                    built_in: Vec::new(),
                });
            }
            Err(ScriptError::Isolation(error)) => return Err(error),
            Err(ScriptError::Unended(names)) => return Err(StageError::unended(&names)),
            Err(_) => {}
        }
    }
    Err(StageError::NothingDetected)
}

/// Runs the supply scripts of all buildpacks but the last, which is chosen.
pub(super) fn supply(
    options: &Options,
    workspace: &Workspace,
    runner: &Runner<'_>,
    context: &mut LazyContext<'_>,
) -> Result<Chosen, StageError> {
    let find = |key: &str| find(options, key, runner)?.map_err(|error| StageError::Supply(error.to_string()));
    let mut buildpacks = Vec::new();
    for key in options.supply_keys() {
        let buildpack = find(key)?;
        let supplies = match &buildpack {
            Buildpack::Scripts(folder) => Script::new(folder, "supply", key, runner).exists(),
            Buildpack::BuiltIn(built_in) => !matches!(built_in, BuiltIn::Third(_)),
        };
        if !supplies {
            return Err(StageError::NoSupplyScript);
        }
        buildpacks.push((key, buildpack));
    }
    let mut supplied = Vec::new();
    for (at, (key, buildpack)) in buildpacks.iter().enumerate() {
        let (cache, deps, index) = (options.supply_cache(key), workspace.deps(), options.deps_index(at));
        match buildpack {
            Buildpack::Scripts(folder) => {
                let build = options.build_dir.as_os_str();
                let arguments = [build, cache.as_os_str(), deps.as_os_str(), OsStr::new(&index)];
                let script = Script::new(folder, "supply", key, runner);
                script.run(&arguments).map_err(|error| error.within(StageError::Supply))?;
            }
            Buildpack::BuiltIn(built_in) => {
                builtin::supply(place(options, workspace, runner, &index, &cache), context.open()?, built_in)?;
                supplied.push(index);
            }
        }
    }
    let key = options.order.last().cloned().unwrap_or_default();
    let buildpack = find(&key)?;
    Ok(Chosen { key, buildpack, detected: String::new(), built_in: supplied })
}

/// Finds the buildpack of a key. What is wrong with the data of a Java buildpack is said at once: the contract's message
/// does not name it.
///
/// # Errors
/// When it cannot be found out; inside, when there is none.
fn find(options: &Options, key: &str, runner: &Runner<'_>) -> Result<Result<Buildpack, LocateError>, StageError> {
    match builtin::find(options.buildpacks_base(key), key, Preference::of(runner.surroundings)) {
        Ok(buildpack) => Ok(Ok(buildpack)),
        Err(FindError::None { error, cause }) => {
            if let Some(cause) = cause {
                output::error_line(&cause.line());
            }
            Ok(Err(error))
        }
        Err(FindError::Unknown(reason)) => {
            Err(StageError::Other(format!("Failed to read the files of buildpack '{key}': {reason}")))
        }
    }
}

fn place<'a>(
    options: &'a Options,
    workspace: &'a Workspace,
    runner: &'a Runner<'_>,
    index: &'a str,
    cache: &'a Path,
) -> Place<'a> {
    Place { options, workspace, surroundings: runner.surroundings, index, cache }
}
