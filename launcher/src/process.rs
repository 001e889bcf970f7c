//! What to run: a process of the image, or what the user names.
//!
//! The name the launcher was started by decides: if it is a process type, that process is taken and the user's arguments
//! extend or replace its own. Otherwise the arguments are the command: directly after `--`, else through a shell.

use std::ffi::OsString;

use crate::api::Version;
use crate::metadata::{Metadata, Process};

/// Fixed command arguments and several argument rules start with this Platform API.
const COMMAND_ARRAY: Version = Version::zero(10);
/// Processes are bound to execution environments since this Platform API.
const EXEC_ENVIRONMENT: Version = Version::zero(15);
/// Since this Buildpack API the user's arguments replace those of the process.
const REPLACED_ARGUMENTS: Version = Version::zero(9);

/// What to choose from, and by what.
#[derive(Clone, Copy)]
pub(crate) struct Selection<'a> {
    /// What the image offers.
    pub(crate) metadata: &'a Metadata,
    /// The Platform API of the image.
    pub(crate) platform_api: Version,
    /// The execution environment, such as `production`.
    pub(crate) exec_env: &'a str,
    /// The name the launcher was started by.
    pub(crate) name: &'a str,
    /// The user's arguments.
    pub(crate) arguments: &'a [OsString],
}

/// What will run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selected {
    /// The process type; empty for the user's own command.
    pub(crate) kind: String,
    /// The program. More than one element only for Platform APIs before 0.10.
    pub(crate) command: Vec<OsString>,
    /// Its arguments.
    pub(crate) args: Vec<OsString>,
    /// Whether it starts without a shell.
    pub(crate) direct: bool,
    /// The buildpack that defined it; empty for none.
    pub(crate) buildpack_id: String,
    /// Where it starts; empty for the application directory.
    pub(crate) working_dir: String,
}

impl Selection<'_> {
    /// Chooses.
    ///
    /// # Errors
    /// The original's text, when there is no such process or no command.
    pub(crate) fn select(&self) -> Result<Selected, String> {
        let is_type = self.metadata.processes.iter().any(|process| process.kind == self.name);
        // A process named "" cannot be asked for.
        if self.name.is_empty() || !is_type {
            return self.users_command();
        }
        let found =
            self.metadata.processes.iter().find(|process| process.kind == self.name && self.is_eligible(process));
        let process = found.ok_or_else(|| format!("process type {} was not found", self.name))?;
        let (command, args) = self.arguments_of(process)?;
        Ok(Selected {
            kind: process.kind.clone(),
            command,
            args,
            direct: process.direct,
            buildpack_id: process.buildpack_id.clone(),
            working_dir: process.working_dir.clone(),
        })
    }

    fn users_command(&self) -> Result<Selected, String> {
        match self.arguments {
            [] => Err("when there is no default process a command is required".to_owned()),
            [dashes, program, args @ ..] if dashes == "--" => Ok(Selected {
                command: vec![program.clone()],
                args: args.to_vec(),
                direct: true,
                ..Selected::default()
            }),
            [program, args @ ..] => {
                Ok(Selected { command: vec![program.clone()], args: args.to_vec(), ..Selected::default() })
            }
        }
    }

    fn is_eligible(&self, process: &Process) -> bool {
        self.platform_api < EXEC_ENVIRONMENT
            || process.exec_env.is_empty()
            || process.exec_env.iter().any(|name| name == "*" || name == self.exec_env)
    }

    /// Command and arguments, with the user's arguments where they belong.
    fn arguments_of(&self, process: &Process) -> Result<(Vec<OsString>, Vec<OsString>), String> {
        let user = self.arguments;
        let command = os_strings(&process.command);
        let own = os_strings(&process.args);
        if self.platform_api < COMMAND_ARRAY {
            return Ok((command, [&own, user].concat()));
        }
        if let [program, fixed @ ..] = command.as_slice()
            && !fixed.is_empty()
        {
            let rest = if user.is_empty() { &own } else { user };
            return Ok((vec![program.clone()], [fixed, rest].concat()));
        }
        if user.is_empty() {
            return Ok((command, own));
        }
        let buildpack = self.metadata.buildpacks.iter().find(|buildpack| buildpack.id == process.buildpack_id);
        let buildpack = buildpack.ok_or_else(|| {
            format!("failed to find buildpack for process {} with buildpack ID {}", process.kind, process.buildpack_id)
        })?;
        let replaces = Version::parse(&buildpack.api).is_some_and(|api| api >= REPLACED_ARGUMENTS);
        Ok((command, if replaces { user.to_vec() } else { [&own, user].concat() }))
    }
}

