//! What the program promises when it is killed, when the system fails it, when inputs change under it, and when they are made
//! to hurt. `scripts/torture` runs this long; as it is, it is a small part of every `cargo test`.
//!
//! Every part makes rounds that depend on nothing but the part, the seed and the round's number ([`part`]).
//! `STAGE_TORTURE_ROUNDS` says how many, `STAGE_TORTURE_SEED` which ones, `STAGE_TORTURE_ROUND` repeats a single one.

#![expect(clippy::disallowed_methods, reason = "tests open files of their own")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]
#![expect(clippy::print_stdout, reason = "counts and verdicts")]

mod audit;
mod calls;
mod changes;
mod documents;
mod faults;
mod kills;
mod lies;
mod limits;
mod mutation;
mod mutations;
mod part;
mod places;
mod process;
mod random;
mod scene;
mod scenes;
#[path = "../suite/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the suite's helpers, of which not all are needed here")]
mod support;
