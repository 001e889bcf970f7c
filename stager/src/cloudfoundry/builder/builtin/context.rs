//! What the built-in buildpack works with: the offline cache, the layer cache, the environment as text.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use buildpacks::absence::{absent_ok, is_other_kind};
use buildpacks::application::{Content, StatRecord};
use buildpacks::dependency::{Catalogue, DependencyCache, Sha256, Target, Trust};
use buildpacks::files;
use buildpacks::java::cloudfoundry::Programs;
use buildpacks::java::cloudfoundry::v5::{ArchiveMemo, Manifest, Runtime};
use fs_err as fs;

use super::super::error::StageError;
use crate::cloudfoundry::Surroundings;
use crate::cloudfoundry::temporary::{Purpose, Temporary};
use crate::launcher;
use crate::store::{Input, MemoKey, Store};

/// Caches and programs, opened once a staging.
#[derive(Debug)]
pub(in super::super) struct Context {
    /// Compressed pieces, and what runtimes hold.
    pub(in super::super) store: Store,
    /// Dependencies.
    pub(in super::super) dependencies: DependencyCache,
    /// What could be had.
    catalogue: Catalogue,
    /// What goes into droplets of our own.
    pub(in super::super) programs: Programs,
    /// Today, `YYYY-MM-DD`.
    pub(in super::super) today: String,
    /// A cache for this staging alone, where there is no place for a lasting one.
    _private: Option<Temporary>,
}

/// A context that is opened when the first built-in buildpack needs it: stagings with scripts alone touch no cache.
#[derive(Debug)]
pub(in super::super) struct LazyContext<'a> {
    surroundings: &'a Surroundings,
    opened: Option<Context>,
}

impl<'a> LazyContext<'a> {
    /// Not opened yet.
    pub(in super::super) fn new(surroundings: &'a Surroundings) -> Self {
        Self { surroundings, opened: None }
    }

    /// The context.
    pub(in super::super) fn open(&mut self) -> Result<&Context, StageError> {
        let context = match self.opened.take() {
            Some(context) => context,
            None => Context::open(self.surroundings)?,
        };
        Ok(self.opened.insert(context))
    }
}

impl Context {
    /// Opens the caches in the folder that the environment names.
    fn open(surroundings: &Surroundings) -> Result<Self, StageError> {
        let (folder, private) = if let Some(folder) = cache_folder(surroundings) {
            (folder, None)
        } else {
            let folder = Temporary::create(&surroundings.temporary_dir(), Purpose::Cache);
            let folder = folder.map_err(|error| StageError::Other(error.to_string()))?;
            (folder.path().to_owned(), Some(folder))
        };
        let context = Self::open_in(&folder, Catalogue::built_in(), false)?;
        Ok(Self { _private: private, ..context })
    }

    /// Opens the caches in this folder; `paranoid` trusts no stat record.
    pub(in super::super) fn open_in(folder: &Path, catalogue: Catalogue, paranoid: bool) -> Result<Self, StageError> {
        let store = Store::open(folder, paranoid).map_err(|error| StageError::Other(error.to_string()))?;
        let trust = if paranoid { Trust::Nothing } else { Trust::StatRecord };
        let dependencies = DependencyCache::open(folder).with_trust(trust);
        let programs = Programs { javaexec: Content::from_bytes(launcher::bytes()) };
        let today = jiff::Timestamp::now().strftime("%F").to_string();
        Ok(Self { store, dependencies, catalogue, programs, today, _private: None })
    }

    /// The manifest of the fifth generation: that of a folder, else of the cache.
    pub(in super::super) fn manifest(&self, folder: Option<&Path>) -> Result<Manifest, StageError> {
        let failed = |error: &dyn std::error::Error| {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            StageError::Other(format!("{error}{cause}"))
        };
        match folder {
            Some(folder) => Manifest::read(folder).map_err(|error| failed(&error)),
            None => {
                Manifest::of_cache(&self.catalogue, &self.dependencies, &Target::host()).map_err(|error| failed(&error))
            }
        }
    }
}

