//! JVM memory sizing: given a memory limit, decides heap, metaspace, code cache, direct memory and stacks.
//!
//! Four generations of the calculator live here, each exact to its original in results, messages and oddities:
//!
//! | module | original | decides by |
//! | --- | --- | --- |
//! | [`v2`] | java-buildpack-memory-calculator 2.0.2 | weights and ranges |
//! | [`v3`] | java-buildpack-memory-calculator 3.13.0 | class count, single-dash flags |
//! | [`v4`] | java-buildpack-memory-calculator 4.2.0 | class count, double-dash flags |
//! | [`libjvm`] | the launch-time helper of Paketo's libjvm | environment and cgroup limit |
//!
//! [`fit`] adds what none of them has: a calculation by what the application needs. [`Calculator`] chooses among all of
//! them; [`limit`] finds the memory limit; [`named`] runs any as a program. [`explain`] shows any as a table. `count` (feature `program`) counts classes in jars, folders and
//! run-time images.
//!
//! The calculators do no I/O; what `count` reads, and the programs' documents, are opened by [`files`]. Sizes are signed 64-bit byte counts and wrap on overflow, as the originals' do; nothing
//! panics, whatever the input.

#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests open files of their own"))]

mod calculator;
#[cfg(feature = "program")]
pub mod count;
pub mod explain;
pub mod files;
pub mod fit;
pub mod flags;
pub mod go;
pub mod libjvm;
pub mod limit;
pub mod named;
pub mod outcome;
pub mod shellwords;
pub mod size;
pub mod v2;
pub mod v3;
pub mod v4;

pub use calculator::Calculator;
