//! The helper that becomes an isolated script.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use fs_err as fs;
use rustix::process::Signal;

use super::super::supervision::Message;
use super::error::Refused;
use super::plan::View;
use super::{loopback, mounts, namespaces};

/// Isolates the process and becomes the script; without one, only tries. What goes wrong is told over standard input, the
/// socket to the builder, which the script does not inherit.
pub(in crate::cloudfoundry::builder) fn enter(mut arguments: impl Iterator<Item = OsString>) -> u8 {
    let Some(view) = View::parse(&mut arguments) else { return 1 };
    let Ok(mut builder) = channel() else { return 1 };
    let message = match isolate(&view) {
        Ok(()) => match arguments.next() {
            None => return 0,
            Some(program) => {
                let error = Command::new(program).args(arguments).exec();
                Message::NotStarted(error.raw_os_error().unwrap_or_default())
            }
        },
        Err(error) => Message::NotIsolated(error.to_string()),
    };
    drop(builder.write_all(message.line().as_bytes()));
    1
}

/// Keeps the socket for itself and puts nothing in its place.
fn channel() -> io::Result<UnixStream> {
    let builder = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(fs::File::open("/dev/null")?.file())?;
    Ok(builder.into())
}

fn isolate(view: &View) -> Result<(), Refused> {
    // The guard cannot be killed without the script being killed too.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(Refused::call("prctl(PR_SET_PDEATHSIG)"))?;
    namespaces::leave()?;
    mounts::set_up(view)?;
    // Without the device there is one network less: nothing that isolation promises.
    let _ = loopback::switch_on();
    namespaces::give_up_rights()
}