fn os_strings(texts: &[String]) -> Vec<OsString> {
    texts.iter().map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"
[[buildpacks]]
id = "old"
api = "0.8"
[[buildpacks]]
id = "new"
api = "0.9"
[[processes]]
type = "old"
command = ["p"]
args = ["a"]
direct = true
buildpack-id = "old"
[[processes]]
type = "new"
command = ["p"]
args = ["a"]
direct = true
buildpack-id = "new"
working-dir = "/w"
[[processes]]
type = "fixed"
command = ["p", "f"]
args = ["a"]
direct = true
buildpack-id = "old"
[[processes]]
type = "lost"
command = ["p"]
buildpack-id = "gone"
[[processes]]
type = "test-only"
command = ["p"]
exec-env = ["test"]
[[processes]]
type = "any"
command = ["p"]
exec-env = ["*"]
"#;

    fn select(minor: u64, name: &str, arguments: &[&str]) -> Result<Selected, String> {
        let metadata = Metadata::parse(METADATA).unwrap();
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let platform_api = Version::zero(minor);
        Selection { metadata: &metadata, platform_api, exec_env: "production", name, arguments: &arguments }.select()
    }

    #[test]
    fn arguments() {
        for (minor, name, user, expected) in [
            (9, "old", "", "p a"),
            (9, "old", "u", "p a u"),
            (9, "new", "u", "p a u"),
            (9, "fixed", "u", "p f a u"),
            (10, "old", "", "p a"),
            (10, "old", "u", "p a u"),
            (10, "new", "", "p a"),
            (10, "new", "u v", "p u v"),
            (14, "fixed", "", "p f a"),
            (14, "fixed", "u", "p f u"),
            (14, "test-only", "", "p"),
            (15, "any", "", "p"),
            (14, "launcher", "-- u v", "u v"),
            (14, "launcher", "u v", "u v"),
            (14, "launcher", "--", "--"),
        ] {
            let user: Vec<_> = user.split_whitespace().collect();
            let selected = select(minor, name, &user).unwrap();
            let all: Vec<_> = [selected.command, selected.args].concat();
            let expected: Vec<_> = expected.split_whitespace().collect();
            assert_eq!(all, expected, "0.{minor} {name} {user:?}");
        }
    }

    #[test]
    fn directness() {
        assert!(select(14, "launcher", &["--", "u"]).unwrap().direct);
        assert!(!select(14, "launcher", &["u"]).unwrap().direct);
        assert!(!select(14, "launcher", &["--"]).unwrap().direct);
        assert_eq!(select(14, "new", &[]).unwrap().working_dir, "/w");
    }

    #[test]
    fn refusals() {
        for (minor, name, user, expected) in [
            (14, "launcher", "", "when there is no default process a command is required"),
            (14, "", "", "when there is no default process a command is required"),
            (15, "test-only", "", "process type test-only was not found"),
            (14, "lost", "u", "failed to find buildpack for process lost with buildpack ID gone"),
        ] {
            let user: Vec<_> = user.split_whitespace().collect();
            assert_eq!(select(minor, name, &user).unwrap_err(), expected, "{name}");
        }
    }
}
