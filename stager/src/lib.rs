//! From contributions to bytes: layers, the layer cache, images, sinks, reports, and the command line of `stage`.
//!
//! The flow, in one direction: `pipeline` opens the application, asks `buildpacks` for a plan, turns its contributions
//! into layers (`layer`, `store`), layers into an image (`image`), and publishes it (`sink`).

#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests open files of their own"))]

pub mod cli;
pub mod cloudfoundry;
pub mod digest;
pub mod hint;
pub mod image;
pub mod launcher;
pub mod layer;
pub mod measure;
pub mod parallel;
pub mod pipeline;
pub mod profile;
pub mod report;
pub mod settings;
pub mod sink;
pub mod store;
