//! Namespaces of a process's own, and the rights with which it could leave them.

mod leave;
mod refused;
mod rights;

pub(super) use leave::{Apart, leave};
pub(super) use refused::Refused;
pub(super) use rights::{bequeath, give_up, inherit_nothing};
