//! The third generation of the Java buildpack (2014 to 2017): settings in `config`, offline files in `resources/cache`,
//! everything else below `.java-buildpack` in the application's folder, and one long start command.
//!
//! ```text
//! Buildpack ──► Phase ──► Components ──► detect   the tags of what applies
//!  folder       settings,  container,    compile  Deposit, log lines
//!               cache      JRE,          release  start command
//!                          frameworks
//! ```
//!
//! Each phase looks at the application and the settings anew, as the scripts whose part is played here do, so warnings
//! are repeated in each.

mod archive;
mod boot;
mod buildpack;
mod cache;
mod calculator;
mod class_name;
mod components;
mod container;
mod duration;
mod framework;
mod jre;
mod layout;
mod memory;
mod phase;
mod platform;
mod properties;
mod repository;
mod resources;
mod settings;
mod shell_words;
mod staging;
#[cfg(test)]
mod tests;
mod version;

pub use buildpack::{Buildpack, ReadError};
pub use staging::Staging;
