//! The `stage` program.
fn main() {}
