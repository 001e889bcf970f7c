//! Running the program where it may hang, die or grow.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// Nothing here may take longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Nothing here may need more memory, bytes.
pub(crate) const MEMORY: u64 = 500 << 20;
/// No line of a message is longer, characters.
const LINE: usize = 2000;

/// A program that runs, and its outputs.
pub(crate) struct Running {
    child: Child,
    stdout: File,
    stderr: File,
    peak: u64,
    started: Instant,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Most memory that was seen resident, bytes.
    pub(crate) peak: u64,
    /// It did not end by itself.
    pub(crate) hung: bool,
    pub(crate) took: Duration,
}

/// Starts a program as a group of its own.
pub(crate) fn start(command: &mut Command) -> Running {
    let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    command.stdin(Stdio::null()).stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
    let started = Instant::now();
    let name = command.get_program().to_owned();
    let child = command.process_group(0).spawn();
    let child = child
        .unwrap_or_else(|error| panic!("{}: {error}; scripts/setup-tests installs what is missing", name.display()));
    Running { child, stdout, stderr, peak: 0, started }
}

/// Runs a program to its end, or ends it when [`PATIENCE`] does.
pub(crate) fn run(command: &mut Command) -> Ended {
    start(command).finish()
}

impl Running {
    pub(crate) fn signal(&self, signal: Signal) {
        // It may have ended.
        let _ = kill_process(self.pid(), signal);
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whether it still runs after this time since its start.
    pub(crate) fn runs_after(&mut self, time: Duration) -> bool {
        while self.started.elapsed() < time {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_micros(200).min(time.saturating_sub(self.started.elapsed())));
        }
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn finish(mut self) -> Ended {
        let mut hung = false;
        let status = loop {
            self.peak = self.peak.max(resident(self.child.id()));
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if self.started.elapsed() > PATIENCE {
                hung = true;
                let _ = kill_process_group(self.pid(), Signal::KILL);
                break self.child.wait().unwrap();
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        let took = self.started.elapsed();
        let (stdout, stderr) = (text(&mut self.stdout), text(&mut self.stderr));
        let (code, signal) = (status.code(), status.signal());
        Ended { code, signal, stdout, stderr, peak: self.peak, hung, took }
    }
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Most memory that a process had resident so far, bytes; 0 when it has ended.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) << 10
}

impl Ended {
    /// It ended by itself and with an exit code that is no confession of a defect.
    #[track_caller]
    pub(crate) fn sane(&self) -> &Self {
        assert!(!self.hung, "it hangs: {self:?}");
        assert!(self.signal.is_none(), "ended by signal {:?}: {self:?}", self.signal);
        let defect = matches!(self.code, Some(70 | 101)) || self.stderr.contains("panicked at");
        assert!(!defect, "a defect: {self:?}");
        self
    }

    /// What it said can be read: short lines, nothing that moves a terminal's cursor.
    #[track_caller]
    pub(crate) fn readable(&self) -> &Self {
        for line in self.stderr.lines() {
            let length = line.chars().count();
            assert!(length <= LINE, "a line of {length} characters: {}", line.chars().take(300).collect::<String>());
            let control = line.chars().find(|c| c.is_control() && *c != '\t');
            assert!(control.is_none(), "a control character in {line:?}");
        }
        self
    }

    /// Everything it wrote: the builder tells of failures on either stream.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    #[track_caller]
    pub(crate) fn done(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}
