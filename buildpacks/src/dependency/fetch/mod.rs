//! Getting archives from where they are published. Nothing else in this crate touches the network.

mod error;
mod http;
mod maven;
mod source;

pub use error::{Attempt, FetchError};
pub use source::{Environment, FetchOptions, Progress};

pub(super) use source::{Source, sources};
