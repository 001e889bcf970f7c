//! The application's environment: the container's, changed by the layers.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use memcalc::files;

use crate::directory;
use crate::failure::path_error;

/// Variables for the launcher alone. `CNB_EXEC_ENV` is for the application too.
const REMOVED: [&str; 5] =
    ["CNB_LAYERS_DIR", "CNB_APP_DIR", "CNB_PROCESS_TYPE", "CNB_PLATFORM_API", "CNB_DEPRECATION_MODE"];
/// Directories of the launcher, which the application need not find.
const HIDDEN: [&str; 2] = ["/cnb/process", "/cnb/lifecycle"];
/// Directories of a layer, and the variables they are put in front of.
const ROOTS: [(&str, &str); 2] = [("bin", "PATH"), ("lib", "LD_LIBRARY_PATH")];

/// Variables by name. The order of names is also the order in which the application gets them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Takes over the container's variables, without those meant for the launcher.
    pub(crate) fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut environment = Self { variables: variables.into_iter().collect() };
        for name in REMOVED {
            environment.variables.remove(OsStr::new(name));
        }
        if let Some(path) = environment.variables.get_mut(OsStr::new("PATH")) {
            let kept: Vec<&[u8]> = path
                .as_bytes()
                .split(|byte| *byte == b':')
                .filter(|part| HIDDEN.iter().all(|hidden| hidden.as_bytes() != *part))
                .collect();
            *path = OsString::from_vec(kept.join(&b':'));
        }
        environment
    }

    /// A variable, `None` if it is not set.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.variables.insert(name.into(), value.into());
    }

    /// All variables.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.variables.iter()
    }

    /// Puts the layer's `bin` and `lib` in front of `PATH` and `LD_LIBRARY_PATH`, if they exist.
    ///
    /// # Errors
    /// When it cannot be determined whether they exist.
    pub(crate) fn add_roots(&mut self, layer: &Path) -> Result<(), String> {
        for (directory, variable) in ROOTS {
            let path = layer.join(directory);
            match fs::metadata(&path) {
                Ok(_) => {
                    let join = Join { name: OsStr::new(variable), value: path.as_os_str(), delimiter: b":" };
                    self.join(&join, End::Front);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(path_error("stat", &path, &error)),
            }
        }
        Ok(())
    }

    /// Applies the files of an environment directory, which may be missing, in byte order of their names.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn add_directory(&mut self, directory: &Path) -> Result<(), String> {
        self.apply_files(directory)
            .map_err(|cause| format!("apply env files from dir '{}': {cause}", directory.display()))
    }

    fn apply_files(&mut self, directory: &Path) -> Result<(), String> {
        let entries = directory::list(directory).map_err(|error| path_error("open", directory, &error))?;
        for entry in entries {
            let is_directory = if entry.kind.is_symlink() {
                fs::metadata(&entry.path).map_err(|error| path_error("stat", &entry.path, &error))?.is_dir()
            } else {
                entry.kind.is_dir()
            };
            if is_directory {
                continue;
            }
            let value = files::read(&entry.path, files::DOCUMENT_BYTES)
                .map_err(|error| path_error("open", &entry.path, &error))?;
            self.apply(directory, &entry.name, OsString::from_vec(value));
        }
        Ok(())
    }

    /// Applies one file by its name, `NAME` or `NAME.action`. Files with other suffixes are ignored.
    fn apply(&mut self, directory: &Path, file: &OsStr, value: OsString) {
        let bytes = file.as_bytes();
        let dot = bytes.iter().position(|byte| *byte == b'.');
        let (name, action) = dot.map_or((bytes, None), |dot| (&bytes[..dot], bytes.get(dot + 1..)));
        let name = OsStr::from_bytes(name);
        let delimiter = || {
            let mut path = name.to_owned();
            path.push(".delim");
            files::read(&directory.join(path), files::DOCUMENT_BYTES).ok()
        };
        match action {
            None | Some(b"override") => self.set(name, value),
            Some(b"default") => {
                if self.variables.get(name).is_none_or(|current| current.is_empty()) {
                    self.set(name, value);
                }
            }
            Some(b"prepend") => {
                let delimiter = delimiter().unwrap_or_default();
                self.join(&Join { name, value: &value, delimiter: &delimiter }, End::Front);
            }
            Some(b"append") => {
                let delimiter = delimiter().unwrap_or_default();
                self.join(&Join { name, value: &value, delimiter: &delimiter }, End::Back);
            }
            // `NAME.`, a leftover of older APIs that the original still honours.
            Some(b"") => {
                let delimiter = delimiter().unwrap_or_else(|| b":".to_vec());
                self.join(&Join { name, value: &value, delimiter: &delimiter }, End::Front);
            }
            Some(_) => {}
        }
    }

    fn join(&mut self, join: &Join<'_>, end: End) {
        let current = self.variables.get(join.name).map(OsString::as_os_str).unwrap_or_default();
        let delimiter = if current.is_empty() { OsStr::new("") } else { OsStr::from_bytes(join.delimiter) };
        let parts = match end {
            End::Front => [join.value, delimiter, current],
            End::Back => [current, delimiter, join.value],
        };
        let joined: OsString = parts.into_iter().collect();
        self.set(join.name, joined);
    }
}

