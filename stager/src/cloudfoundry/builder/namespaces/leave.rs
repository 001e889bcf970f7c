//! Leaving what the host's processes share.

use rustix::io::Errno;
use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{getegid, geteuid};
use rustix::thread::UnshareFlags;

use super::refused::Refused;

/// What is left, besides the host's mounts.
#[derive(Clone, Copy, Debug)]
pub(in crate::cloudfoundry::builder) struct Apart {
    flags: UnshareFlags,
    flag_names: &'static str,
    propagation: MountPropagationFlags,
    propagation_name: &'static str,
}

impl Apart {
    /// The network; what is mounted later on either side stays there.
    pub(in crate::cloudfoundry::builder) const NETWORK: Self = Self {
        flags: UnshareFlags::NEWNS.union(UnshareFlags::NEWNET),
        flag_names: "CLONE_NEWNS | CLONE_NEWNET",
        propagation: MountPropagationFlags::PRIVATE,
        propagation_name: "MS_PRIVATE",
    };
    /// Processes, for those that are started next; what the host mounts later is seen.
    pub(in crate::cloudfoundry::builder) const PROCESSES: Self = Self {
        flags: UnshareFlags::NEWNS.union(UnshareFlags::NEWPID),
        flag_names: "CLONE_NEWNS | CLONE_NEWPID",
        propagation: MountPropagationFlags::DOWNSTREAM,
        propagation_name: "MS_SLAVE",
    };
}

/// Leaves it; without the right to, and where `users` allows it, with a user namespace in which the user is the same.
pub(in crate::cloudfoundry::builder) fn leave(apart: Apart, users: bool) -> Result<(), Refused> {
    let Apart { flags, flag_names, propagation, propagation_name } = apart;
    match unshare(flags) {
        Err(Errno::PERM) if users => {
            let (user, group) = (geteuid().as_raw(), getegid().as_raw());
            unshare(UnshareFlags::NEWUSER | flags)
                .map_err(Refused::call(format!("unshare(CLONE_NEWUSER | {flag_names})")))?;
            write("/proc/self/setgroups", "deny")?;
            write("/proc/self/uid_map", &format!("{user} {user} 1"))?;
            write("/proc/self/gid_map", &format!("{group} {group} 1"))?;
        }
        other => other.map_err(Refused::call(format!("unshare({flag_names})")))?,
    }
    mount_change("/", MountPropagationFlags::REC | propagation)
        .map_err(Refused::call(format!("mount(`/`, MS_REC | {propagation_name})")))
}

#[expect(deprecated, reason = "replaced by an unsafe function because of CLONE_FILES, which is never asked for here")]
fn unshare(flags: UnshareFlags) -> Result<(), Errno> {
    rustix::thread::unshare(flags)
}

#[expect(clippy::disallowed_methods, reason = "the kernel's files")]
fn write(path: &str, text: &str) -> Result<(), Refused> {
    std::fs::write(path, text).map_err(|error| {
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
        Refused::call(format!("write({path}) after unshare(CLONE_NEWUSER)"))(errno)
    })
}
