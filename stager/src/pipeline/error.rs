//! Why a staging failed.

use std::path::PathBuf;

use buildpacks::application::OpenError;
use buildpacks::dependency::{CatalogueError, DependencyError};
use buildpacks::java::container::DetectError;
use buildpacks::java::slices::SliceError;
use buildpacks::java::start::StartError;
use buildpacks::system::SystemError;

use super::NotTaken;
use super::merge::MOST_LAYERS;
use crate::digest::Digest;
use crate::image::base::BaseError;
use crate::layer::LayerError;
use crate::sink::SinkError;
use crate::store::StoreError;

/// Why a staging failed. Each variant keeps the words of the part that failed.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The artifact could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Nothing built in takes it.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// Its metadata is broken.
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// What decides which buildpack takes it is broken.
    #[error(transparent)]
    System(#[from] SystemError),
    /// What it is started by is not there.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The application could not be divided into layers.
    #[error(transparent)]
    Slice(#[from] SliceError),
    /// The catalogue could not be read.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A dependency is missing or broken.
    #[error(transparent)]
    Dependency(#[from] DependencyError),
    /// The base is missing or broken.
    #[error(transparent)]
    Base(#[from] BaseError),
    /// The base leaves no room.
    #[error(
        "The base has {base} layers: with the application's they are more than the {MOST_LAYERS} that runtimes mount"
    )]
    TooManyLayers {
        /// The base's.
        base: usize,
    },
    /// A layer could not be built.
    #[error("Could not stage `{}`", application.display())]
    Layer {
        /// The artifact.
        application: PathBuf,
        /// Why.
        source: LayerError,
    },
    /// The layer cache failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The image could not be published.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// A layer has no media type in the family asked for.
    #[error("Layer `{layer}` of type `{media_type}` has no Docker media type")]
    MediaType {
        /// Layer.
        layer: String,
        /// Its type or its compression.
        media_type: String,
    },
    /// The image is not the one that was expected.
    #[error("The image is `{found}`, expected `{expected}`; nothing was published")]
    Unexpected {
        /// What was expected.
        expected: Digest,
        /// What it is.
        found: Digest,
    },
}
