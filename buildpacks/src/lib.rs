//! From an application artifact to contributions.
//!
//! The flow is `application` (the artifact as a read-only tree) → detection → `dependency` (exact
//! versions from the offline cache) → `api::Contribution`s: pure data, contents are handles, not bytes. `system` knows
//! which buildpack of Cloud Foundry takes what nothing here does.

#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests open files of their own"))]

pub mod absence;
pub mod activity;
pub mod api;
pub mod application;
pub mod dependency;
pub mod files;
pub mod java;
pub mod shown;
pub mod system;
pub mod yaml;
