//! Which buildpacks are built in.

use std::path::{Path, PathBuf};

use buildpacks::java::cloudfoundry::v5::Manifest;
use fs_err as fs;

use super::super::locate::{self, LocateError, locate};

/// Keys under which the built-in buildpack answers when no folder does.
const KEYS: [&str; 2] = ["java_buildpack", "java_buildpack_offline"];
/// Has the built-in buildpack play the part of an installed Java buildpack, whose files it then uses.
const PREFER: &str = "STAGE_JAVA_BUILDPACK";

/// A buildpack of the order.
#[derive(Clone, Debug)]
pub(in super::super) enum Buildpack {
    /// Scripts in a folder.
    Scripts(PathBuf),
    /// This program.
    BuiltIn(BuiltIn),
}

/// Where the built-in buildpack has its dependencies from.
#[derive(Clone, Debug)]
pub(in super::super) enum BuiltIn {
    /// A folder with `manifest.yml` and the files it lists.
    Folder(PathBuf),
    /// The offline cache.
    Cache,
}

/// Finds the buildpack of a key below `base`.
pub(in super::super) fn find(base: &Path, key: &str, preference: &str) -> Result<Buildpack, LocateError> {
    match locate(base, key) {
        Ok(folder) if preference == "builtin" && is_java(&folder) => Ok(Buildpack::BuiltIn(BuiltIn::Folder(folder))),
        Ok(folder) => Ok(Buildpack::Scripts(folder)),
        Err(error) => match locate::candidates(base, key).into_iter().find(|folder| is_java(folder)) {
            Some(folder) => Ok(Buildpack::BuiltIn(BuiltIn::Folder(folder))),
            None if matches!(error, LocateError::NoFolder(_)) && KEYS.contains(&key) => {
                Ok(Buildpack::BuiltIn(BuiltIn::Cache))
            }
            None => Err(error),
        },
    }
}

impl Buildpack {
    /// The variable that says which of both an installed Java buildpack is.
    pub(in super::super) const PREFERENCE: &str = PREFER;
}

/// Whether the folder holds the data of a Java buildpack.
fn is_java(folder: &Path) -> bool {
    fs::metadata(folder.join("manifest.yml")).is_ok()
        && Manifest::read(folder).is_ok_and(|manifest| manifest.language == "java")
}

#[cfg(test)]
mod tests {
    use super::super::super::locate::folder_name;
    use super::*;

    fn installed(base: &Path, key: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = base.join(folder_name(key));
        for (path, text) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_with_scripts_overrides_what_is_built_in() {
        let base = tempfile::tempdir().unwrap();
        let find = |key: &str, preference: &str| find(base.path(), key, preference);
        assert!(matches!(find("java_buildpack", ""), Ok(Buildpack::BuiltIn(BuiltIn::Cache))));
        assert!(matches!(find("ruby_buildpack", ""), Err(LocateError::NoFolder(_))));

        let java = [("manifest.yml", "language: java\n"), ("VERSION", "5.0.7\n")];
        let data = installed(base.path(), "data", &java);
        assert!(matches!(find("data", ""), Ok(Buildpack::BuiltIn(BuiltIn::Folder(folder))) if folder == data));

        installed(base.path(), "java_buildpack", &[java[0], java[1], ("bin/detect", "")]);
        assert!(matches!(find("java_buildpack", ""), Ok(Buildpack::Scripts(_))));
        assert!(matches!(find("java_buildpack", "builtin"), Ok(Buildpack::BuiltIn(BuiltIn::Folder(_)))));

        installed(base.path(), "go", &[("manifest.yml", "language: go\n"), ("VERSION", "1\n"), ("bin/detect", "")]);
        assert!(matches!(find("go", "builtin"), Ok(Buildpack::Scripts(_))));
    }
}
