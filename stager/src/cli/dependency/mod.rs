//! `stage dependency list|add|fetch|import|remove|verify`.

mod add;
mod fetch;
mod import;
mod list;
mod remove;
mod run;
mod verify;

pub(super) use remove::Removal;
pub(super) use run::{Dependencies, run};
