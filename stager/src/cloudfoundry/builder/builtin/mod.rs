//! The Java buildpack that this program is itself: chosen by key where no folder overrides it, or by a folder that holds
//! a buildpack's data only. No script runs; what it leaves is written into the folders of the staging, but for
//! archives, which become pieces of the droplet without being unpacked.

mod choose;
mod context;
mod place;
mod stage;

pub(super) use choose::{Buildpack, find};
pub(super) use context::LazyContext;
pub(super) use stage::{Built, Place, detect, finalize, supply};
