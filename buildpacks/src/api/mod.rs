//! The contract between buildpacks and the stager: names, environment deltas, processes, contributions.
//! Everything here is data that can be printed as JSON; contents are handles.

mod contribution;
mod env;
mod evidence;
mod name;
mod process;

pub use contribution::{BuildpackRef, Contribution, LayerContribution, LayerSource, Setting};
pub use env::{EnvDelta, EnvOperation};
pub use evidence::Evidence;
pub use name::{BuildpackId, LayerName, NameError, ProcessType};
pub use process::Process;
