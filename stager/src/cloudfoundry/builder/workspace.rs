//! The folders of one staging.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::super::surroundings::parent;
use super::super::temporary::{self, Purpose, Temporary};
use super::super::{Surroundings, staging_info};
use super::disk::Folder;
use super::error::StageError;
use super::interruption::Interruption;
use super::isolation::Isolation;
use super::locate::folder_name;
use super::options::Options;

/// The temporary folder that becomes the droplet's `deps` and `profile.d`; removed when dropped.
pub(super) struct Workspace {
    contents: Temporary,
}

impl Workspace {
    /// Makes every folder the contract names.
    pub(super) fn create(options: &Options, surroundings: &Surroundings) -> Result<Self, StageError> {
        for file in [&options.droplet, &options.metadata] {
            make(parent(file))?;
        }
        make(&options.final_cache())?;
        for key in options.supply_keys() {
            make(&options.supply_cache(key))?;
        }
        let parent = surroundings.temporary_dir();
        temporary::clear(&parent);
        let contents = Temporary::create(&parent, Purpose::Contents);
        let contents = contents.map_err(|error| StageError::Other(error.to_string()))?;
        let workspace = Self { contents };
        for at in 0..=options.supply_keys().len() {
            packed(&workspace.deps())?;
            packed(&workspace.deps().join(options.deps_index(at)))?;
        }
        packed(&workspace.profile())?;
        Ok(workspace)
    }

    /// Has what is temporary removed when the builder is interrupted.
    pub(super) fn watch(&self, options: &Options, interruption: &Interruption) {
        interruption.removes_folder(self.contents.path().to_owned());
        for file in [&options.droplet, &options.metadata, &options.output_cache] {
            interruption.removes_partial(file.clone());
        }
    }

    /// The isolation of scripts, if asked for.
    pub(super) fn isolate(
        &self,
        options: &Options,
        surroundings: &Surroundings,
        interruption: &Interruption,
    ) -> Result<Option<Isolation>, StageError> {
        if !options.isolate {
            return Ok(None);
        }
        let isolation =
            Isolation::prepare(&[&options.build_dir, &options.cache_dir, self.contents.path()], surroundings)?;
        interruption.removes_folder(isolation.scratch().to_owned());
        Ok(Some(isolation))
    }

    /// The folders that scripts fill.
    pub(super) fn filled(&self, options: &Options, isolation: Option<&Isolation>) -> Vec<Folder> {
        let folder = |what, path: &Path| Folder { what, path: path.to_owned() };
        let mut folders = vec![
            folder("the build folder", &options.build_dir),
            folder("the build cache", &options.cache_dir),
            folder("the folder of dependencies", self.contents.path()),
        ];
        folders.extend(isolation.map(|isolation| folder("the scripts' own /tmp", isolation.scratch())));
        folders
    }

    /// Where buildpacks put dependencies.
    pub(super) fn deps(&self) -> PathBuf {
        self.contents.path().join("deps")
    }

    /// Where finalize puts scripts.
    pub(super) fn profile(&self) -> PathBuf {
        self.contents.path().join("profile.d")
    }

    /// What scripts left beside the folders that every droplet has, sorted.
    pub(super) fn more(&self) -> Result<Vec<PathBuf>, StageError> {
        const EVERY: [&str; 6] = ["app", "deps", "logs", "profile.d", staging_info::FILE, "tmp"];
        let failed = |error: std::io::Error| StageError::file("open", self.contents.path(), &error);
        let mut found = Vec::new();
        for entry in fs::read_dir(self.contents.path()).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if !EVERY.iter().any(|name| path.ends_with(name)) {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }
}

/// Removes what earlier stagings with other buildpacks left in the cache.
pub(super) fn clean_cache(options: &Options) -> Result<(), StageError> {
    let folder = &options.cache_dir;
    let failed = |error: std::io::Error| StageError::file("open", folder, &error);
    let kept: Vec<OsString> = options.supply_keys().iter().map(|key| folder_name(key).into()).collect();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if name == "final" || kept.contains(&name) {
            continue;
        }
        let path = entry.path();
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_dir { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(|error| StageError::file("unlinkat", &path, &error))?;
    }
    Ok(())
}

/// Makes a folder and those above it.
pub(super) fn make(folder: &Path) -> Result<(), StageError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o755);
    builder.create(folder).map_err(|error| StageError::file("mkdir", folder, &error))
}

/// Makes a folder that gets into the droplet: with the same mode under every umask.
fn packed(folder: &Path) -> Result<(), StageError> {
    make(folder)?;
    let mode = std::fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder, mode).map_err(|error| StageError::file("chmod", folder, &error))
}
