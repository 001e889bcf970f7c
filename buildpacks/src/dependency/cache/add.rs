//! Adding archives.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use fs_err as fs;
use tempfile::NamedTempFile;

use super::incoming::{Received, unwritten};
use super::{CachedDependency, DependencyCache, Facts};
use crate::absence::absent_ok;
use crate::application::Source;
use crate::dependency::{DependencyError, Description, Expectation, Kind, Sha256, archive, jre};

/// Mode of archives: nobody writes them again.
const READ_ONLY: u32 = 0o444;

impl DependencyCache {
    /// Copies `file` into the cache as what `description` says, hashing it on the way. An archive that is there already
    /// is kept; its record is written again.
    ///
    /// # Errors
    /// [`DependencyError::Checksum`] when it does not hash to `expected`, [`DependencyError::NotAJre`] when it is
    /// described as one and is not, [`DependencyError::Open`] when it is not the archive it is described as. Nothing is
    /// kept then.
    pub fn add(
        &self,
        file: &Path,
        description: &Description,
        expected: Option<Sha256>,
    ) -> Result<CachedDependency, DependencyError> {
        self.admit(self.receive(file)?, description, expected, &file.display().to_string())
    }

    /// As [`DependencyCache::add`], for a file that nothing vouches for: it must be what `expectation` says, and the folder of
    /// it that is taken is found where there is one.
    ///
    /// # Errors
    /// [`DependencyError::Unexpected`] besides.
    pub fn add_checked(
        &self,
        file: &Path,
        description: &Description,
        expected: Option<Sha256>,
        expectation: Expectation,
    ) -> Result<CachedDependency, DependencyError> {
        let what = file.display().to_string();
        self.admit_as(self.receive(file)?, description, expected, &what, expectation)
    }

    /// A copy of `file` on the cache's disk.
    fn receive(&self, file: &Path) -> Result<Received, DependencyError> {
        let mut input = crate::files::open_within(file, crate::files::ARCHIVE_BYTES).map_err(DependencyError::Read)?;
        let mut incoming = self.incoming()?;
        io::copy(&mut input, &mut incoming).map_err(|error| unwritten(&self.layout.temporary(), error))?;
        incoming.finish()
    }

    /// Takes a written archive in, or drops it. `what` names it in messages.
    pub(super) fn admit(
        &self,
        received: Received,
        description: &Description,
        expected: Option<Sha256>,
        what: &str,
    ) -> Result<CachedDependency, DependencyError> {
        self.admit_as(received, description, expected, what, Expectation::AsItIs)
    }

    fn admit_as(
        &self,
        received: Received,
        description: &Description,
        expected: Option<Sha256>,
        what: &str,
        expectation: Expectation,
    ) -> Result<CachedDependency, DependencyError> {
        let Received { file, sha256, size, writing } = received;
        if !Description::is_id(&description.id) {
            return Err(DependencyError::Id { id: description.id.clone() });
        }
        if let Some(expected) = expected
            && expected != sha256
        {
            return Err(DependencyError::Checksum { what: what.to_owned(), expected, found: sha256 });
        }
        let opened = file.reopen().and_then(|opened| Source::from_file(opened, file.path()));
        let source = Arc::new(opened.map_err(|error| unwritten(file.path(), error))?);
        let mut description = description.clone().redacted();
        description.archive.format = expectation.format(&source, description.archive.format);
        let scratch = self.layout.temporary();
        let all = archive::unpack(&source, &description, &scratch)?.entries;
        if let Some(folder) = expectation.locate(&source, &all, &description, what)? {
            description.archive.prefix = Some(folder);
        }
        let entries = archive::part(all, &description)?;
        let jre = jre::facts(&entries, &description, &scratch)?;
        expectation.check(jre.as_ref(), &entries, &description, what)?;
        let facts = Facts { jre: jre.map(Box::new) };
        if facts.jre.is_some() && description.kind == Kind::Tool {
            description.kind = Kind::Jre;
            description.version = description.version.java();
        }
        // Brought back by the command that a hint names, it is what it was.
        let old = self.legible(sha256)?.map(|old| old.description);
        if let Some(old) = old.filter(|old| (&old.id, &old.version) == (&description.id, &description.version)) {
            description.licence = description.licence.or(old.licence);
        }
        let record = CachedDependency { description, sha256, size, facts };
        self.place(file, sha256)?;
        let said = record.with_check().map_err(|error| DependencyError::WriteCache(error.into()))?;
        self.write_json_durably(&self.layout.record(sha256), &said).map_err(DependencyError::WriteCache)?;
        self.forget_lost(&record)?;
        drop(writing);
        Ok(record)
    }

    /// Other bytes of the same id, version and platform take the place of a lost archive.
    fn forget_lost(&self, added: &CachedDependency) -> Result<(), DependencyError> {
        for known in self.checksums(Some("json"))? {
            let Some(old) = self.legible(known)?.filter(|old| old.sha256 != added.sha256) else { continue };
            let same = (&old.description.id, &old.description.version, &old.description.platform)
                == (&added.description.id, &added.description.version, &added.description.platform);
            if same && !self.has_archive(known)? {
                absent_ok(fs::remove_file(self.layout.record(known))).map_err(DependencyError::WriteCache)?;
            }
        }
        Ok(())
    }

    /// Gives a written archive its name. One that has it already stays when it is intact.
    fn place(&self, file: NamedTempFile, sha256: Sha256) -> Result<(), DependencyError> {
        let path = self.layout.blob(sha256);
        fs::create_dir_all(self.layout.blobs()).map_err(DependencyError::WriteCache)?;
        if is_intact(&path, sha256)? {
            return Ok(());
        }
        let read_only = Permissions::from_mode(READ_ONLY);
        file.as_file().set_permissions(read_only).map_err(|error| unwritten(file.path(), error))?;
        // replaces a corrupt one; whoever has it open keeps the old bytes
        file.persist(&path).map_err(|error| unwritten(&path, error.error))?;
        Ok(())
    }
}

fn is_intact(path: &Path, sha256: Sha256) -> Result<bool, DependencyError> {
    match crate::files::open(path) {
        Ok(file) => Ok(Sha256::of_reader(file).map_err(DependencyError::unread(path))?.0 == sha256),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(DependencyError::unread(path)(error)),
    }
}
