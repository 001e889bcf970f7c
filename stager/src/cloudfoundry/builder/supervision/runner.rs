//! The builder's side: starts the guard, waits, and stops the script when a limit is exceeded.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Read as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{ChildStdout, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Signal, WaitOptions};

use super::super::super::{Surroundings, system};
use super::super::disk::{self, Folder, LimitExceeded};
use super::super::error::StageError;
use super::super::helper::Helper;
use super::super::interruption::Interruption;
use super::super::isolation::Isolation;
use super::super::limits::Limits;
use super::descendants;
use super::guard::Request;
use super::message::Message;

/// How long a script has to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);
/// How often the disks are asked for their free space.
const LOOK: Duration = Duration::from_millis(100);

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
    /// Standard output is kept.
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
}

impl Runner<'_> {
    /// Runs a program that is no script: `git`, `unzip`.
    pub(in crate::cloudfoundry::builder) fn tool(&self, command: Vec<OsString>) -> io::Result<ExitStatus> {
        let own = Runner { limits: Limits::default(), isolation: None, folders: Vec::new(), ..*self };
        match own.run(Task { command, isolated: false, print: Print::Dropped }) {
            Ended::Itself(status, _) => Ok(status),
            Ended::NotStarted(error) => Err(error),
            Ended::NotIsolated(_) | Ended::TooLong(_) | Ended::TooLarge(_) => Err(io::ErrorKind::Other.into()),
        }
    }

    /// Isolates once without a script, so that a kernel that refuses does so before any script has run.
    pub(in crate::cloudfoundry::builder) fn try_isolation(&self) -> Result<(), StageError> {
        let Some(isolation) = self.isolation else { return Ok(()) };
        let command = isolation.view("", isolation.scratch())?.arguments();
        match self.run(Task { command, isolated: true, print: Print::Through }) {
            Ended::Itself(status, _) if status.success() => Ok(()),
            Ended::NotIsolated(reason) => Err(StageError::not_isolated(&reason)),
            Ended::Itself(status, _) => Err(StageError::not_isolated(&system::status(status))),
            Ended::NotStarted(error) => Err(StageError::not_isolated(&system::reason(&error))),
            Ended::TooLong(limit) => Err(StageError::not_isolated(&format!("it took longer than {limit:?}"))),
            Ended::TooLarge(exceeded) => Err(StageError::Other(exceeded.to_string())),
        }
    }

    /// Runs a script to its end. When the builder is asked to end meanwhile, so does the script, and then the process.
    pub(in crate::cloudfoundry::builder) fn run(&self, task: Task) -> Ended {
        let ended = self.supervise(task).unwrap_or_else(Ended::NotStarted);
        self.interruption.obey();
        ended
    }

    fn supervise(&self, task: Task) -> io::Result<Ended> {
        // Should the guard be killed, what it kept together comes to us.
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        let (channel, theirs) = UnixStream::pair()?;
        let request = Request {
            grace: GRACE,
            leftovers: self.interruption.folders(),
            isolated: task.isolated,
            command: task.command,
        };
        let mut command = Helper::Guard.command();
        command.args(request.arguments()).env_clear().envs(&self.surroundings.variables).process_group(0);
        command.stdin(OwnedFd::from(theirs));
        match task.print {
            Print::Through => {}
            Print::Kept => drop(command.stdout(Stdio::piped())),
            Print::Dropped => drop(command.stdout(Stdio::null()).stderr(Stdio::null())),
        }
        let running = self.interruption.script(&channel)?;
        let mut guard = command.spawn()?;
        // With it goes our copy of the guard's end of the socket: its end is seen when the guard is gone.
        drop(command);
        let output = guard.stdout.take().map(collect);
        let (text, stopped) = self.wait(channel)?;
        let status = guard.wait()?;
        let message = Message::first(&text);
        if message.is_none() {
            end_orphans();
        }
        drop(running);
        let output = output.map_or(Ok(Vec::new()), |thread| thread.join().unwrap_or_else(|_| Err(lost())))?;
        Ok(match (message, stopped) {
            (Some(Message::NotIsolated(reason)), _) => Ended::NotIsolated(reason),
            (Some(Message::NotStarted(number)), _) => Ended::NotStarted(io::Error::from_raw_os_error(number)),
            (_, Some(stopped)) => stopped,
            (Some(Message::Ended(status)), None) => Ended::Itself(status, output),
            // The guard was killed, and with it the script.
            (None, None) => Ended::Itself(status, output),
        })
    }

    /// Reads what the guard says until it is gone; stops the script when it exceeds a limit.
    fn wait(&self, mut channel: UnixStream) -> io::Result<(String, Option<Ended>)> {
        let deadline = self.limits.time.map(|limit| (limit, Instant::now() + limit));
        let mut watch = self.limits.disk.map(|limit| disk::Watch::start(&self.folders, limit));
        let mut stopped = None;
        let mut text = Vec::new();
        let mut buffer = [0; 1024];
        loop {
            let pause = if stopped.is_some() { None } else { pause(deadline.map(|(_, end)| end), watch.is_some()) };
            channel.set_read_timeout(pause)?;
            match channel.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => text.extend_from_slice(&buffer[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => return Err(error),
            }
            if stopped.is_none() && text.is_empty() {
                stopped = exceeded(deadline, watch.as_mut());
                if stopped.is_some() {
                    channel.shutdown(Shutdown::Write)?;
                }
            }
        }
        if stopped.is_none()
            && let Some(watch) = &mut watch
        {
            stopped = watch.measure().err().map(Ended::TooLarge);
        }
        Ok((String::from_utf8_lossy(&text).into_owned(), stopped))
    }
}

fn exceeded(deadline: Option<(Duration, Instant)>, watch: Option<&mut disk::Watch<'_>>) -> Option<Ended> {
    match deadline {
        Some((limit, end)) if Instant::now() >= end => Some(Ended::TooLong(limit)),
        _ => watch.and_then(|watch| watch.look().err()).map(Ended::TooLarge),
    }
}

/// How long to wait for the guard before looking at limits again; none for as long as it takes.
fn pause(deadline: Option<Instant>, looks: bool) -> Option<Duration> {
    /// A pause of zero would be none.
    const SHORTEST: Duration = Duration::from_millis(1);
    let left = deadline.map(|end| end.saturating_duration_since(Instant::now()).max(SHORTEST));
    if looks { Some(left.unwrap_or(LOOK).min(LOOK)) } else { left }
}

fn collect(mut stdout: ChildStdout) -> JoinHandle<io::Result<Vec<u8>>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes)?;
        Ok(bytes)
    })
}

fn lost() -> io::Error {
    io::Error::other("what the script printed is lost")
}

/// Ends what a killed guard has left to us.
fn end_orphans() {
    let own = rustix::process::getpid();
    loop {
        descendants::signal(own, Signal::KILL);
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
    }
}
