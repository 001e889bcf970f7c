//! Processes that want a shell: the command line for `/bin/bash`.
//!
//! One bash sources the profile scripts, changes to the working directory and is replaced by a second, which runs the
//! command: as a script if there are no arguments, else as a program whose name and arguments are expanded one by one.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::directory;
use crate::failure::path_error;

/// The application's own profile script.
const APPLICATION_PROFILE: &str = ".profile";

/// What the shell shall do.
pub(crate) struct Script<'a> {
    /// Scripts to source first.
    pub(crate) profiles: &'a [PathBuf],
    /// Where the command starts.
    pub(crate) working_dir: &'a Path,
    /// The name the launcher was started by.
    pub(crate) caller: &'a OsStr,
    /// The program, or a whole script if there are no arguments.
    pub(crate) command: &'a OsStr,
    /// The arguments.
    pub(crate) args: &'a [OsString],
}

impl Script<'_> {
    /// The arguments of bash, without its own name.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        let mut text = OsString::new();
        for profile in self.profiles {
            text.push("source \"");
            text.push(profile);
            text.push("\"\n");
        }
        text.push("cd \"");
        text.push(self.working_dir);
        text.push("\"\n");
        text.push(if self.args.is_empty() { "exec bash -c \"$@\"".to_owned() } else { tokens(self.args.len()) });
        let mut arguments = vec![OsString::from("-c"), text, self.caller.to_owned(), self.command.to_owned()];
        arguments.extend_from_slice(self.args);
        arguments
    }
}

/// The script of the second bash: expands the command and each argument.
fn tokens(arguments: usize) -> String {
    let mut script = String::from(r#"exec bash -c '"$(eval echo \"$0\")""#);
    for index in 1..=arguments {
        script.push_str(r#" "$(eval echo \"${"#);
        script.push_str(&index.to_string());
        script.push_str(r#"}\")""#);
    }
    script.push_str(r#"' "${@:1}""#);
    script
}

/// The profile scripts of a layer, for a process type.
///
/// # Errors
/// When a directory cannot be listed.
pub(crate) fn layer_profiles(layer: &Path, kind: &str) -> Result<Vec<PathBuf>, String> {
    let common = layer.join("profile.d");
    let mut profiles = directory::files(&common)?;
    if !kind.is_empty() {
        profiles.extend(directory::files(&common.join(kind))?);
    }
    Ok(profiles)
}

/// The application's own profile script, if it has one.
///
/// # Errors
/// When it cannot be determined.
pub(crate) fn application_profile(app: &Path) -> Result<Option<PathBuf>, String> {
    let path = app.join(APPLICATION_PROFILE);
    match fs::metadata(&path) {
        Ok(found) if found.is_dir() => Ok(None),
        Ok(_) => Ok(Some(PathBuf::from(APPLICATION_PROFILE))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let cause = path_error("stat", &path, &error);
            Err(format!("failed to determine if app profile script exists at path '{}': {cause}", path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_arguments_the_command_is_a_script() {
        let profiles = [PathBuf::from("/l/p.sh"), PathBuf::from(".profile")];
        let script = Script {
            profiles: &profiles,
            working_dir: Path::new("/workspace"),
            caller: OsStr::new("/cnb/process/web"),
            command: OsStr::new("a && b"),
            args: &[],
        };
        let text = "source \"/l/p.sh\"\nsource \".profile\"\ncd \"/workspace\"\nexec bash -c \"$@\"";
        assert_eq!(script.arguments(), ["-c", text, "/cnb/process/web", "a && b"]);
    }

    #[test]
    fn with_arguments_each_is_expanded() {
        let args = [OsString::from("x"), OsString::from("y")];
        let script = Script {
            profiles: &[],
            working_dir: Path::new("/w"),
            caller: OsStr::new("self"),
            command: OsStr::new("c"),
            args: &args,
        };
        let text = "cd \"/w\"\nexec bash -c '\"$(eval echo \\\"$0\\\")\" \"$(eval echo \\\"${1}\\\")\" \"$(eval echo \\\"${2}\\\")\"' \"${@:1}\"";
        assert_eq!(script.arguments(), ["-c", text, "self", "c", "x", "y"]);
    }
}
