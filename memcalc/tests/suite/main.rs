//! Tests of the calculators: recorded vectors, properties, the program.

#![expect(clippy::disallowed_methods, reason = "tests open files of their own")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]
#![expect(clippy::print_stdout, reason = "counts of vectors, shown with --nocapture")]

mod counting;
mod fit;
mod golden;
mod helper;
mod jvms;
mod libraries;
mod measured;
mod program;
mod properties;
mod real;
mod room;
mod tree;
