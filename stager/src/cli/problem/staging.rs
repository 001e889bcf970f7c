//! Errors of the flow and of the layer cache.

use std::io;

use buildpacks::application::ContentError;

use super::{Code, Place, Problem};
use crate::layer::LayerError;
use crate::parallel::ThreadError;
use crate::pipeline::StageError;
use crate::store::StoreError;

impl Problem for StageError {
    fn code(&self) -> Code {
        match self {
            Self::Open(source) => source.code(),
            Self::NotTaken(_) => Code::NothingDetected,
            Self::Detect(source) => source.code(),
            Self::System(source) => source.code(),
            Self::Start(source) => source.code(),
            Self::Slice(source) => source.code(),
            Self::Catalogue(source) => source.code(),
            Self::Dependency(source) => source.code(),
            Self::Base(source) => source.code(),
            Self::TooManyLayers { .. } => Code::BaseInvalid,
            Self::Layer { source, .. } => source.code(),
            Self::Store(source) => source.code(),
            Self::Sink(source) => source.code(),
            Self::MediaType { .. } => Code::ImageMediaType,
            Self::Unexpected { .. } => Code::ImageDigest,
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::Open(source) => source.advice(),
            Self::NotTaken(source) => Some(source.hint()),
            Self::Detect(source) => source.advice(),
            Self::System(source) => source.advice(),
            Self::Start(source) => source.advice(),
            Self::Slice(source) => source.advice(),
            Self::Catalogue(source) => source.advice(),
            Self::Dependency(source) => source.advice(),
            Self::Base(source) => source.advice(),
            Self::TooManyLayers { .. } => Some("Squash the base, or use another one".to_owned()),
            Self::Layer { source, .. } => source.advice(),
            Self::Store(source) => source.advice(),
            Self::Sink(source) => source.advice(),
            Self::MediaType { .. } => Some("use `--media-types oci`, or `--compression gzip`".to_owned()),
            Self::Unexpected { .. } => {
                Some("`stage plan --explain` shows what it is made of; a base `host` and a runtime of the host's differ between machines".to_owned())
            }
        }
    }
}

impl Problem for LayerError {
    fn code(&self) -> Code {
        match self {
            // What is read is the application's, what is written the cache's.
            Self::Content { source: ContentError::Write(source), .. } | Self::Write { source, .. } => {
                Place::Cache.code(source)
            }
            Self::Content { source, .. } => source.code(),
            Self::Changed { .. } => Code::InputChanged,
            Self::Whiteout { .. } => Code::InputEntry,
            Self::Dependency { source, .. } => source.code(),
            Self::Store(source) => source.code(),
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::Content { .. } | Self::Changed { .. } | Self::Whiteout { .. } => self.hint(),
            Self::Write { source, .. } => of_cache(source),
            Self::Dependency { source, .. } => source.advice(),
            Self::Store(source) => source.advice(),
        }
    }
}

impl Problem for ThreadError {
    fn code(&self) -> Code {
        Code::Exhausted
    }

    fn advice(&self) -> Option<String> {
        Some(self.hint())
    }
}

impl Problem for StoreError {
    fn code(&self) -> Code {
        match self {
            Self::Io { source, .. } => Place::Cache.code(source),
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::Io { source, .. } => of_cache(source),
        }
    }
}

/// What to do when the cache folder cannot be used.
pub(super) fn of_cache(error: &io::Error) -> Option<String> {
    match Place::Cache.code(error) {
        Code::CachePermission | Code::CacheIo => {
            Some("`--cache-dir DIR`, or the variable `STAGE_CACHE_DIR`, names another folder for the cache".to_owned())
        }
        Code::DiskFull => Some(
            "Make room, or name a folder on another disk with `--cache-dir DIR`; the cache may be removed".to_owned(),
        ),
        _ => None,
    }
}
