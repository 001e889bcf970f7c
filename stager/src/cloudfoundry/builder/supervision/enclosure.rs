//! A PID namespace for a guard and all below it.
//!
//! The guard is its first process: nothing in it can stop or kill the guard, or see a process outside, and when the guard is
//! gone the kernel ends everything in it at once, however fast it forks. The helper that makes the namespace stays outside and
//! only waits.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Child;

use rustix::mount::{MountFlags, mount};
use rustix::process::{Pid, Signal};

use super::super::helper::Helper;
use super::super::namespaces::{self, Apart, Refused};
use super::message::{Message, channel};

/// The first argument where a user namespace may be taken.
pub(super) const USERS: &str = "users";
/// The first argument where it may not.
pub(super) const NO_USERS: &str = "no-users";

/// Makes the namespace, starts the guard with the other arguments, and waits for it; the exit code.
pub(in crate::cloudfoundry::builder) fn enclose(mut arguments: impl Iterator<Item = OsString>) -> u8 {
    let users = arguments.next().is_some_and(|argument| argument == USERS);
    let Ok(mut builder) = channel() else { return 1 };
    match start(users, arguments, &builder) {
        Ok(mut guard) => {
            // The builder shall see the end of the socket when the guard is gone.
            drop(builder);
            drop(guard.wait());
            0
        }
        Err(message) => {
            drop(builder.write_all(message.line().as_bytes()));
            1
        }
    }
}

fn start(users: bool, arguments: impl Iterator<Item = OsString>, builder: &UnixStream) -> Result<Child, Message> {
    let refused = |error: Refused| Message::NotEnclosed(error.to_string());
    namespaces::leave(Apart::PROCESSES, users).map_err(refused)?;
    namespaces::bequeath().map_err(refused)?;
    let failed = |error: std::io::Error| Message::NotStarted(error.raw_os_error().unwrap_or_default());
    let channel = OwnedFd::from(builder.try_clone().map_err(failed)?);
    Helper::Guard.command().args(arguments).stdin(channel).spawn().map_err(failed)
}

/// Makes the guard's process the namespace's own: it sees its processes in `/proc`, and ends with who waits for it outside.
pub(super) fn settle() -> Result<(), Refused> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(Refused::call("prctl(PR_SET_PDEATHSIG)"))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("proc", "/proc", "proc", flags, None).map_err(Refused::call("mount(proc, /proc)"))?;
    namespaces::inherit_nothing()
}

/// Whether the process with this number is the first of its namespace.
pub(super) fn is_first(process: Pid) -> bool {
    process == Pid::INIT
}
