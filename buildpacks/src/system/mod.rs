//! Which of Cloud Foundry's nine system buildpacks takes an application, and why: the answers of their `bin/detect`
//! scripts, without running them.
//!
//! Every answer is the one recorded from the original (`fixtures/golden/system-buildpacks`). What the originals do beyond
//! looking at the tree is left out: a folder whose path holds white space makes some of them err.

mod advice;
mod application_type;
mod error;
mod near_miss;
mod rules;
#[cfg(test)]
mod tests;
mod tree;
mod verdict;

pub use application_type::ApplicationType;
pub use error::SystemError;
pub use near_miss::{NearMiss, near_misses, only_folder};
pub use verdict::{Match, Variables, Verdict, detect};
