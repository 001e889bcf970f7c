//! The builder's side: starts the guard, waits, and stops the script when a limit is exceeded.

use std::cell::Cell;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use super::super::super::{Surroundings, system};
use super::super::disk::{self, Folder, LimitExceeded};
use super::super::error::StageError;
use super::super::helper::Helper;
use super::super::interruption::Interruption;
use super::super::isolation::Isolation;
use super::super::limits::Limits;
use super::attendance::{Attendance, Outcome, Output};
use super::enclosure;
use super::ending::Left;
use super::message::Message;
use super::request::Request;

/// How long a script has to end after it was asked to.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// How much of what a script prints is kept, bytes: names of buildpacks and the YAML of release scripts are far smaller.
pub(super) const PRINTED: usize = 256 << 10;

/// Runs scripts.
pub(in crate::cloudfoundry::builder) struct Runner<'a> {
    /// What scripts find.
    pub(in crate::cloudfoundry::builder) surroundings: &'a Surroundings,
    /// What they may take.
    pub(in crate::cloudfoundry::builder) limits: Limits,
    /// What they are kept apart from.
    pub(in crate::cloudfoundry::builder) isolation: Option<&'a Isolation>,
    /// Tells when the builder shall end.
    pub(in crate::cloudfoundry::builder) interruption: &'a Interruption,
    /// Set when the kernel refuses a PID namespace: it is not asked again.
    pub(in crate::cloudfoundry::builder) refused: &'a Cell<bool>,
    /// The folders they fill.
    pub(in crate::cloudfoundry::builder) folders: Vec<Folder>,
}

/// A script, or another program, and its arguments.
pub(in crate::cloudfoundry::builder) struct Task {
    /// The program; for an isolated one what [`Helper::Isolation`] takes.
    pub(in crate::cloudfoundry::builder) command: Vec<OsString>,
    /// Whether the command is for [`Helper::Isolation`].
    pub(in crate::cloudfoundry::builder) isolated: bool,
    /// What becomes of what it prints.
    pub(in crate::cloudfoundry::builder) print: Print,
}

/// What becomes of what a program prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cloudfoundry::builder) enum Print {
    /// It goes where the builder's own goes.
    Through,
    /// Standard output is kept, up to a limit.
    Kept,
    /// Nobody sees it.
    Dropped,
}

/// What became of a script.
#[derive(Debug)]
pub(in crate::cloudfoundry::builder) enum Ended {
    /// It ended by itself; carries what it printed if that was kept.
    Itself(ExitStatus, Vec<u8>),
    /// It could not be started.
    NotStarted(io::Error),
    /// It could not be isolated, and was not started.
    NotIsolated(String),
    /// It took longer than it may.
    TooLong(Duration),
    /// The folders hold more than they may.
    TooLarge(LimitExceeded),
    /// It printed more than this many bytes.
    TooMuch(usize),
    /// Of what it started, these processes could not be ended.
    Unended(String),
}

