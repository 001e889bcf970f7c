//! The Java buildpack that is built into `stage builder`, in its fifth generation.

mod recorded;
mod roles;
mod start;
