//! Which buildpacks are built in.

use std::io;
use std::path::{Path, PathBuf};

use buildpacks::java::cloudfoundry::v3;

use super::super::locate::{self, LocateError, locate};
use super::data::{DataError, data_in};
use crate::cloudfoundry::Surroundings;

/// Keys under which the built-in buildpack answers when no folder does.
const KEYS: [&str; 2] = ["java_buildpack", "java_buildpack_offline"];
/// `builtin` has this program play the part of an installed Java buildpack, whose files it then uses; `scripts` never.
const PREFER: &str = "STAGE_JAVA_BUILDPACK";

/// A buildpack of the order.
#[derive(Clone, Debug)]
pub(in super::super) enum Buildpack {
    /// Scripts in a folder.
    Scripts(PathBuf),
    /// This program.
    BuiltIn(BuiltIn),
}

/// A generation of the Java buildpack, and where it has its dependencies from.
#[derive(Clone, Debug)]
pub(in super::super) enum BuiltIn {
    /// The fifth, with a folder that holds `manifest.yml` and the files it lists.
    Folder(PathBuf),
    /// The fifth, with the offline cache.
    Cache,
    /// The third, with a folder that holds `config` and `resources/cache`.
    Third(v3::Buildpack),
}

/// Why a key gives no buildpack.
#[derive(Debug)]
pub(in super::super) enum FindError {
    /// There is none.
    None {
        /// In the contract's words.
        error: LocateError,
        /// What keeps a folder from being the built-in buildpack's data: the contract's words do not say it.
        cause: Option<DataError>,
    },
    /// It cannot be found out, so that no other may take its place.
    Unknown(String),
}

impl From<io::Error> for FindError {
    fn from(error: io::Error) -> Self {
        Self::Unknown(error.to_string())
    }
}

/// What decides between an installed Java buildpack's scripts and this program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Preference {
    /// Scripts, but for offline packages of the third generation, whose scripts need a Ruby that no system has any more.
    #[default]
    Usual,
    /// This program, with the files of the folder.
    BuiltIn,
    /// Scripts.
    Scripts,
}

impl Preference {
    /// By the environment. Anything else than the two words is as if nothing was said.
    pub(in super::super) fn of(surroundings: &Surroundings) -> Self {
        match surroundings.text(PREFER) {
            "builtin" => Self::BuiltIn,
            "scripts" => Self::Scripts,
            _ => Self::Usual,
        }
    }

    /// Whether this program plays the part of scripts that are there.
    fn plays(self, built_in: &BuiltIn) -> bool {
        match (self, built_in) {
            (Self::BuiltIn, _) => true,
            (Self::Usual, BuiltIn::Third(buildpack)) => buildpack.is_offline_package(),
            _ => false,
        }
    }
}

/// Finds the buildpack of a key below `base`.
pub(in super::super) fn find(base: &Path, key: &str, preference: Preference) -> Result<Buildpack, FindError> {
    let error = match locate(base, key)? {
        Ok(folder) => {
            let built_in = if preference == Preference::Scripts { None } else { data_beside_scripts(&folder)? };
            let played = built_in.filter(|built_in| preference.plays(built_in));
            return Ok(played.map_or(Buildpack::Scripts(folder), Buildpack::BuiltIn));
        }
        Err(error) => error,
    };
    let mut cause = None;
    for folder in locate::candidates(base, key)? {
        match data_in(&folder) {
            Ok(Some(built_in)) => return Ok(Buildpack::BuiltIn(built_in)),
            Ok(None) => {}
            Err(error) if error.is_unreadable() => return Err(FindError::Unknown(error.line())),
            Err(error) => cause = cause.or(Some(error)),
        }
    }
    if matches!(error, LocateError::NoFolder(_)) && KEYS.contains(&key) {
        return Ok(Buildpack::BuiltIn(BuiltIn::Cache));
    }
    Err(FindError::None { error, cause })
}

/// The built-in buildpack whose data lie beside scripts. Data that make no sense are the scripts' business.
fn data_beside_scripts(folder: &Path) -> Result<Option<BuiltIn>, FindError> {
    match data_in(folder) {
        Err(error) if error.is_unreadable() => Err(FindError::Unknown(error.line())),
        data => Ok(data.ok().flatten()),
    }
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

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
        let find = |key: &str, preference| find(base.path(), key, preference);
        let (usual, builtin, scripts) = (Preference::Usual, Preference::BuiltIn, Preference::Scripts);
        assert!(matches!(find("java_buildpack", usual), Ok(Buildpack::BuiltIn(BuiltIn::Cache))));
        assert!(matches!(find("ruby_buildpack", usual), Err(FindError::None { error: LocateError::NoFolder(_), .. })));

        let java = [("manifest.yml", "language: java\n"), ("VERSION", "5.0.7\n")];
        let data = installed(base.path(), "data", &java);
        assert!(matches!(find("data", usual), Ok(Buildpack::BuiltIn(BuiltIn::Folder(folder))) if folder == data));

        installed(base.path(), "java_buildpack", &[java[0], java[1], ("bin/detect", "")]);
        assert!(matches!(find("java_buildpack", usual), Ok(Buildpack::Scripts(_))));
        assert!(matches!(find("java_buildpack", builtin), Ok(Buildpack::BuiltIn(BuiltIn::Folder(_)))));

        let ruby = [("config/version.yml", "version: v3.8.1\n"), ("bin/compile", "")];
        installed(base.path(), "online", &ruby);
        assert!(matches!(find("online", usual), Ok(Buildpack::Scripts(_))));
        installed(base.path(), "offline", &[ruby[0], ruby[1], ("resources/cache/x.cached", "")]);
        assert!(matches!(find("offline", usual), Ok(Buildpack::BuiltIn(BuiltIn::Third(_)))));
        assert!(matches!(find("offline", scripts), Ok(Buildpack::Scripts(_))));

        installed(base.path(), "go", &[("manifest.yml", "language: go\n"), ("VERSION", "1\n"), ("bin/detect", "")]);
        assert!(matches!(find("go", builtin), Ok(Buildpack::Scripts(_))));
    }
}
