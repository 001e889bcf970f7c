//! YAML as the lifecycle reads it: the first document, scalars as they are written, unknown tags passed over.
//!
//! A parser of events does the syntax; what is built from them, and the texts of errors, are decided here. Aliases are
//! copied, within a budget.

mod error;
mod node;
mod read;
mod value;

pub(super) use error::YamlError;
pub(super) use node::{Mismatches, Node};
pub(super) use read::parse;
