//! From layers to an image: base, config, labels, manifest, canonical JSON.

mod assemble;
pub mod base;
mod json;
mod labels;
mod media;
mod memory_facts;
mod memory_profile;
mod spec;

pub use assemble::{Document, Image, assemble};
pub use json::canonical;
pub use labels::{BUILD_METADATA, LIFECYCLE_METADATA, PROJECT_METADATA};
pub use media::MediaTypes;
pub use memory_facts::{LayerError, MemoryFacts};
pub use memory_profile::{MEMORY_PROFILE, VARIABLE as MEMORY_PROFILE_VARIABLE, with_memory_profile};
pub use spec::{APP_DIR, BlobLocation, ImageBlob, ImageLayer, ImageSpec, LAUNCHER, LAYERS_DIR, PLATFORM_API, Role};
