//! One timed run of a program.

use std::io;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What a run cost and said.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Wall time in milliseconds.
    pub(crate) wall_ms: f64,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// Runs the command and fails unless it exits with 0.
pub(crate) fn timed(command: &mut Command) -> io::Result<Run> {
    let started = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let wall_ms = started.elapsed().as_secs_f64() * 1e3;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(io::Error::other(format!("{command:?} failed: {stderr}")));
    }
    Ok(Run { wall_ms, stdout: String::from_utf8_lossy(&output.stdout).into_owned(), stderr })
}

/// Runs the command, untimed.
pub(crate) fn quiet(command: &mut Command) -> io::Result<String> {
    timed(command).map(|run| run.stdout)
}
