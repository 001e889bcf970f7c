//! The Java buildpack that is built into `stage builder`, in its fifth generation.

mod bad_input;
mod caches;
mod recorded;
mod reproducible;
mod roles;
mod start;
mod timings;
