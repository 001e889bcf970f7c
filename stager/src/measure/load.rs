//! Load: the user's own command, or requests over a fixed number of connections.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

use super::interruption::Interruption;
use super::runner::kill_group;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at a command; a connection that failed tries again after it, so that nothing dead is hammered.
const PAUSE: Duration = Duration::from_millis(100);

/// What is put on the application.
#[derive(Clone, Debug)]
pub enum Load {
    /// A command for the shell. `PORT` and `URL` tell it where the application is.
    Command(String),
    /// GET requests for the paths in turn, each connection asking again as soon as it has its answer.
    Requests {
        /// What to ask for.
        paths: Vec<String>,
        /// Connections.
        connections: u32,
        /// For how long.
        time: Duration,
    },
}

/// How requests were answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Answers {
    /// Answers with a status below 500.
    pub answered: u64,
    /// Of those, answers with a status from 400 on: the application has nothing there.
    pub refused: u64,
    /// Requests without an answer, and answers with a status from 500 on.
    pub failed: u64,
    /// How long it took, seconds.
    pub seconds: f64,
}

/// Asks once, for whatever answer.
pub(super) fn answers(port: u16, path: &str) -> bool {
    agent(Duration::from_secs(5)).get(url(port, path)).call().is_ok()
}

/// Runs a command with the shell, until it ends, the application is gone or the user impatient; none in the latter cases.
/// Its output goes where our words go: to standard error.
pub(super) fn run_command(
    command: &str,
    port: Option<u16>,
    goes_on: impl Fn() -> bool,
) -> std::io::Result<Option<ExitStatus>> {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(std::io::stderr()).process_group(0);
    if let Some(port) = port {
        shell.env("PORT", port.to_string()).env("URL", url(port, ""));
    }
    let mut child = shell.spawn()?;
    while goes_on() {
        if let Some(status) = child.try_wait()? {
            // What it has left in the background is load no more.
            kill_group(child.id());
            return Ok(Some(status));
        }
        std::thread::sleep(PAUSE);
    }
    kill_group(child.id());
    child.wait()?;
    Ok(None)
}

/// Sends requests until the time is over, the application gone or the user impatient.
pub(super) fn request(
    port: u16,
    (paths, connections, time): (&[String], u32, Duration),
    interruption: &Interruption,
    runs: impl Fn() -> bool + Sync,
) -> Answers {
    let [answered, refused, failed] = [const { AtomicU64::new(0) }; 3];
    let started = Instant::now();
    let client = |first: usize| {
        let agent = agent(PATIENCE);
        for at in first.. {
            if started.elapsed() >= time || interruption.came() || !runs() {
                return;
            }
            let path = paths.get(at % paths.len().max(1)).map_or("/", String::as_str);
            let ask = || status(&agent, &url(port, path));
            match ask().or_else(|error| if is_disconnected(&error) { ask() } else { Err(error) }) {
                Ok(status) if status < 500 => {
                    answered.fetch_add(1, Ordering::Relaxed);
                    refused.fetch_add(u64::from(status >= 400), Ordering::Relaxed);
                }
                Ok(_) => _ = failed.fetch_add(1, Ordering::Relaxed),
                Err(_) => {
                    failed.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(PAUSE);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for first in 0..connections {
            scope.spawn(move || client(first as usize));
        }
    });
    Answers {
        answered: answered.into_inner(),
        refused: refused.into_inner(),
        failed: failed.into_inner(),
        seconds: started.elapsed().as_secs_f64(),
    }
}

fn status(agent: &ureq::Agent, url: &str) -> Result<u16, ureq::Error> {
    let mut answer = agent.get(url).call()?;
    // Reading it to its end lets the connection serve again.
    std::io::copy(&mut answer.body_mut().as_reader(), &mut std::io::sink())?;
    Ok(answer.status().as_u16())
}

/// A server may close a connection that it has kept, at any time and without a word; such a request is to be sent again
/// (RFC 9112, 9.3.1). The next one has a connection of its own.
fn is_disconnected(error: &ureq::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error, ureq::Error::Io(error)
        if matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof))
}

fn agent(timeout: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(timeout));
    config.max_redirects(0).max_redirects_will_error(false).proxy(None).build().into()
}

fn url(port: u16, path: &str) -> String {
    format!("http://127.0.0.1:{port}{path}")
}
