//! The flow: artifact → application → detection → plan → layers → image → sinks.

mod base;
mod error;
mod finish;
mod inputs;
mod layers;
mod memory;
mod phases;
mod recall;
mod run;

pub use error::StageError;
pub use run::{detect, plan, stage};
