//! What the cache knows of an archive.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::dependency::host::ID as HOST_JRE;
use crate::dependency::jre::JreFacts;
use crate::dependency::{Description, Kind, Remedy, Sha256};

/// The field with the hash of a record's other fields.
const CHECK: &str = "check";

/// Why a record says nothing.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is no JSON.
    #[error("It is no JSON")]
    Syntax(#[source] serde_json::Error),
    /// It is JSON of another program, or of another version of this one.
    #[error("It says nothing that is known here")]
    Foreign(#[source] serde_json::Error),
    /// It does not say what it said when it was written.
    #[error("It was changed since it was written")]
    Changed,
}

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
    ///
    /// # Errors
    /// [`RecordError`].
    pub(super) fn read(bytes: &[u8]) -> Result<Self, RecordError> {
        let value: Value = serde_json::from_slice(bytes).map_err(RecordError::Syntax)?;
        let check = value.get(CHECK).map(|check| check.as_str() == Some(&check_of(&value)));
        if check == Some(false) {
            return Err(RecordError::Changed);
        }
        let mut record: Self = serde_json::from_value(value.clone()).map_err(RecordError::Foreign)?;
        // Those of earlier versions have no check: what is told in another way than they told it has changed.
        if check.is_none() && !is_told_alike(&value, &record) {
            return Err(RecordError::Changed);
        }
        if record.description.kind == Kind::Jre {
            record.description.version = record.description.version.java();
        }
        Ok(record)
    }

    /// The record as it is written: with a hash of all that it says.
    pub(super) fn with_check(&self) -> serde_json::Result<Value> {
        let mut value = serde_json::to_value(self)?;
        let check = check_of(&value);
        if let Some(fields) = value.as_object_mut() {
            fields.insert(CHECK.to_owned(), Value::String(check));
        }
        Ok(value)
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

/// The hash of all fields of a record but the one that holds it: BLAKE3 of their JSON, by name.
fn check_of(record: &Value) -> String {
    let fields: BTreeMap<&String, &Value> =
        record.as_object().into_iter().flatten().filter(|(name, _)| *name != CHECK).collect();
    blake3::hash(format!("{}", serde_json::json!(fields)).as_bytes()).to_hex().to_string()
}

/// Whether the record has no field that would not be written for it.
fn is_told_alike(value: &Value, record: &CachedDependency) -> bool {
    let written = serde_json::to_value(record).unwrap_or_default();
    value.as_object().is_some_and(|fields| fields.keys().all(|name| written.get(name).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dependency::Version;

    #[test]
    fn every_change_of_a_record_is_noticed() {
        let archive = crate::dependency::Archive::new(crate::dependency::Format::Zip);
        let description = Description::new("some", "1.2.3".parse::<Version>().unwrap(), Kind::Jre, archive);
        let record = CachedDependency { description, sha256: Sha256::of(b"x"), size: 7, facts: Facts::default() };
        let written = record.with_check().unwrap().to_string();
        assert_eq!(CachedDependency::read(written.as_bytes()).unwrap(), record);
        for at in 0..written.len() {
            for bit in 0..7 {
                let mut changed = written.clone().into_bytes();
                changed[at] ^= 1 << bit;
                if let Ok(read) = CachedDependency::read(&changed) {
                    assert_eq!(read, record, "{}", String::from_utf8_lossy(&changed));
                }
            }
        }
        // One of an earlier version has no check, and is believed.
        let earlier = serde_json::to_vec(&record).unwrap();
        assert_eq!(CachedDependency::read(&earlier).unwrap(), record);
    }
}
