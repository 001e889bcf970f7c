//! An image: measured as it is, its profile in its labels.

use buildpacks::java::container::BUILDPACK;
use serde_json::Value;

use super::super::Failure;
use super::super::inspect;
use super::super::problem::{Code, Problem};
use super::{Archive, Outcome, Session, open};
use crate::image::base::{Base, BaseChoice};
use crate::image::{BUILD_METADATA, with_memory_profile};
use crate::sink::Sink;

/// An image that cannot have a profile.
#[derive(Debug, thiserror::Error)]
enum ImageError {
    /// Another program made it.
    #[error("`{0}` was not staged by this program: its launcher knows of no profile")]
    Foreign(String),
    /// It cannot be put back.
    #[error(
        "`{0}` cannot be replaced: it has no name of its own in its layout, is one of several platforms, or shares an archive"
    )]
    Shared(String),
    /// It is no layout.
    #[error("`{0}` is no image")]
    Kind(String),
    /// It was replaced by another.
    #[error("`{0}` was replaced by another image while it was measured; nothing was stored")]
    Changed(String),
}

impl Problem for ImageError {
    fn code(&self) -> Code {
        match self {
            Self::Foreign(_) | Self::Kind(_) => Code::BaseInvalid,
            Self::Shared(_) => Code::OutputForeign,
            Self::Changed(_) => Code::InputChanged,
        }
    }
}

pub(super) fn measure(name: &str, session: &Session) -> Result<Outcome, Failure> {
    let choice = inspect::choice(name)?;
    let image = open(&choice)?;
    let place = place(name, &choice, &image)?;
    let archive = Archive::of(&with_memory_profile(&image, None))?;
    let measured = session.measure(&archive.sink, &archive.open()?)?;
    let profile = measured.profile();
    if open(&choice)?.manifest != image.manifest {
        return Err(ImageError::Changed(name.to_owned()).into());
    }
    place.publish(&with_memory_profile(&image, Some(&profile.to_string())), None)?;
    Ok(Outcome::new(name.to_owned(), &session.measuring, measured, Some(place.to_string()), None))
}

/// Where the image lies, to be replaced.
fn place(name: &str, choice: &BaseChoice, image: &Base) -> Result<Sink, Failure> {
    if !is_ours(image) {
        return Err(ImageError::Foreign(name.to_owned()).into());
    }
    let shared = || ImageError::Shared(name.to_owned());
    let tag = image.tag.clone().ok_or_else(shared)?;
    match choice {
        BaseChoice::Oci { dir, .. } => Ok(Sink::Oci { path: dir.clone(), tag }),
        BaseChoice::OciArchive { file, .. } => {
            // An archive is written anew, which other images in it would not survive.
            open(&BaseChoice::OciArchive { file: file.clone(), tag: None }).map_err(|_| shared())?;
            Ok(Sink::OciArchive { path: file.clone(), tag })
        }
        _ => Err(ImageError::Kind(name.to_owned()).into()),
    }
}

/// Whether this program's own buildpack made it, as its label says.
fn is_ours(image: &Base) -> bool {
    let label = image.config["config"]["Labels"][BUILD_METADATA].as_str().unwrap_or_default();
    let build: Value = serde_json::from_str(label).unwrap_or_default();
    build["buildpacks"].as_array().is_some_and(|all| all.iter().any(|buildpack| buildpack["id"] == BUILDPACK))
}
