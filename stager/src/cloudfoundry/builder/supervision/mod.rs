//! Scripts and everything they start, kept together and ended together.
//!
//! The builder starts a guard, the guard the script in a process group of its own. A socket joins builder and guard: its end
//! tells the guard that the script shall stop, whether the builder says so or died by any signal; the guard tells what
//! became of the script. The guard ends all that the script left behind before it reports.
//!
//! Where the kernel lets it, the guard is the first process of a PID namespace (`enclosure`): what it supervises can neither
//! see nor signal it, and ends with it at once. Elsewhere it stays the ancestor of everything as a subreaper, and the builder
//! watches it from outside (`attendance`): a guard that was stopped is continued, one that does not answer is killed, and what
//! it kept together then comes to the builder, which ends it. What cannot be ended fails the staging.

mod attendance;
mod descendants;
mod enclosure;
mod ending;
mod guard;
mod message;
mod readiness;
mod request;
mod runner;

pub(super) use enclosure::enclose;
pub(super) use guard::guard;
pub(super) use message::{Message, channel};
pub(super) use runner::{Ended, Print, Runner, Task};
