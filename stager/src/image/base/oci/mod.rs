//! A base from an OCI image layout: a directory or a tar of one. Docker's media types are taken as OCI's.
//!
//! JSON documents are verified here; layers only by size and place, since whoever copies them hashes them anyway.

mod document;
mod image;
mod layout;
mod select;
mod startable;
#[cfg(test)]
mod tests;

pub(super) use image::{from_archive, from_directory};
