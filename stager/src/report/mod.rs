//! What a staging did, for people and machines.

mod busy;
mod human;
mod memory;
mod model;
mod phases;
mod progress;

pub use busy::Busy;
pub use human::{bytes, milliseconds, table};
pub use memory::{peak_anonymous_memory, sample_anonymous_memory};
pub use model::{
    ApplicationReport, BaseReport, DependencyReport, ImageReport, LayerReport, MemoryReport, OutputReport, Report,
    Timings,
};
pub(crate) use phases::Phases;
pub use progress::{Activities, Bars, Progress, Silent};