/// `STAGE_CACHE_DIR`, else `$XDG_CACHE_HOME/stage`, else `~/.cache/stage`, where the home folder is there.
fn cache_folder(surroundings: &Surroundings) -> Option<PathBuf> {
    let path = |name: &str| Some(surroundings.text(name)).filter(|text| !text.is_empty()).map(PathBuf::from);
    path("STAGE_CACHE_DIR")
        .or_else(|| path("XDG_CACHE_HOME").filter(|folder| folder.is_absolute()).map(|folder| folder.join("stage")))
        .or_else(|| path("HOME").filter(|home| home.is_dir()).map(|home| home.join(".cache/stage")))
}

/// The environment as text, with the variables that earlier buildpacks left in `deps/<index>/env`; of two, that of the
/// lower index counts.
pub(super) fn environment(surroundings: &Surroundings, deps: &Path) -> Result<BTreeMap<String, String>, StageError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| StageError::file("read", &path, &error)
    };
    let text = |value: &std::ffi::OsString| value.to_str().map(str::to_owned);
    let mut environment: BTreeMap<_, _> =
        surroundings.variables.iter().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
    for folder in listed(deps).map_err(failed(deps))?.iter().rev() {
        let folder = folder.join("env");
        for file in listed(&folder).map_err(failed(&folder))? {
            let value = match absent_ok(files::read_text(&file, files::DOCUMENT_BYTES)) {
                // Folders, and whatever is no text, are no variables.
                Err(error) if is_other_kind(&error) => continue,
                value => value.map_err(failed(&file))?,
            };
            let name = file.file_name().and_then(|name| name.to_str());
            environment.extend(name.map(str::to_owned).zip(value));
        }
    }
    Ok(environment)
}

/// What lies in a folder, sorted; nothing where there is none.
pub(super) fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = absent_ok(fs::read_dir(folder))?.into_iter().flatten();
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Archives, remembered in the layer cache: checksums by path and stat record, what runtimes hold by checksum.
pub(in super::super) struct Archives<'a>(pub(in super::super) &'a Store);

impl Archives<'_> {
    fn key(selector: &[u8; 32]) -> MemoKey {
        MemoKey::of([&b"runtime 2"[..], selector])
    }
}

impl ArchiveMemo for Archives<'_> {
    fn sha256(&self, path: &Path, state: StatRecord, hash: &dyn Fn() -> io::Result<Sha256>) -> io::Result<Sha256> {
        if self.0.is_paranoid() {
            return hash();
        }
        let memo = self.0.memo(MemoKey::of([&b"archive 1"[..], path.as_os_str().as_encoded_bytes()]));
        if let Some(known) = memo.recall() {
            return Ok(known);
        }
        let (inputs, noted) = (vec![Input::Entry(path.to_owned(), Some(state))], SystemTime::now());
        let sha256 = hash()?;
        // Losing it costs the next staging time, nothing else.
        drop(memo.remember(inputs, noted, &sha256));
        Ok(sha256)
    }

    fn recall(&self, selector: &[u8; 32]) -> Option<Runtime> {
        self.0.memo(Self::key(selector)).recall()
    }

    fn remember(&self, selector: &[u8; 32], runtime: &Runtime) {
        // Losing it costs the next staging time, nothing else.
        drop(self.0.memo(Self::key(selector)).remember(Vec::new(), SystemTime::now(), runtime));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_checksum_is_remembered_while_its_file_is_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("archive");
        fs::write(&file, "x").unwrap();
        let hashed = |paranoid: bool| {
            let store = Store::open(folder.path(), paranoid).unwrap();
            let calls = Cell::new(0);
            let hash = || {
                calls.set(calls.get() + 1);
                Ok(Sha256::of(&fs::read(&file)?))
            };
            let state = StatRecord::of(&fs::metadata(&file).unwrap());
            let sha256 = Archives(&store).sha256(&file, state, &hash).unwrap();
            (sha256, calls.get())
        };
        // A file written just now proves nothing yet.
        let deadline = Instant::now() + Duration::from_secs(10);
        while hashed(false).1 > 0 {
            assert!(Instant::now() < deadline, "it is never remembered");
        }
        assert_eq!(hashed(false), (Sha256::of(b"x"), 0));
        assert_eq!(hashed(true), (Sha256::of(b"x"), 1));
        fs::write(&file, "y").unwrap();
        assert_eq!(hashed(false), (Sha256::of(b"y"), 1));
    }
}
