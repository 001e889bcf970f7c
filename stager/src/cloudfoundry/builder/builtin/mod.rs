//! The Java buildpack that this program is itself: chosen by key where no folder overrides it, or by a folder that holds
//! a buildpack's data only. No script runs; what it leaves is written into the folders of the staging, but for
//! archives, which become pieces of the droplet without being unpacked.

mod choose;
mod context;
mod data;
mod fifth;
mod parts;
mod place;
mod settle;
mod stage;
mod third;

pub(super) use choose::{Buildpack, BuiltIn, FindError, Preference, find};
pub(super) use context::{Archives, Context, LazyContext};
pub(super) use data::{DataError, data_in};
pub(super) use parts::{pieces, resident};
pub(super) use settle::settle;
pub(super) use stage::{Built, HOME, Place, detect, finalize, supply};
