//! Zip archives (APPNOTE 6.3.10) as trees of spans: stored and deflated entries, zip64, data descriptors, bytes before
//! the archive such as a launch script, an archive comment. Nothing is decoded but the targets of symbolic links.

mod end;
mod index;
mod names;
mod repeated;
#[cfg(test)]
mod tests;
mod view;
#[cfg(test)]
pub(crate) mod writer;

pub(crate) use end::MAX_END_BYTES;
pub(super) use end::looks_like_zip;
pub(super) use index::{Archive, read_archive};
pub use index::{read, read_within};
pub use names::Names;
pub(crate) use view::View;
