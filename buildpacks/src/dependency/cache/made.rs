//! Archives made on this machine.

use std::io::{BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::store::read_if_there;
use super::{CachedDependency, DependencyCache};
use crate::dependency::{DependencyError, Description, HostError};

impl DependencyCache {
    /// Takes in an archive that `make` writes, with a folder for work in progress at hand.
    pub(in crate::dependency) fn add_made(
        &self,
        make: impl FnOnce(&Path, &mut dyn Write) -> Result<Description, HostError>,
    ) -> Result<CachedDependency, DependencyError> {
        let (scratch, writing) = self.scratch()?;
        let mut out = BufWriter::new(self.incoming()?);
        let description = make(scratch.path(), &mut out)?;
        let incoming = out.into_inner().map_err(|error| DependencyError::WriteCache(error.into_error()))?;
        let record = self.admit(incoming.finish()?, &description, None, &description.id)?;
        drop(scratch);
        drop(writing);
        Ok(record)
    }

    /// What was made under `key`, if anything; what says nothing is as good as nothing.
    pub(in crate::dependency) fn read_host<T: DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<T>, DependencyError> {
        let bytes = read_if_there(&self.layout.host(key)).map_err(DependencyError::unread(&self.layout.host(key)))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Remembers what was made under `key`.
    pub(in crate::dependency) fn write_host(&self, key: &str, value: &impl Serialize) -> Result<(), DependencyError> {
        let _writing = self.writing()?;
        self.write_json_durably(&self.layout.host(key), value).map_err(DependencyError::WriteCache)
    }
}
