//! A base layer made from this host: what a JRE needs to run, and nothing else of the host.
//!
//! The shared libraries are found as the dynamic loader would find them, without running anything. Accounts, name
//! service configuration and the time zone are written here; CA certificates, time zone data, the C.UTF-8 locale and
//! the name of the distribution come from the host.

mod account;
mod closure;
mod jre;
mod left_out;
mod libraries;
mod root;
mod system;
#[cfg(test)]
mod tests;
mod zones;

pub(super) use account::HOME;
pub use closure::{HostBase, closure};
pub use left_out::SkippedLibrary;
pub use root::HostRoot;
