//! The memory limit of this process, as the launcher finds it: the least of all that limit it.
//!
//! The platform's word (`MEMORY_LIMIT`), the limits of the control groups that the process is in, with those above them, and
//! the machine's memory. The originals look at two files alone: [`crate::libjvm::limit`].

mod find;
mod groups;

pub use find::{Find, LARGEST, Read};
