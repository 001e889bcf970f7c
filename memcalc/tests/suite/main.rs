//! Tests of the calculators: recorded vectors, properties, the program.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests fail by panicking")]

mod counting;
mod fit;
mod golden;
mod helper;
mod jvms;
mod tree;
