//! The helper that becomes an isolated script.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::Signal;

use super::super::namespaces::{self, Apart, Refused};
use super::super::supervision::{Message, channel};
use super::plan::View;
use super::{loopback, mounts};

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

fn isolate(view: &View) -> Result<(), Refused> {
    // The guard cannot be killed without the script being killed too.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(Refused::call("prctl(PR_SET_PDEATHSIG)"))?;
    namespaces::leave(Apart::NETWORK, true)?;
    mounts::set_up(view)?;
    // Without the device there is one network less: nothing that isolation promises.
    let _ = loopback::switch_on();
    namespaces::give_up()
}
