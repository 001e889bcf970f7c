//! Scripts apart from network and file system.
//!
//! The helper that becomes an isolated script first leaves the host's network and mounts, or, without the right to, takes
//! a user namespace first; then it makes the buildpack read-only and puts a folder of the staging in the place of `/tmp`,
//! with the contract's folders in it where they lie below `/tmp`.

mod enter;
mod loopback;
mod mounts;
mod plan;

pub(super) use enter::enter;
pub(super) use plan::Isolation;
