//! What isolated scripts shall see, decided by the builder.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::super::super::Surroundings;
use super::super::super::temporary::{Purpose, Temporary};
use super::super::error::StageError;
use super::super::locate::folder_name;

/// What every buildpack gets one of its own of.
pub(super) const TMP: &str = "/tmp";

/// The isolation of one staging.
#[derive(Debug)]
pub(in crate::cloudfoundry::builder) struct Isolation {
    /// Holds each buildpack's own `/tmp`.
    scratch: Temporary,
    /// Folders that scripts work in.
    shared: Vec<PathBuf>,
    /// Where they start.
    current_dir: PathBuf,
    /// Where they put temporary files.
    temporary_dir: PathBuf,
    /// `/tmp` without links.
    tmp: PathBuf,
}

/// What one script sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cloudfoundry::builder) struct View {
    /// The folder that takes the place of `/tmp`.
    pub(super) private: PathBuf,
    /// The folder the script starts in.
    pub(super) current_dir: PathBuf,
    /// What is made in the private folder before.
    pub(super) folders: Vec<PathBuf>,
    /// What is put where, in this order.
    pub(super) binds: Vec<Bind>,
}

/// A folder that is seen in another place, or in its own but read-only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bind {
    pub(super) source: PathBuf,
    pub(super) target: PathBuf,
    pub(super) read_only: bool,
}

impl Isolation {
    /// Prepares the staging's isolation; `shared` are the folders that scripts work in.
    pub(in crate::cloudfoundry::builder) fn prepare(
        shared: &[&Path],
        surroundings: &Surroundings,
    ) -> Result<Self, StageError> {
        let temporary_dir = surroundings.absolute(&surroundings.temporary_dir());
        let scratch = Temporary::create(&temporary_dir, Purpose::Isolation)
            .map_err(|error| StageError::Other(error.to_string()))?;
        let isolation = Self {
            scratch,
            shared: shared.iter().map(|folder| surroundings.absolute(folder)).collect(),
            current_dir: surroundings.current_dir.clone(),
            temporary_dir,
            tmp: fs::canonicalize(TMP).unwrap_or_else(|_| PathBuf::from(TMP)),
        };
        match isolation.shared.iter().find(|folder| isolation.tmp.starts_with(folder)) {
            Some(folder) => Err(StageError::Other(format!(
                "-isolate gives scripts a /tmp of their own, which cannot be: {} is a folder of the staging",
                folder.display()
            ))),
            None => Ok(isolation),
        }
    }

    /// The folder of the buildpacks' own temporary files.
    pub(in crate::cloudfoundry::builder) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// What a script of the buildpack sees. The folder that is its `/tmp` is the same for all scripts of a buildpack.
    pub(in crate::cloudfoundry::builder) fn view(&self, key: &str, buildpack: &Path) -> Result<View, StageError> {
        let private = self.scratch.path().join(folder_name(key));
        let failed = |error| StageError::file("mkdir", &private, &error);
        fs::create_dir_all(&private).map_err(failed)?;
        fs::set_permissions(&private, std::fs::Permissions::from_mode(0o1777)).map_err(failed)?;
        let folders = [&self.current_dir, &self.temporary_dir];
        let folders = folders.into_iter().filter_map(|folder| self.below_tmp(folder)).map(|below| private.join(below));
        let folders = folders.collect();
        let mut binds = Vec::new();
        for folder in &self.shared {
            // The contract names folders that need not be there; scripts then do not find them either.
            let Ok(source) = fs::canonicalize(folder) else { continue };
            binds.extend(self.places(&private, folder, &source).into_iter().map(|target| Bind {
                source: source.clone(),
                target,
                read_only: false,
            }));
        }
        let buildpack = self.current_dir.join(buildpack);
        let source = fs::canonicalize(&buildpack).map_err(|error| StageError::file("open", &buildpack, &error))?;
        let mut places = self.places(&private, &buildpack, &source);
        if self.below_tmp(&source).is_none() {
            places.push(source.clone());
        }
        binds.extend(places.into_iter().map(|target| Bind { source: source.clone(), target, read_only: true }));
        Ok(View { private, current_dir: self.current_dir.clone(), folders, binds })
    }

