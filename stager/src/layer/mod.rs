//! From entries to a layer blob: selector, the one normalising tar writer, compressors, the parallel build.

mod build;
mod chunks;
mod compression;
mod selector;
mod spec;
mod tarball;

pub use build::{BuiltLayer, LayerError, build};
pub use compression::Compression;
pub use selector::Selector;
pub use spec::{LayerEntry, LayerFiles, LayerSpec, Owner};
pub use tarball::{LAYER_TIME, TarWriter};
