//! The rights of the programs that a process becomes or starts.

use rustix::process::geteuid;
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, configure_capability_in_ambient_set,
    remove_capability_from_bounding_set, set_capabilities,
};

use super::refused::Refused;

/// Rights with which a script of root could undo its isolation, or reach out of it.
const RIGHTS: [(CapabilitySet, &str); 5] = [
    (CapabilitySet::SYS_ADMIN, "CAP_SYS_ADMIN"),
    (CapabilitySet::NET_ADMIN, "CAP_NET_ADMIN"),
    (CapabilitySet::SYS_PTRACE, "CAP_SYS_PTRACE"),
    (CapabilitySet::SYS_MODULE, "CAP_SYS_MODULE"),
    (CapabilitySet::SYS_RAWIO, "CAP_SYS_RAWIO"),
];

/// Gives the rights up that programs started from now on could undo the isolation with.
pub(in crate::cloudfoundry::builder) fn give_up() -> Result<(), Refused> {
    clear_ambient_capability_set().map_err(Refused::call("prctl(PR_CAP_AMBIENT_CLEAR_ALL)"))?;
    for (right, name) in RIGHTS {
        remove_capability_from_bounding_set(right).map_err(Refused::call(format!("prctl(PR_CAPBSET_DROP, {name})")))?;
    }
    Ok(())
}

/// Has the program that is started next keep the right to mount, which an ordinary user has in a user namespace but would
/// lose on the way. Root loses nothing.
pub(in crate::cloudfoundry::builder) fn bequeath() -> Result<(), Refused> {
    if geteuid().is_root() {
        return Ok(());
    }
    let mut sets = capabilities(None).map_err(Refused::call("capget"))?;
    sets.inheritable |= CapabilitySet::SYS_ADMIN;
    set_capabilities(None, sets).map_err(Refused::call("capset"))?;
    configure_capability_in_ambient_set(CapabilitySet::SYS_ADMIN, true)
        .map_err(Refused::call("prctl(PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN)"))
}

/// Takes back what was bequeathed: an ordinary user is one again.
pub(in crate::cloudfoundry::builder) fn inherit_nothing() -> Result<(), Refused> {
    if geteuid().is_root() {
        return Ok(());
    }
    clear_ambient_capability_set().map_err(Refused::call("prctl(PR_CAP_AMBIENT_CLEAR_ALL)"))?;
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    set_capabilities(None, sets).map_err(Refused::call("capset"))
}
