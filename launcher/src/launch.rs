//! The launch, from start to exec.

use std::convert::Infallible;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use memcalc::files;

use crate::api::Version;
use crate::directory;
use crate::environment::Environment;
use crate::execd;
use crate::failure::{Failure, cause, path_error, print_line};
use crate::lookup;
use crate::memory::{Directories, LimitFiles};
use crate::metadata::Metadata;
use crate::process::{Selected, Selection};
use crate::shell::{self, Script};
use crate::stage;

/// Replaces this program by the application. Returns only if that fails.
///
/// # Errors
/// [`Failure`], not yet printed.
pub(crate) fn launch(
    arguments: &[OsString],
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    limits: &LimitFiles,
) -> Result<Infallible, Failure> {
    let variables: Vec<_> = variables.into_iter().collect();
    let contract = Contract::read(&variables)?;
    let metadata = read_metadata(&contract.layers)?;
    contract.warn();

    let (caller, arguments) =
        arguments.split_first().map_or((OsStr::new(""), arguments), |(caller, rest)| (caller, rest));
    let name = Path::new(caller).file_name().unwrap_or_default();
    let selection = Selection {
        metadata: &metadata,
        platform_api: contract.platform_api,
        exec_env: &contract.exec_env,
        name: name.to_str().unwrap_or_default(),
        arguments,
    };
    let process = selection.select().map_err(|cause| Failure::launch(format!("determine start command: {cause}")))?;
    let launch = Launch { contract: &contract, metadata: &metadata, process, caller };
    let environment = launch.prepare(Environment::new(variables), limits).map_err(Failure::launch)?;
    launch.exec(&environment).map_err(Failure::launch)
}

/// What the image's environment tells the launcher.
struct Contract {
    platform_api: Version,
    layers: PathBuf,
    app: PathBuf,
    exec_env: String,
    process_type: OsString,
}

impl Contract {
    /// Reads the `CNB_*` variables; empty ones count as not set.
    fn read(variables: &[(OsString, OsString)]) -> Result<Self, Failure> {
        let get = |name: &str| {
            let found = variables.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_os_str());
            found.unwrap_or_default()
        };
        let or = |name: &str, default: &str| {
            let value = get(name);
            if value.is_empty() { OsString::from(default) } else { value.to_owned() }
        };
        Ok(Self {
            platform_api: platform_api(&get("CNB_PLATFORM_API").to_string_lossy())?,
            layers: or("CNB_LAYERS_DIR", "/layers").into(),
            app: or("CNB_APP_DIR", "/workspace").into(),
            exec_env: or("CNB_EXEC_ENV", "production").to_string_lossy().into_owned(),
            process_type: get("CNB_PROCESS_TYPE").to_owned(),
        })
    }

    /// Process types are chosen by name since Platform API 0.4; who still sets the variable shall know.
    fn warn(&self) {
        if self.process_type.is_empty() {
            return;
        }
        let kind = self.process_type.display();
        print_line(&format!("Warning: CNB_PROCESS_TYPE is not supported in Platform API {}", self.platform_api));
        print_line(&format!("Warning: Run with ENTRYPOINT '{kind}' to invoke the '{kind}' process type"));
    }
}

fn platform_api(text: &str) -> Result<Version, Failure> {
    if text.trim().is_empty() {
        let message = "failed to get platform API version; please set 'CNB_PLATFORM_API' to specify the desired platform API version";
        return Err(Failure::platform_api(message.to_owned()));
    }
    let version =
        Version::parse(text).ok_or_else(|| Failure::platform_api(format!("failed to parse platform API '{text}'")))?;
    if version.is_supported_platform() {
        return Ok(version);
    }
    Err(Failure::platform_api(format!(
        "failed to set platform API: platform API version '{text}' is incompatible with the lifecycle"
    )))
}

