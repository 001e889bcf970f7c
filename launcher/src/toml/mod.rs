//! A small TOML reader: what `metadata.toml` and the output of exec.d programs are made of.
//!
//! Strings of all four kinds, booleans, arrays, inline tables, tables and arrays of tables are read; numbers and dates
//! are accepted and not looked at. Duplicate keys, unknown syntax and anything after a value are errors with a line
//! number.

mod document;
mod reader;
mod table;

pub(crate) use document::parse;
pub(crate) use table::{Entry, Error, Table, Value};
