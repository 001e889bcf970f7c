//! A base layer made from this host: what a JRE needs to run, and nothing else of the host.
//!
//! The shared libraries are found as the dynamic loader would find them, without running anything. Accounts, name
//! service configuration and the time zone are written here; CA certificates, time zone data, the C.UTF-8 locale and
//! the name of the distribution come from the host.

mod account;
mod closure;
mod jre;
mod libraries;
mod root;
mod system;
#[cfg(test)]
mod tests;
mod zones;

pub use closure::{HostBase, SkippedLibrary, closure};
pub use root::HostRoot;
