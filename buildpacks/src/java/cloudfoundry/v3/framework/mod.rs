//! What is added to an application because it is configured, bound, or found in it.

mod debug;
mod jar;
mod java_opts;
mod jmx;
mod kind;
mod missing;

pub(super) use kind::{Framework, of};
