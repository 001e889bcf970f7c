//! `builder`: application bits and buildpacks in, droplet and build cache out.
//!
//! Order of events: flags, credentials, folders, downloads, cache clean-up, detection or supply, finalize or compile,
//! metadata of the buildpacks, processes, `result.json`, droplet, cache.

mod choose;
mod download;
mod error;
mod locate;
mod metadata;
mod options;
mod processes;
mod result;
mod run;
mod script;
mod workspace;
mod zip;

pub(crate) use locate::{LocateError, folder_name, locate};
pub use run::build;
