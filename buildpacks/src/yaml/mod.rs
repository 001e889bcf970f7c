//! YAML as Cloud Foundry's lifecycle and buildpacks read it: the first document, scalars as they are written, unknown tags passed over.
//!
//! A parser of events does the syntax; what is built from them, and the texts of errors, are decided here. Aliases are
//! copied, within a budget.

mod error;
mod node;
mod read;
mod value;

pub use error::YamlError;
pub use node::{Mismatches, Node, Value};
pub use read::parse;
