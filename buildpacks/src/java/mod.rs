//! Java applications: containers, JREs, frameworks.

mod census;
pub mod classfile;
pub mod container;
pub mod manifest;
pub mod slices;

pub use census::WebApplication;
