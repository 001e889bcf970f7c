//! Runs an image once: in a container, or as a process of this machine.

mod container;
mod process;
mod unpacked;

pub use container::{Container, Engine};
pub use process::Process;
pub use unpacked::UnpackError;

use std::io;
use std::path::Path;
use std::process::ExitStatus;

use buildpacks::files;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::image::{APP_DIR, LAYERS_DIR};

/// What an application is started with.
#[derive(Clone, Debug)]
pub struct Start {
    /// Memory limit, bytes.
    pub limit: i64,
    /// Environment beside the image's own.
    pub environment: Vec<(String, String)>,
}

/// How an application ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Exit code; 128 and the number for a signal.
    pub code: i32,
    /// Whether the kernel killed it for its memory.
    pub out_of_memory: bool,
}

/// Why it could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The container engine failed.
    #[error("`{command}` failed: {reason}")]
    Engine {
        /// What was run.
        command: String,
        /// What it said.
        reason: String,
    },
    /// The image could not be unpacked.
    #[error("Could not unpack the image to run it without a container")]
    Unpack(#[from] UnpackError),
    /// The process could not be started.
    #[error("Could not start `{program}`")]
    Process {
        /// What was to be started.
        program: String,
        /// Why.
        source: io::Error,
    },
}

/// A running application; it ends with the value.
#[derive(Debug)]
pub enum Running {
    /// In a container.
    Container(Container),
    /// As a process.
    Process(Process),
}

impl Running {
    /// Its first process.
    pub fn pid(&self) -> u32 {
        match self {
            Self::Container(container) => container.pid(),
            Self::Process(process) => process.pid(),
        }
    }

    /// Whether staging has put this file there, as the running application calls it.
    pub fn is_staged(&self, path: &Path) -> bool {
        match self {
            Self::Container(_) => [LAYERS_DIR, APP_DIR].iter().any(|folder| path.starts_with(folder)),
            Self::Process(process) => path.starts_with(process.folder()),
        }
    }

    /// How it ended; none while it runs.
    pub fn ended(&self) -> Option<Ended> {
        match self {
            Self::Container(container) => container.ended(),
            Self::Process(process) => process.ended(),
        }
    }

    /// The last lines it has written.
    pub fn log(&self) -> Vec<String> {
        match self {
            Self::Container(container) => container.log(),
            Self::Process(process) => process.log(),
        }
    }
}

/// Lines of a log that are shown of an application that failed.
const LAST_LINES: usize = 30;

fn last_lines(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].iter().map(|line| (*line).to_owned()).collect()
}

/// The code of a status as shells have it.
fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// Kills the process group that this process leads.
pub(super) fn kill_group(leader: u32) {
    signal_group(leader, Signal::KILL);
}

/// Asks it to end.
fn end_group(leader: u32) {
    signal_group(leader, Signal::TERM);
}

fn signal_group(leader: u32, signal: Signal) {
    if let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        // It may be gone already.
        let _ = kill_process_group(group, signal);
    }
}

/// Whether there is such a process that has not ended.
pub(super) fn is_alive(pid: u32) -> bool {
    let stat = files::read_text(format!("/proc/{pid}/stat").as_ref(), files::SYSTEM_BYTES).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, after)| !after.starts_with(['Z', 'X']))
}
