//! What the cache knows of an archive.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dependency::host::ID as HOST_JRE;
use crate::dependency::jre::JreFacts;
use crate::dependency::{Description, Kind, Remedy, Sha256};

/// A dependency in the cache: the record beside its archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CachedDependency {
    /// What it is; its URI without credentials.
    #[serde(flatten)]
    pub description: Description,
    /// SHA-256 of the archive, its name in the cache.
    pub sha256: Sha256,
    /// Size of the archive in bytes.
    pub size: u64,
    /// What was read from the archive when it was added.
    #[serde(default)]
    pub facts: Facts,
}

/// What was read from an archive when it was added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// Facts of the Java runtime in it, if it holds one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jre: Option<Box<JreFacts>>,
}

impl CachedDependency {
    /// Reads a record. The text of a runtime's version may be `1.8.0`, which is one of Java 8.
    pub(super) fn read(bytes: &[u8]) -> serde_json::Result<Self> {
        let mut record: Self = serde_json::from_slice(bytes)?;
        if record.description.kind == Kind::Jre {
            record.description.version = record.description.version.java();
        }
        Ok(record)
    }

    /// Whether it was made of this machine's Java, as a by-product of a staging.
    pub fn is_made_here(&self) -> bool {
        self.description.id == HOST_JRE
    }

    /// What helps when its archive is lost.
    pub fn remedy(&self) -> Remedy {
        Remedy::of(&self.description)
    }
}
