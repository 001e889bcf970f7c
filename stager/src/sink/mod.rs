//! Where a finished image goes: an OCI layout folder, an OCI archive. Whole or not at all, unless it is a stream.

mod archive;
mod blobs;
mod destination;
mod index;
mod layout;
mod mend;
mod overlap;
mod shape;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use buildpacks::application::ContentError;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::image::Image;
use crate::store::Store;

pub use destination::{Destination, DestinationError, Writing, is_stdout};
pub use overlap::{Input, OverlapError, refuse_overlaps, refuse_twice};

/// A place to publish to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Sink {
    /// `oci:DIR[:TAG]`: an OCI image layout folder.
    Oci {
        /// The folder.
        path: PathBuf,
        /// The tag, `latest` unless named.
        tag: String,
    },
    /// `oci-archive:FILE[:TAG]`: an OCI image layout in a tar.
    OciArchive {
        /// The file.
        path: PathBuf,
        /// The tag, `latest` unless named.
        tag: String,
    },
}

/// Tag of an image that was given none.
pub const DEFAULT_TAG: &str = "latest";

/// Text that names no sink.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an output: use `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]` or `droplet:FILE`, where FILE may be `-`"
)]
pub struct SinkSyntaxError(String);

impl SinkSyntaxError {
    /// For this text.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Why an image could not be published.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// A file or folder of the output could not be read or written.
    #[error("Could not {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be written to.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// The output exists and is something else.
    #[error("`{}` exists and is not an OCI image layout; nothing in it was changed", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// A name in the output layout is a link or no file or folder as it should be.
    #[error("`{}` is {found}, which an image is not written through; nothing was changed", path.display())]
    Shape {
        /// The name.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// The output's `index.json` cannot be understood.
    #[error("`{}` is not an OCI image index; nothing was changed", path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A blob changes while it is published.
    #[error("`{}` changed while it was published", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A blob of the base does not match its digest.
    #[error("Blob {digest} of the base image has other bytes: found {found}")]
    BaseBlob {
        /// Expected.
        digest: Digest,
        /// Found.
        found: Digest,
    },
    /// A blob of the base cannot be read.
    #[error("Could not read blob {digest} of the base image")]
    BaseContent {
        /// Which.
        digest: Digest,
        /// Why.
        source: ContentError,
    },
}

impl Sink {
    /// Publishes the image. `store` remembers which blobs in a layout were hashed; without it nothing is remembered.
    /// Returns notes on what was found broken there.
    pub fn publish(&self, image: &Image, store: Option<&Store>) -> Result<Vec<String>, SinkError> {
        match self {
            Self::Oci { path, tag } => layout::publish(image, path, tag, store),
            Self::OciArchive { path, tag } => {
                archive::publish(image, path, tag, store.is_some_and(Store::is_paranoid)).map(|()| Vec::new())
            }
        }
    }

    /// The path written to.
    pub fn path(&self) -> &std::path::Path {
        match self {
            Self::Oci { path, .. } | Self::OciArchive { path, .. } => path,
        }
    }
}

impl FromStr for Sink {
    type Err = SinkSyntaxError;

    fn from_str(text: &str) -> Result<Self, SinkSyntaxError> {
        let wrong = || SinkSyntaxError(text.to_owned());
        let (kind, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if is_tag(tag) => (path, tag),
            _ => (rest, DEFAULT_TAG),
        };
        // An address in the place of a path would be a folder of its name, with whatever secrets it holds.
        if path.is_empty() || rest.contains("://") {
            return Err(wrong());
        }
        let (path, tag) = (PathBuf::from(path), tag.to_owned());
        match kind {
            // A folder cannot be standard output.
            "oci" if is_stdout(&path) => Err(wrong()),
            "oci" => Ok(Self::Oci { path, tag }),
            "oci-archive" => Ok(Self::OciArchive { path, tag }),
            _ => Err(wrong()),
        }
    }
}

/// The distribution specification's tag grammar.
fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

impl fmt::Display for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oci { path, tag } => write!(f, "oci:{}:{tag}", path.display()),
            Self::OciArchive { path, tag } => write!(f, "oci-archive:{}:{tag}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_parse() {
        let oci = |path: &str, tag: &str| Sink::Oci { path: path.into(), tag: tag.into() };
        assert_eq!("oci:out".parse(), Ok(oci("out", "latest")));
        assert_eq!("oci:out:v1.2-x".parse(), Ok(oci("out", "v1.2-x")));
        assert_eq!("oci:/a:b/out".parse(), Ok(oci("/a:b/out", "latest")));
        let archive = Sink::OciArchive { path: "x.tar".into(), tag: "latest".into() };
        assert_eq!("oci-archive:x.tar".parse(), Ok(archive));
        for wrong in ["", "-", "out", "oci:", "oci:-", "oci:/dev/stdout:v1", "docker:x"] {
            assert!(wrong.parse::<Sink>().is_err(), "{wrong}");
        }
    }
}