fn read_metadata(layers: &Path) -> Result<Metadata, Failure> {
    let path = layers.join("config/metadata.toml");
    let failed = |error: &io::Error| Failure::metadata(path_error("open", &path, error));
    let bytes = files::read(&path, files::DOCUMENT_BYTES).map_err(|error| failed(&error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| failed(&io::Error::new(io::ErrorKind::InvalidData, "stream did not contain valid UTF-8")))?;
    let metadata = Metadata::parse(&text).map_err(Failure::metadata)?;
    for buildpack in &metadata.buildpacks {
        let (id, api) = (&buildpack.id, &buildpack.api);
        let version = Version::parse(api).ok_or_else(|| {
            Failure::buildpack_api(format!("failed to parse buildpack API '{api}' for buildpack '{id}'"))
        })?;
        if !version.is_supported_buildpack() {
            return Err(Failure::buildpack_api(format!(
                "failed to set API for buildpack '{id}': buildpack API version '{api}' is incompatible with the lifecycle"
            )));
        }
    }
    Ok(metadata)
}

/// A launch whose process is chosen.
struct Launch<'a> {
    contract: &'a Contract,
    metadata: &'a Metadata,
    process: Selected,
    caller: &'a OsStr,
}

impl Launch<'_> {
    /// Makes the application's environment.
    fn prepare(&self, mut environment: Environment, limits: &LimitFiles) -> Result<Environment, String> {
        change_directory(&self.contract.app).map_err(|cause| format!("change to app directory: {cause}"))?;
        for buildpack in self.buildpacks()? {
            self.apply_layers(&buildpack, &mut environment).map_err(|cause| format!("modify env: {cause}"))?;
        }
        for layer in self.layers()? {
            self.run_programs(&layer, &mut environment).map_err(|cause| format!("exec.d: {cause}"))?;
        }
        let directories = Directories { app: &self.contract.app, layers: &self.contract.layers };
        stage::apply(&self.metadata.stage, &mut environment, directories, limits)?;
        Ok(environment)
    }

    /// The directories of the buildpacks that have one, in the order of the metadata.
    fn buildpacks(&self) -> Result<Vec<PathBuf>, String> {
        let mut directories = Vec::new();
        for buildpack in &self.metadata.buildpacks {
            let path = self.contract.layers.join(buildpack.directory());
            match fs::metadata(&path) {
                Ok(_) => directories.push(path),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(format!("find buildpack directory: {}", path_error("stat", &path, &error))),
            }
        }
        Ok(directories)
    }

    /// All layers, by buildpack and name.
    fn layers(&self) -> Result<Vec<PathBuf>, String> {
        let mut layers = Vec::new();
        for buildpack in self.buildpacks()? {
            layers.extend(directory::directories(&buildpack)?);
        }
        Ok(layers)
    }

    /// First the `bin` and `lib` of all layers of a buildpack, then the environment files of each.
    fn apply_layers(&self, buildpack: &Path, environment: &mut Environment) -> Result<(), String> {
        let layers = directory::directories(buildpack)?;
        for layer in &layers {
            environment.add_roots(layer).map_err(|cause| format!("add layer root: {cause}"))?;
        }
        for layer in &layers {
            let launch = layer.join("env.launch");
            let mut directories = vec![layer.join("env"), launch.clone()];
            if !self.process.kind.is_empty() {
                directories.push(launch.join(&self.process.kind));
            }
            for directory in directories {
                environment.add_directory(&directory).map_err(|cause| format!("add layer env: {cause}"))?;
            }
        }
        Ok(())
    }

    /// Runs the exec.d programs of a layer, then those for the process type.
    fn run_programs(&self, layer: &Path, environment: &mut Environment) -> Result<(), String> {
        let common = layer.join("exec.d");
        for program in directory::files(&common)? {
            execd::run(&program, environment)?;
        }
        if !self.process.kind.is_empty() {
            for program in directory::files(&common.join(&self.process.kind))? {
                execd::run(&program, environment)?;
            }
        }
        Ok(())
    }

    fn exec(&self, environment: &Environment) -> Result<Infallible, String> {
        if self.process.direct { self.exec_directly(environment) } else { self.exec_in_shell(environment) }
    }

    fn working_dir(&self) -> &Path {
        if self.process.working_dir.is_empty() { &self.contract.app } else { Path::new(&self.process.working_dir) }
    }

    fn exec_directly(&self, environment: &Environment) -> Result<Infallible, String> {
        let [name, fixed @ ..] = self.process.command.as_slice() else {
            return Err(format!("no command provided for process type \"{}\"", self.process.kind));
        };
        let path = environment.get("PATH").unwrap_or_default();
        let program = lookup::program(name, path).map_err(|cause| format!("path lookup: {cause}"))?;
        change_directory(self.working_dir()).map_err(|cause| format!("change directory: {cause}"))?;
        let mut command = Command::new(program);
        command.arg0(name);
        if self.metadata.stage.java_opts {
            command.args(stage::tracking(name, environment));
        }
        command.args(fixed).args(&self.process.args);
        Err(format!("direct exec: {}", replace(command, environment)))
    }

    fn exec_in_shell(&self, environment: &Environment) -> Result<Infallible, String> {
        let mut profiles = Vec::new();
        let failed = |cause| format!("find profiles: {cause}");
        for layer in self.layers().map_err(failed)? {
            profiles.extend(shell::layer_profiles(&layer, &self.process.kind).map_err(failed)?);
        }
        profiles.extend(shell::application_profile(&self.contract.app).map_err(failed)?);
        self.check_buildpack()?;
        let script = Script {
            profiles: &profiles,
            working_dir: self.working_dir(),
            caller: self.caller,
            command: &self.process.command.join(OsStr::new(" ")),
            args: &self.process.args,
        };
        let mut command = Command::new("/bin/bash");
        command.arg0("bash").args(script.arguments());
        Err(format!("bash exec: {}", replace(command, environment)))
    }

    /// The original needs the buildpack's API where there are arguments; an image that lacks it is broken.
    fn check_buildpack(&self) -> Result<(), String> {
        let id = &self.process.buildpack_id;
        let is_known = self.metadata.buildpacks.iter().any(|buildpack| buildpack.id == *id);
        if self.process.args.is_empty() || id.is_empty() || is_known {
            return Ok(());
        }
        Err(format!("process type '{}' provided by unknown buildpack '{id}'", self.process.kind))
    }
}

