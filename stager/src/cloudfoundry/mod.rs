//! The three programs of Cloud Foundry's buildpack lifecycle: `builder` turns application bits into a droplet,
//! `launcher` starts it, `shell` opens a shell in it.
//!
//! A platform calls them by their names, flags, files, messages and exit codes; all of these are kept. The guide
//! `docs/cloud-foundry.md` says where this implementation differs.

mod bash;
mod builder;
mod credhub;
mod database_url;
mod droplet;
mod environment;
mod flags;
mod json;
mod json_syntax;
mod launcher;
mod output;
mod partial;
mod platform_options;
mod shell;
mod staging_info;
mod surroundings;
mod system;
mod temporary;
mod url;

use buildpacks::yaml;

pub use builder::{ArtifactError, DropletReport, DropletSettings, Helper, Unpublished, build, droplet_of};
pub(crate) use builder::{LocateError, folder_name, locate, procfile};
pub use launcher::launch;
pub use shell::open_shell;
pub use surroundings::Surroundings;
