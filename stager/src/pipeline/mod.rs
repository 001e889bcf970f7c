//! The flow: artifact → application → detection → plan → layers → image → sinks.

mod ahead;
mod base;
mod detect;
mod error;
mod finish;
mod inputs;
mod layers;
mod memory;
mod merge;
mod not_taken;
mod procfile;
mod recall;
mod run;
mod start;
mod survey;

pub use detect::{Detected, Taker, detect, detect_built_in};
pub use error::StageError;
pub use not_taken::NotTaken;
pub use run::{explain_base, plan, stage};
