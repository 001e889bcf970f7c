//! The `memcalc` program.
fn main() {}