    /// Where below the private folder a folder belongs: under its name, and under the one without links.
    fn places(&self, private: &Path, folder: &Path, source: &Path) -> Vec<PathBuf> {
        let mut places: Vec<_> = [folder, source]
            .into_iter()
            .filter_map(|path| self.below_tmp(path))
            .map(|below| private.join(below))
            .collect();
        places.dedup();
        places
    }

    /// The rest of a path below `/tmp`.
    fn below_tmp(&self, path: &Path) -> Option<PathBuf> {
        let below = path.strip_prefix(TMP).or_else(|_| path.strip_prefix(&self.tmp)).ok()?;
        (!below.as_os_str().is_empty()).then(|| below.to_owned())
    }
}

impl View {
    /// As arguments of the helper, which the script and its arguments follow.
    pub(in crate::cloudfoundry::builder) fn arguments(self) -> Vec<OsString> {
        let mut arguments = vec![self.private.into_os_string(), self.current_dir.into_os_string()];
        arguments.push(self.folders.len().to_string().into());
        arguments.extend(self.folders.into_iter().map(PathBuf::into_os_string));
        arguments.push(self.binds.len().to_string().into());
        for bind in self.binds {
            arguments.push(if bind.read_only { "ro" } else { "rw" }.into());
            arguments.extend([bind.source.into_os_string(), bind.target.into_os_string()]);
        }
        arguments
    }

    /// Reads what [`View::arguments`] gives and leaves the rest.
    pub(super) fn parse(arguments: &mut impl Iterator<Item = OsString>) -> Option<Self> {
        let mut path = || arguments.next().map(PathBuf::from);
        let (private, current_dir) = (path()?, path()?);
        let mut folders = Vec::new();
        for _ in 0..path()?.to_str()?.parse().ok()? {
            folders.push(path()?);
        }
        let mut binds = Vec::new();
        for _ in 0..path()?.to_str()?.parse().ok()? {
            binds.push(Bind { read_only: path()?.as_os_str() == "ro", source: path()?, target: path()? });
        }
        Some(Self { private, current_dir, folders, binds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_below_tmp_are_put_back_and_the_buildpack_is_read_only() {
        let root = tempfile::tempdir_in("/tmp").unwrap();
        let (app, buildpack) = (root.path().join("app"), root.path().join("buildpack"));
        for folder in [&app, &buildpack] {
            fs::create_dir(folder).unwrap();
        }
        let surroundings = Surroundings {
            program: OsString::new(),
            variables: [("TMPDIR".into(), root.path().into())].into(),
            current_dir: root.path().to_owned(),
        };
        let isolation =
            Isolation::prepare(&[Path::new("app"), Path::new("missing"), Path::new("/var")], &surroundings).unwrap();
        let view = isolation.view("key", &buildpack).unwrap();
        let place = |path: &Path| view.private.join(path.strip_prefix("/tmp").unwrap());
        assert_eq!(view.folders, [place(root.path()), place(root.path())]);
        let (app, buildpack) = (
            Bind { target: place(&app), source: app, read_only: false },
            Bind { target: place(&buildpack), source: buildpack, read_only: true },
        );
        assert_eq!(view.binds, [app, buildpack]);
        let mut arguments = view.clone().arguments().into_iter().chain(["script".into()]);
        assert_eq!(View::parse(&mut arguments), Some(view));
        assert_eq!(arguments.collect::<Vec<_>>(), ["script"]);
        let error = Isolation::prepare(&[Path::new("/tmp")], &surroundings).unwrap_err().to_string();
        assert!(error.ends_with("/tmp is a folder of the staging"), "{error}");
    }
}
