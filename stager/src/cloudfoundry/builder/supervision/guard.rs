//! The guard: a process between the builder and a script. It has one thread and needs no other.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use buildpacks::files;
use rustix::process::{Pid, Signal};
use signal_hook::consts::SIGCHLD;

use super::super::super::partial;
use super::super::helper::Helper;
use super::enclosure;
use super::ending::{Left, end_all, reap};
use super::message::{Message, channel};
use super::readiness::ready;
use super::request::Request;

/// The builder is given so much longer than the limit to ask for the script's end: it knows which limit it was.
const SLACK: Duration = Duration::from_secs(1);

/// Runs as the guard; the exit code, which nobody asks for: what became of the script goes over standard input, a socket.
pub(in crate::cloudfoundry::builder) fn guard(arguments: impl Iterator<Item = OsString>) -> u8 {
    let Some(request) = Request::parse(arguments) else { return 1 };
    let Ok(mut builder) = channel() else { return 1 };
    if request.enclosed
        && let Err(refused) = enclosure::settle()
    {
        drop(builder.write_all(Message::NotEnclosed(refused.to_string()).line().as_bytes()));
        return 1;
    }
    let message = match start(&request, &builder) {
        Ok((script, children)) => watch(&script, &builder, &children, &request),
        Err(error) => Message::NotStarted(error.raw_os_error().unwrap_or_default()),
    };
    if builder.write_all(message.line().as_bytes()).is_err() {
        // The builder is gone: nobody else removes its temporary folders.
        for path in &request.leftovers {
            partial::remove_folder(path);
        }
    }
    if message == Message::Overdue && !request.enclosed {
        continue_builder();
    }
    0
}

/// Starts the script; with it comes what can be read from whenever a process below has ended.
fn start(request: &Request, builder: &UnixStream) -> io::Result<(Child, UnixStream)> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let (children, told) = UnixStream::pair()?;
    children.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(SIGCHLD, told)?;
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
    Ok((command.process_group(0).spawn()?, children))
}

/// Waits for the script, ends whatever is left, and says what became of it.
fn watch(script: &Child, builder: &UnixStream, mut children: &UnixStream, request: &Request) -> Message {
    let script = Pid::from_child(script);
    let end = request.limit.map(|limit| Instant::now() + limit + SLACK);
    let mut ended = None;
    let mut note = |pid, status| {
        if pid == script {
            ended = Some(status);
            return true;
        }
        false
    };
    let mut overdue = false;
    loop {
        let mut over = false;
        let left = reap(|pid, status| over |= note(pid, status));
        if over || !left {
            break;
        }
        let time = end.map(|end| end.saturating_duration_since(Instant::now()));
        overdue = time.is_some_and(|time| time.is_zero());
        // Nothing is ever sent by the builder: any sign of it is the end.
        let [asked, _] = ready([Some(builder.as_fd()), Some(children.as_fd())], time);
        if asked || overdue {
            break;
        }
        while children.read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
    }
    let all = end_all(request.grace, |pid, status| {
        note(pid, status);
    });
    match all {
        // What is left in a namespace ends with its first process.
        Err(Left(names)) if !request.enclosed => Message::Left(names),
        _ if overdue => Message::Overdue,
        _ => Message::Ended(ended.unwrap_or(ExitStatus::from_raw(Signal::KILL.as_raw()))),
    }
}

/// Has a builder go on that did not ask for the end of its script in time: the script stopped it.
fn continue_builder() {
    let Some(builder) = rustix::process::getppid() else { return };
    let path = format!("/proc/{}/stat", builder.as_raw_nonzero());
    let stat = files::read_text(path.as_ref(), files::SYSTEM_BYTES).unwrap_or_default();
    if stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't'])) {
        let _ = rustix::process::kill_process(builder, Signal::CONT);
    }
}
