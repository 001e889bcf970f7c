//! One entry of a catalogue.

use schemars::JsonSchema;
use serde::Serialize;

use crate::dependency::{Description, Sha256};

/// A dependency that can be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CatalogueEntry {
    /// What it is and where it is published.
    #[serde(flatten)]
    pub description: Description,
    /// SHA-256 of the archive.
    pub sha256: Sha256,
    /// Day from which its vendor no longer cares for it, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
}

impl CatalogueEntry {
    /// The command that fetches it.
    pub fn fetch_command(&self) -> String {
        format!("stage dependency fetch {}", self.description.coordinates())
    }

    /// The same without credentials in its URI, to be shown.
    #[must_use]
    pub fn redacted(&self) -> Self {
        Self { description: self.description.clone().redacted(), ..self.clone() }
    }

    /// Whether both stand for the same: equal id, version and platform.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        let (this, other) = (&self.description, &other.description);
        this.id == other.id && this.version == other.version && this.platform == other.platform
    }
}
