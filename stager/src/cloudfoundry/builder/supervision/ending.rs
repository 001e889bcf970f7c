//! Ending everything below a process.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions};

use super::descendants;

/// What is not gone so long after it was killed is given up: it is another user's, or the kernel holds it.
pub(super) const BOUND: Duration = Duration::from_secs(5);

/// What could not be ended, by number and name.
#[derive(Debug)]
pub(super) struct Left(pub(super) String);

/// Tells of every process that has ended; whether any is left below this one.
pub(super) fn reap(mut of: impl FnMut(Pid, ExitStatus)) -> bool {
    /// More may always come.
    const MOST: usize = 10_000;
    for _ in 0..MOST {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) => of(pid, ExitStatus::from_raw(status.as_raw())),
            Ok(None) => return true,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
    true
}

/// Asks every process below this one to end, and after the grace period ends those that did not. A grace period of zero asks
/// nobody.
pub(super) fn end_all(grace: Duration, mut of: impl FnMut(Pid, ExitStatus)) -> Result<(), Left> {
    /// How long to wait for what was signalled; processes may start others meanwhile.
    const PAUSES: [Duration; 2] = [Duration::from_micros(200), Duration::from_millis(10)];
    let own = rustix::process::getpid();
    if !reap(&mut of) {
        return Ok(());
    }
    let started = Instant::now();
    if !grace.is_zero() {
        descendants::signal(own, Signal::TERM);
        // A stopped process only ends once it continues.
        descendants::signal(own, Signal::CONT);
    }
    let mut pause = PAUSES[0];
    while reap(&mut of) {
        if started.elapsed() >= grace {
            if started.elapsed() >= grace + BOUND {
                return Err(Left(descendants::names(own)));
            }
            descendants::kill(own);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(PAUSES[1]);
    }
    Ok(())
}
