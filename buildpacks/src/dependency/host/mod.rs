//! The host's Java, for when no runtime is cached: found, trimmed by its own `jlink` where it has one, else copied, packed
//! reproducibly and kept in the cache, so that the next time is instant.

mod copy;
mod error;
mod find;
mod jlink;
mod pack;
mod provide;
#[cfg(test)]
mod tests;

pub use error::{Flaw, HostError};
pub use find::{HostJava, find_host_java};

pub(super) use provide::{ID, provide, tell};
