//! Scripts and everything they start, kept together and ended together.
//!
//! The builder starts a guard, the guard the script in a process group of its own. A socket joins builder and guard: its end
//! tells the guard that the script shall stop, whether the builder says so or died by any signal; the guard tells what
//! became of the script. As a subreaper the guard stays the ancestor of whatever the script left behind, and it ends it all
//! before it reports.

mod descendants;
mod guard;
mod message;
mod runner;

pub(super) use guard::guard;
pub(super) use message::Message;
pub(super) use runner::{Ended, Print, Runner, Task};
