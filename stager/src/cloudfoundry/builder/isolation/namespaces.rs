//! Namespaces of the process's own.

use rustix::io::Errno;
use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{getegid, geteuid};
use rustix::thread::{CapabilitySet, UnshareFlags, clear_ambient_capability_set, remove_capability_from_bounding_set};

use super::error::Refused;

/// Rights with which a script of root could undo its isolation, or reach out of it.
const RIGHTS: [(CapabilitySet, &str); 5] = [
    (CapabilitySet::SYS_ADMIN, "CAP_SYS_ADMIN"),
    (CapabilitySet::NET_ADMIN, "CAP_NET_ADMIN"),
    (CapabilitySet::SYS_PTRACE, "CAP_SYS_PTRACE"),
    (CapabilitySet::SYS_MODULE, "CAP_SYS_MODULE"),
    (CapabilitySet::SYS_RAWIO, "CAP_SYS_RAWIO"),
];

/// Leaves the host's network and mounts; without the right to, with a user namespace in which the user is the same.
pub(super) fn leave() -> Result<(), Refused> {
    let apart = UnshareFlags::NEWNS | UnshareFlags::NEWNET;
    match unshare(apart) {
        Ok(()) => {}
        Err(Errno::PERM) => {
            let (user, group) = (geteuid().as_raw(), getegid().as_raw());
            unshare(UnshareFlags::NEWUSER | apart)
                .map_err(Refused::call("unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET)"))?;
            write("/proc/self/setgroups", "deny")?;
            write("/proc/self/uid_map", &format!("{user} {user} 1"))?;
            write("/proc/self/gid_map", &format!("{group} {group} 1"))?;
        }
        Err(errno) => return Err(Refused::call("unshare(CLONE_NEWNS | CLONE_NEWNET)")(errno)),
    }
    mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE)
        .map_err(Refused::call("mount(`/`, MS_REC | MS_PRIVATE)"))
}

/// Gives the rights up that programs started from now on could undo the isolation with.
pub(super) fn give_up_rights() -> Result<(), Refused> {
    clear_ambient_capability_set().map_err(Refused::call("prctl(PR_CAP_AMBIENT_CLEAR_ALL)"))?;
    for (right, name) in RIGHTS {
        remove_capability_from_bounding_set(right).map_err(Refused::call(format!("prctl(PR_CAPBSET_DROP, {name})")))?;
    }
    Ok(())
}

#[expect(deprecated, reason = "replaced by an unsafe function because of CLONE_FILES, which is never asked for here")]
fn unshare(flags: UnshareFlags) -> Result<(), Errno> {
    rustix::thread::unshare(flags)
}

fn write(path: &str, text: &str) -> Result<(), Refused> {
    std::fs::write(path, text).map_err(|error| {
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
        Refused::call(format!("write({path}) after unshare(CLONE_NEWUSER)"))(errno)
    })
}
