//! exec.d: programs of a layer that set variables when the container starts.
//!
//! Such a program runs in the application directory, with the environment made so far and the write end of a pipe as
//! file descriptor 3. What it writes there is TOML: names and strings, which replace variables.

use std::io::{self, PipeWriter, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::environment::Environment;
use crate::failure::cause;
use crate::toml::{self, Value};

/// Where the program writes its variables.
const OUTPUT: RawFd = 3;

/// Runs an exec.d program and sets the variables it gives.
///
/// # Errors
/// When it cannot be started, fails, or writes something else than names and strings.
pub(crate) fn run(program: &Path, environment: &mut Environment) -> Result<(), String> {
    let text = output(program, environment)
        .map_err(|cause| format!("failed to execute exec.d file at path '{}': {cause}", program.display()))?;
    let variables = variables(&text).map_err(|cause| {
        format!("failed to decode output from exec.d file at path '{}': {cause}", program.display())
    })?;
    for (name, value) in variables {
        environment.set(name, value);
    }
    Ok(())
}

/// What the program writes to its descriptor 3.
fn output(program: &Path, environment: &Environment) -> Result<Vec<u8>, String> {
    let (mut reader, writer) = io::pipe().map_err(|error| cause(&error))?;
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).env_clear().envs(environment.iter());
    give(&mut command, &writer);
    let mut child = command.spawn().map_err(|error| format!("fork/exec {}: {}", program.display(), cause(&error)))?;
    // Ours must be closed, or the pipe would never end.
    drop(writer);
    let mut text = Vec::new();
    let read = reader.read_to_end(&mut text);
    let status = child.wait().map_err(|error| cause(&error))?;
    if !status.success() {
        return Err(ending(status));
    }
    read.map_err(|error| cause(&error))?;
    Ok(text)
}

/// Makes the pipe descriptor 3 of the child.
#[expect(unsafe_code, reason = "the standard library cannot give a child other descriptors than 0, 1 and 2")]
fn give(command: &mut Command, writer: &PipeWriter) {
    unsafe extern "C" {
        fn dup2(old: i32, new: i32) -> i32;
    }
    let writer = writer.as_raw_fd();
    // SAFETY: between fork and exec only `dup2` is called, which is async-signal-safe, on descriptors valid there. It
    // also clears close-on-exec for the copy. Descriptor 3 of the child is either the pipe's read end, which the child
    // does not need, or one the container was started with; it cannot be `writer`, because the read end was opened
    // before it and 0 to 2 are always open, nor anything the standard library opens for starting the child, since that
    // comes later and takes higher numbers.
    unsafe {
        command.pre_exec(move || if dup2(writer, OUTPUT) < 0 { Err(io::Error::last_os_error()) } else { Ok(()) });
    }
}

/// How a program ended, in the original's words.
fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => match SIGNALS.iter().find(|(number, _)| *number == signal) {
            Some((_, name)) => format!("signal: {name}"),
            None => format!("signal: {signal}"),
        },
        (None, None) => "ended without a status".to_owned(),
    }
}

/// The signals that programs usually die of, in the original's words.
const SIGNALS: [(i32, &str); 4] = [(6, "aborted"), (9, "killed"), (11, "segmentation fault"), (15, "terminated")];

/// The variables in the output of a program.
fn variables(text: &[u8]) -> Result<Vec<(String, String)>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "toml: invalid UTF-8".to_owned())?;
    let table = toml::parse(text).map_err(|error| error.to_string())?;
    let variable = |entry: toml::Entry| match entry.value {
        Value::Text(value) => Ok((entry.key, value)),
        _ => Err(toml::Error::new(entry.line, format!("`{}` must be a string", entry.key)).to_string()),
    };
    table.entries.into_iter().map(variable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::sync::{Mutex, PoisonError};

    /// A script that is being written cannot be run, and a process just forked by another test may still have it open.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    fn script(folder: &Path, text: &str) -> PathBuf {
        let path = folder.join("helper");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn variables_replace() {
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let path = script(
            folder.path(),
            "#!/bin/sh\nprintf 'A = \"%s, new\"\\nB = \"\"\"\\nx\\ny\"\"\"\\n' \"$A\" >&3\ntest -z \"$HOME\"\n",
        );
        let mut environment = Environment::default();
        environment.set("A", "old");
        environment.set("PATH", "/usr/bin:/bin");
        run(&path, &mut environment).unwrap();
        assert_eq!(environment.get("A"), Some(OsStr::new("old, new")));
        assert_eq!(environment.get("B"), Some(OsStr::new("x\ny")));
    }

    #[test]
    fn failures() {
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        for (text, expected) in [
            ("#!/bin/sh\nexit 7\n", "failed to execute exec.d file at path '{}': exit status 7"),
            ("#!/bin/sh\nkill -9 $$\n", "failed to execute exec.d file at path '{}': signal: killed"),
            ("#!/gone\n", "failed to execute exec.d file at path '{}': fork/exec {}: no such file or directory"),
            (
                "#!/bin/sh\necho 'A = 1' >&3\n",
                "failed to decode output from exec.d file at path '{}': toml: line 1: `A` must be a string",
            ),
            (
                "#!/bin/sh\nprintf '\\377' >&3\n",
                "failed to decode output from exec.d file at path '{}': toml: invalid UTF-8",
            ),
        ] {
            let path = script(folder.path(), text);
            let error = run(&path, &mut Environment::default()).unwrap_err();
            assert_eq!(error, expected.replace("{}", path.to_str().unwrap()));
        }
    }

    #[test]
    fn much_output_does_not_block() {
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let path = script(folder.path(), "#!/bin/sh\nprintf 'A = \"%0200000d\"\\n' 0 >&3\n");
        let mut environment = Environment::default();
        run(&path, &mut environment).unwrap();
        assert_eq!(environment.get("A").unwrap().len(), 200_000);
    }
}
