//! The script that prepares a container's shell, and how the process becomes it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use super::Surroundings;

/// For an application: `$1` is its folder, `$2` the command. Bash names lines of this text in its messages, and
/// platforms' logs are searched for them: line 2, 8, 14, 19 and 26 keep their places.
pub(super) const LAUNCHER: &str = r#"
cd "$1"

echo "Invoking pre-start scripts."

if compgen -G '../profile.d/*' > /dev/null; then
  for script in ../profile.d/*; do
    source $script
  done
fi

if compgen -G '.profile.d/*' > /dev/null; then
  for script in .profile.d/*; do
    source $script
  done
fi

if [ -f .profile ]; then
  source .profile
fi

shift

echo "Invoking start command."

"#;

/// For an interactive shell: no `.profile`, no remarks.
const SHELL: &str = r#"
cd "$1"

if compgen -G '../profile.d/*' > /dev/null; then
  for script in ../profile.d/*; do
    source $script
  done
fi

if compgen -G '.profile.d/*' > /dev/null; then
  for script in .profile.d/*; do
    source $script
  done
fi

shift

"#;

/// What the script ends in.
const START: &str = "exec bash -c \"$@\"\n";

/// The application's script; a prefix is put before the command, unquoted, so that it may carry arguments.
pub(super) fn launcher_script(prefix: &str) -> String {
    if prefix.is_empty() { format!("{LAUNCHER}{START}") } else { format!("{LAUNCHER}exec {prefix} \"$@\"\n") }
}

/// The interactive shell's script.
pub(super) fn shell_script() -> String {
    format!("{SHELL}{START}")
}

/// Replaces the process by bash; returns only when that fails.
pub(super) fn replace_process(surroundings: &Surroundings, script: &str, app: &Path, command: &OsStr) -> io::Error {
    Command::new("/bin/bash")
        .arg0("bash")
        .arg("-c")
        .arg(script)
        .arg(&surroundings.program)
        .arg(app)
        .arg(command)
        .env_clear()
        .envs(&surroundings.variables)
        .exec()
}
