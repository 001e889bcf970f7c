//! From entries to a layer blob: selector, the one normalising tar writer, compressors, the parallel build.

mod build;
#[cfg(test)]
mod build_tests;
mod chunks;
mod compression;
mod selector;
mod spec;
mod tarball;

pub use build::{BuiltLayer, LayerError, build};
pub(crate) use chunks::write_chunks;
pub use compression::Compression;
pub use selector::Selector;
pub(crate) use spec::complete;
pub use spec::{LayerEntry, LayerFiles, LayerSpec, Owner};
pub use tarball::{LAYER_TIME, TarWriter};
