//! Where a droplet goes that is no platform's: packed once, under one of its names, copied to the others.

use std::path::{Path, PathBuf};

use super::member::DropletError;
use super::packing::Whole;
use crate::sink::{Destination, DestinationError};

/// The places of one droplet.
pub(in crate::cloudfoundry) struct Places {
    /// Where it is packed.
    packed: PathBuf,
    /// Holds it when every place is a stream.
    temporary: Option<tempfile::TempDir>,
    /// Where it is copied to.
    copies: Vec<Destination>,
}

/// Why a droplet is not in all its places.
#[derive(Debug, thiserror::Error)]
pub(in crate::cloudfoundry) enum PlacesError {
    /// One of them cannot be written to.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// The packed one cannot get its name.
    #[error(transparent)]
    Packed(#[from] DropletError),
}

impl Places {
    /// Looks at the places; nothing is opened there.
    ///
    /// # Errors
    /// As [`Destination::of`].
    pub(in crate::cloudfoundry) fn of<'a>(
        outputs: impl IntoIterator<Item = &'a Path>,
    ) -> Result<Self, DestinationError> {
        let all = outputs.into_iter().map(Destination::of).collect::<Result<Vec<_>, _>>()?;
        let (mut files, streams): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|destination| matches!(destination, Destination::File(_)));
        if files.is_empty() {
            let shown = PathBuf::from("droplet");
            let failed = |source| DestinationError::Io { action: "make a temporary folder for", path: shown, source };
            let temporary = tempfile::tempdir().map_err(failed)?;
            let packed = temporary.path().join("droplet");
            return Ok(Self { packed, temporary: Some(temporary), copies: streams });
        }
        let packed = match files.remove(0) {
            Destination::File(path) => path,
            other => unreachable!("a file: {other:?}"),
        };
        Ok(Self { packed, temporary: None, copies: files.into_iter().chain(streams).collect() })
    }

    /// Where to pack it.
    pub(in crate::cloudfoundry) fn packed(&self) -> &Path {
        &self.packed
    }

    /// Puts the packed droplet into every place. Each is a file of its own: who changes one changes no other.
    ///
    /// # Errors
    /// [`PlacesError`].
    pub(in crate::cloudfoundry) fn publish(self, whole: Whole) -> Result<(), PlacesError> {
        for place in self.copies {
            let mut writing = place.create()?;
            whole.copy_to(&mut writing).map_err(|source| writing.failed(source))?;
            writing.finish()?;
        }
        if self.temporary.is_none() {
            whole.publish()?;
        }
        Ok(())
    }
}