impl Runner<'_> {
    /// Runs a program that is no script: `git`, `unzip`.
    pub(in crate::cloudfoundry::builder) fn tool(&self, command: Vec<OsString>) -> io::Result<ExitStatus> {
        let own = Runner { limits: Limits::default(), isolation: None, folders: Vec::new(), ..*self };
        match own.run(&Task { command, isolated: false, print: Print::Dropped }) {
            Ended::Itself(status, _) => Ok(status),
            Ended::NotStarted(error) => Err(error),
            Ended::Unended(names) => Err(io::Error::other(format!("not ended: {names}"))),
            Ended::NotIsolated(_) | Ended::TooLong(_) | Ended::TooLarge(_) | Ended::TooMuch(_) => {
                Err(io::ErrorKind::Other.into())
            }
        }
    }

    /// Isolates once without a script, so that a kernel that refuses does so before any script has run.
    pub(in crate::cloudfoundry::builder) fn try_isolation(&self) -> Result<(), StageError> {
        let Some(isolation) = self.isolation else { return Ok(()) };
        let command = isolation.view("", isolation.scratch())?.arguments();
        match self.run(&Task { command, isolated: true, print: Print::Through }) {
            Ended::Itself(status, _) if status.success() => Ok(()),
            Ended::NotIsolated(reason) => Err(StageError::not_isolated(&reason)),
            Ended::Itself(status, _) => Err(StageError::not_isolated(&system::status(status))),
            Ended::NotStarted(error) => Err(StageError::not_isolated(&system::reason(&error))),
            Ended::TooLong(limit) => Err(StageError::not_isolated(&format!("it took longer than {limit:?}"))),
            Ended::TooLarge(exceeded) => Err(StageError::Other(exceeded.to_string())),
            Ended::TooMuch(limit) => Err(StageError::not_isolated(&format!("it printed more than {limit} bytes"))),
            Ended::Unended(names) => Err(StageError::unended(&names)),
        }
    }

    /// Runs a script to its end. When the builder is asked to end meanwhile, so does the script, and then the process.
    pub(in crate::cloudfoundry::builder) fn run(&self, task: &Task) -> Ended {
        let ended = self.supervise(task, self.enclosing(task)).and_then(|ended| {
            if let Some(ended) = ended {
                return Ok(ended);
            }
            self.refused.set(true);
            self.supervise(task, None)?.ok_or_else(|| io::ErrorKind::Other.into())
        });
        self.interruption.obey();
        ended.unwrap_or_else(Ended::NotStarted)
    }

    /// Whether a task gets a PID namespace, and by which right. Root needs none but its own. An ordinary user needs a user
    /// namespace, in which other users' files seem to be nobody's: only for scripts that are to be kept within limits.
    fn enclosing(&self, task: &Task) -> Option<&'static str> {
        let limited = self.limits.time.is_some() || self.limits.disk.is_some();
        let root = rustix::process::geteuid().is_root();
        match () {
            () if self.refused.get() => None,
            () if root && !task.isolated => Some(enclosure::NO_USERS),
            () => (limited || task.isolated).then_some(enclosure::USERS),
        }
    }

    /// Runs a task once; nothing when it was not started for want of the namespace.
    fn supervise(&self, task: &Task, enclosing: Option<&str>) -> io::Result<Option<Ended>> {
        // Should the guard be killed, what it kept together comes to us.
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        let (channel, theirs) = UnixStream::pair()?;
        let running = self.interruption.script(&channel)?;
        let mut guard = self.command(task, enclosing, theirs).spawn()?;
        let output = guard.stdout.take().map(Output::keep).transpose()?;
        let watch = self.limits.disk.map(|limit| disk::Watch::start(&self.folders, limit));
        let attendance =
            Attendance { guard, channel, output, time: self.limits.time, watch, interruption: self.interruption };
        let outcome = attendance.attend();
        drop(running);
        Ok(match outcome {
            Ok(outcome) => outcome.ended(),
            Err(Left(names)) => Some(Ended::Unended(names)),
        })
    }

    /// The guard, in a namespace of its own or not. What it holds of the socket goes with the value.
    fn command(&self, task: &Task, enclosing: Option<&str>, channel: UnixStream) -> Command {
        let request = Request {
            grace: GRACE,
            limit: self.limits.time,
            enclosed: enclosing.is_some(),
            isolated: task.isolated,
            leftovers: self.interruption.folders(),
            command: task.command.clone(),
        };
        let mut command = match enclosing {
            Some(users) => {
                let mut command = Helper::Enclosure.command();
                command.arg(users);
                command
            }
            None => Helper::Guard.command(),
        };
        command.args(request.arguments()).env_clear().envs(&self.surroundings.variables).process_group(0);
        command.stdin(OwnedFd::from(channel));
        match task.print {
            Print::Through => {}
            Print::Kept => drop(command.stdout(Stdio::piped())),
            Print::Dropped => drop(command.stdout(Stdio::null()).stderr(Stdio::null())),
        }
        command
    }
}

impl Outcome {
    /// What became of the task; nothing when it was not started for want of the namespace.
    fn ended(self) -> Option<Ended> {
        Some(match (self.message, self.stopped) {
            (Some(Message::NotEnclosed(_)), _) => return None,
            (Some(Message::NotIsolated(reason)), _) => Ended::NotIsolated(reason),
            (Some(Message::NotStarted(number)), _) => Ended::NotStarted(io::Error::from_raw_os_error(number)),
            (Some(Message::Left(names)), _) => Ended::Unended(names),
            (_, Some(stopped)) => stopped,
            (Some(Message::Ended(status)), None) => Ended::Itself(status, self.printed),
            // The guard was killed, and with it the script.
            (Some(Message::Overdue) | None, None) => Ended::Itself(self.guard, self.printed),
        })
    }
}