/// What to add to a variable.
struct Join<'a> {
    name: &'a OsStr,
    value: &'a OsStr,
    /// Stands between the value and the current one, unless that is empty.
    delimiter: &'a [u8],
}

/// Where to add it.
#[derive(Clone, Copy)]
enum End {
    Front,
    Back,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::new(variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))))
    }

    #[test]
    fn the_launchers_own_variables_are_removed() {
        let environment = environment(&[
            ("CNB_LAYERS_DIR", "/layers"),
            ("CNB_APP_DIR", "/workspace"),
            ("CNB_PROCESS_TYPE", "web"),
            ("CNB_PLATFORM_API", "0.14"),
            ("CNB_DEPRECATION_MODE", "quiet"),
            ("CNB_EXEC_ENV", "test"),
            ("PATH", "/cnb/process:/a:/cnb/lifecycle:/b:/cnb/process/x::/cnb/process"),
        ]);
        let left: Vec<_> = environment.iter().map(|(name, _)| name.to_str().unwrap()).collect();
        assert_eq!(left, ["CNB_EXEC_ENV", "PATH"]);
        assert_eq!(environment.get("PATH").unwrap(), "/a:/b:/cnb/process/x:");
    }

    /// Files of a directory, the variable before, and after.
    type Case = (&'static [(&'static str, &'static str)], Option<&'static str>, Option<&'static str>);

    #[test]
    fn actions() {
        let cases: [Case; 17] = [
            (&[("V", "x\n")], Some("old"), Some("x\n")),
            (&[("V.override", "x")], Some("old"), Some("x")),
            (&[("V.default", "x")], Some("old"), Some("old")),
            (&[("V.default", "x")], Some(""), Some("x")),
            (&[("V.default", "x")], None, Some("x")),
            (&[("V.append", "x")], Some("old"), Some("oldx")),
            (&[("V.append", "x"), ("V.delim", " ")], Some("old"), Some("old x")),
            (&[("V.append", "x"), ("V.delim", " ")], Some(""), Some("x")),
            (&[("V.prepend", "x")], Some("old"), Some("xold")),
            (&[("V.prepend", "x"), ("V.delim", ":")], Some("old"), Some("x:old")),
            (&[("V.prepend", "x"), ("V.delim", ":")], None, Some("x")),
            (&[("V.", "x")], Some("old"), Some("x:old")),
            (&[("V.", "x"), ("V.delim", ";")], Some("old"), Some("x;old")),
            (&[("V.delim", "x")], None, None),
            (&[("V.unknown", "x")], None, None),
            (&[("V.append.more", "x")], None, None),
            // Byte order: append, default, prepend.
            (&[("V.prepend", "p"), ("V.default", "d"), ("V.append", "a")], None, Some("pa")),
        ];
        for (files, before, after) in cases {
            let folder = tempfile::tempdir().unwrap();
            for (name, value) in files {
                fs::write(folder.path().join(name), value).unwrap();
            }
            fs::create_dir(folder.path().join("V.override.d")).unwrap();
            std::os::unix::fs::symlink("V.override.d", folder.path().join("V.override.link")).unwrap();
            let mut environment = environment(&[]);
            if let Some(value) = before {
                environment.set("V", value);
            }
            environment.add_directory(folder.path()).unwrap();
            assert_eq!(environment.get("V"), after.map(OsStr::new), "{files:?} on {before:?}");
        }
    }

    #[test]
    fn roots_go_to_the_front() {
        let folder = tempfile::tempdir().unwrap();
        let layer = folder.path();
        let mut environment = environment(&[("PATH", "/usr/bin")]);
        environment.add_roots(layer).unwrap();
        assert_eq!(environment.get("PATH").unwrap(), "/usr/bin");
        fs::create_dir(layer.join("bin")).unwrap();
        fs::create_dir(layer.join("lib")).unwrap();
        environment.add_roots(layer).unwrap();
        assert_eq!(environment.get("PATH").unwrap(), format!("{}/bin:/usr/bin", layer.display()).as_str());
        assert_eq!(environment.get("LD_LIBRARY_PATH").unwrap(), layer.join("lib").as_os_str());
    }

    #[test]
    fn a_missing_directory_is_none_and_a_broken_link_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let mut environment = environment(&[]);
        environment.add_directory(&folder.path().join("none")).unwrap();
        std::os::unix::fs::symlink("gone", folder.path().join("V")).unwrap();
        let error = environment.add_directory(folder.path()).unwrap_err();
        let at = folder.path().display();
        assert_eq!(error, format!("apply env files from dir '{at}': stat {at}/V: no such file or directory"));
    }

    #[test]
    fn values_need_not_be_text() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("V.append"), b"\xff").unwrap();
        let mut environment = environment(&[("V", "a")]);
        environment.add_directory(folder.path()).unwrap();
        assert_eq!(environment.get("V").unwrap().as_bytes(), b"a\xff");
    }
}
