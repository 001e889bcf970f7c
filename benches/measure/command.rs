//! One timed run of a program.

use std::io;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

/// What a run cost and said.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Wall time in milliseconds.
    pub(crate) wall_ms: f64,
    /// Exit code and both streams.
    pub(crate) output: Output,
}

/// Runs the command and fails unless it exits with 0.
pub(crate) fn timed(command: &mut Command) -> io::Result<Run> {
    let started = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let wall_ms = started.elapsed().as_secs_f64() * 1e3;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("{command:?} failed: {error}")));
    }
    Ok(Run { wall_ms, output })
}

/// Runs the command, untimed.
pub(crate) fn quiet(command: &mut Command) -> io::Result<String> {
    timed(command).map(|run| String::from_utf8_lossy(&run.output.stdout).into_owned())
}
