//! Waiting for several things at once without a thread for each: a process of a script that takes all there are must not
//! keep the builder or the guard from ending it.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Waits until one of these can be read, or has ended, or the time is over; which ones.
pub(super) fn ready<const N: usize>(what: [Option<BorrowedFd<'_>>; N], time: Option<Duration>) -> [bool; N] {
    /// How long to wait when the kernel has no memory to wait better.
    const OTHERWISE: Duration = Duration::from_millis(10);
    let mut fds: Vec<_> = what.into_iter().flatten().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
    let time = time.and_then(|time| Timespec::try_from(time).ok());
    match poll(&mut fds, time.as_ref()) {
        Ok(_) => {}
        Err(rustix::io::Errno::INTR) => return [false; N],
        Err(_) => {
            std::thread::sleep(OTHERWISE);
            return [false; N];
        }
    }
    let mut answers = fds.iter().map(|fd| !fd.revents().is_empty());
    what.map(|fd| fd.is_some() && answers.next().unwrap_or(false))
}
