//! Java runtimes: what is read from one when it is added, and which one an application gets.

mod count;
mod facts;
mod release;
mod request;
mod select;
#[cfg(test)]
pub(super) mod tests;

pub use facts::JreFacts;
pub use request::JreRequest;
pub use select::{HostPolicy, JreChoice, JreSelection, Newest, published_runtime, select_jre};

pub(super) use facts::{CLASS_LIBRARIES, facts, feature};
pub(super) use release::Release;
