//! The guard: a process between the builder and a script.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use fs_err as fs;
use rustix::process::{Pid, Signal, WaitOptions};

use super::super::super::partial;
use super::super::helper::Helper;
use super::descendants;
use super::message::Message;

/// What is asked of the guard.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    /// How long processes have to end after they were asked to.
    pub(super) grace: Duration,
    /// What is removed when the builder is gone.
    pub(super) leftovers: Vec<PathBuf>,
    /// Whether `command` is that of [`Helper::Isolation`] and not a script itself.
    pub(super) isolated: bool,
    /// Program and arguments.
    pub(super) command: Vec<OsString>,
}

impl Request {
    /// As arguments.
    pub(super) fn arguments(self) -> Vec<OsString> {
        let mut arguments = vec![OsString::from(self.grace.as_millis().to_string())];
        arguments.push(if self.isolated { "isolated" } else { "plain" }.into());
        arguments.push(self.leftovers.len().to_string().into());
        arguments.extend(self.leftovers.into_iter().map(PathBuf::into_os_string));
        arguments.extend(self.command);
        arguments
    }

    fn parse(mut arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let grace = Duration::from_millis(arguments.next()?.to_str()?.parse().ok()?);
        let isolated = arguments.next()? == "isolated";
        let count: usize = arguments.next()?.to_str()?.parse().ok()?;
        let leftovers: Vec<_> = arguments.by_ref().take(count).map(PathBuf::from).collect();
        let command: Vec<_> = arguments.collect();
        (leftovers.len() == count && !command.is_empty()).then_some(Self { grace, leftovers, isolated, command })
    }
}

/// What happens.
enum Event {
    /// A process below the guard ended.
    Process(Pid, ExitStatus),
    /// No process is left below the guard.
    Alone,
    /// The builder wants the script to stop, or is gone.
    Stop,
}

/// Runs as the guard; the exit code, which nobody asks for: what became of the script goes over standard input, a socket.
pub(in crate::cloudfoundry::builder) fn guard(arguments: impl Iterator<Item = OsString>) -> u8 {
    let Some(request) = Request::parse(arguments) else { return 1 };
    let Ok(mut builder) = io::stdin().as_fd().try_clone_to_owned().map(UnixStream::from) else { return 1 };
    let message = match start(&request, &builder) {
        Ok(script) => watch(&script, &builder, request.grace),
        Err(error) => Message::NotStarted(error.raw_os_error().unwrap_or_default()),
    };
    if builder.write_all(message.line().as_bytes()).is_err() {
        // The builder is gone: nobody else removes its temporary folders.
        for path in &request.leftovers {
            partial::remove_folder(path);
        }
    }
    0
}

fn start(request: &Request, builder: &UnixStream) -> io::Result<Child> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    // From here on nobody reads from the socket by accident.
    rustix::stdio::dup2_stdin(fs::File::open("/dev/null")?.file())?;
    let mut command = if request.isolated {
        let mut command = Helper::Isolation.command();
        command.args(&request.command).stdin(OwnedFd::from(builder.try_clone()?));
        command
    } else {
        let (program, arguments) = request.command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        command
    };
    command.process_group(0).spawn()
}

/// Waits for the script, ends whatever is left, and says what became of it.
fn watch(script: &Child, builder: &UnixStream, grace: Duration) -> Message {
    let script = Pid::from_child(script);
    let (sender, events) = mpsc::channel();
    let stop = sender.clone();
    std::thread::spawn(move || reap(&sender));
    if let Ok(mut builder) = builder.try_clone() {
        std::thread::spawn(move || {
            // Nothing is ever sent this way: any result is the end.
            drop(builder.read(&mut [0]));
            drop(stop.send(Event::Stop));
        });
    }
    let mut ended = None;
    while let Ok(event) = events.recv() {
        match event {
            Event::Process(pid, status) if pid == script => {
                ended = Some(status);
                break;
            }
            Event::Process(..) => {}
            Event::Alone | Event::Stop => break,
        }
    }
    end_all(&events, script, grace, &mut ended);
    Message::Ended(ended.unwrap_or(ExitStatus::from_raw(Signal::KILL.as_raw())))
}

/// Tells of every process that ends until none is left.
fn reap(events: &Sender<Event>) {
    loop {
        let event = match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) => Event::Process(pid, ExitStatus::from_raw(status.as_raw())),
            Ok(None) | Err(rustix::io::Errno::INTR) => continue,
            Err(_) => Event::Alone,
        };
        let last = matches!(event, Event::Alone);
        if events.send(event).is_err() || last {
            return;
        }
    }
}

/// Asks every process to end, and after the grace period ends those that did not. Ones that may not be ended, since a
/// script became another user for them, are given up after as long again.
fn end_all(events: &Receiver<Event>, script: Pid, grace: Duration, ended: &mut Option<ExitStatus>) {
    /// Processes may start others while they are being ended; after this long they are looked up again.
    const AGAIN: Duration = Duration::from_millis(10);
    let own = rustix::process::getpid();
    let deadline = Instant::now() + grace;
    descendants::signal(own, Signal::TERM);
    // A stopped process only ends once it continues.
    descendants::signal(own, Signal::CONT);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            if deadline.elapsed() > grace {
                return;
            }
            descendants::signal(own, Signal::KILL);
        }
        match events.recv_timeout(if left.is_zero() { AGAIN } else { left }) {
            Ok(Event::Process(pid, status)) if pid == script => *ended = Some(status),
            Ok(Event::Process(..) | Event::Stop) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Event::Alone) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_survive_being_arguments() {
        let request = || Request {
            grace: Duration::from_secs(5),
            leftovers: vec!["/tmp/a".into()],
            isolated: true,
            command: vec!["x".into(), "1".into()],
        };
        assert_eq!(Request::parse(request().arguments().into_iter()), Some(request()));
        assert_eq!(Request::parse(std::iter::empty()), None);
    }
}
