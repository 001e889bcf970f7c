//! `builder`: application bits and buildpacks in, droplet and build cache out.
//!
//! Order of events: flags, credentials, folders, downloads, cache clean-up, detection or supply, finalize or compile,
//! metadata of the buildpacks, processes, `result.json`, droplet, cache.
//!
//! Scripts run below a process of their own that ends everything they started (`supervision`), within limits (`limits`,
//! `disk`) and, when asked for, apart from network and file system (`isolation`).

mod artifact;
mod builtin;
mod choose;
mod disk;
mod download;
mod error;
mod helper;
mod interruption;
mod isolation;
mod limits;
mod locate;
mod metadata;
mod namespaces;
mod options;
mod processes;
mod result;
mod run;
mod script;
mod start;
mod supervision;
mod workspace;
mod zip;

pub(crate) use artifact::commands as procfile;
pub use artifact::{ArtifactError, DropletReport, DropletSettings, Unpublished, droplet_of};
pub use helper::Helper;
pub(crate) use locate::{LocateError, folder_name, locate};
pub use run::build;