fn change_directory(path: &Path) -> Result<(), String> {
    env::set_current_dir(path).map_err(|error| path_error("chdir", path, &error))
}

/// Replaces this program. Signal handling is back at its defaults for the new one.
fn replace(mut command: Command, environment: &Environment) -> String {
    let error = command.env_clear().envs(environment.iter()).exec();
    cause(&error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_apis() {
        for (text, expected) in [
            ("0.14", None),
            ("v0.7", None),
            (
                "",
                Some(
                    "failed to get platform API version; please set 'CNB_PLATFORM_API' to specify the desired platform API version",
                ),
            ),
            (
                " ",
                Some(
                    "failed to get platform API version; please set 'CNB_PLATFORM_API' to specify the desired platform API version",
                ),
            ),
            ("x", Some("failed to parse platform API 'x'")),
            ("9.9", Some("failed to set platform API: platform API version '9.9' is incompatible with the lifecycle")),
        ] {
            let failure = platform_api(text).err();
            assert_eq!(failure.as_ref().map(Failure::parts), expected.map(|message| (11, message)), "{text}");
        }
    }

    #[test]
    fn the_contract_has_defaults_and_the_last_variable_wins() {
        let variable = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
        let contract = Contract::read(&[
            variable("CNB_PLATFORM_API", "0.7"),
            variable("CNB_PLATFORM_API", "0.14"),
            variable("CNB_APP_DIR", ""),
        ])
        .ok()
        .unwrap();
        assert_eq!(contract.platform_api, Version::zero(14));
        assert_eq!((contract.layers.to_str(), contract.app.to_str()), (Some("/layers"), Some("/workspace")));
        assert_eq!(contract.exec_env, "production");
    }
}
