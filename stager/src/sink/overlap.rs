//! Outputs that would overwrite what is read: refused before anything is read. Places are compared by what they are on
//! disk, so that links, bind mounts and `..` do not hide one.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use fs_err as fs;

/// Something that is read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// What it is, for messages: `application`.
    pub what: &'static str,
    /// Where it lies. Nothing may be written below it if it is a folder.
    pub path: &'a Path,
}

/// An output in the place of an input or of another output.
#[derive(Debug, thiserror::Error)]
pub enum OverlapError {
    /// The output is the input.
    #[error("The output `{}` is the {what} itself: name another file", output.display())]
    Same {
        /// The output.
        output: PathBuf,
        /// What is read there.
        what: &'static str,
    },
    /// The output lies inside an input that is a folder.
    #[error("The output `{}` lies inside the {what} `{}`: name a place outside of it", output.display(), input.display())]
    Inside {
        /// The output.
        output: PathBuf,
        /// What the folder is.
        what: &'static str,
        /// The folder.
        input: PathBuf,
    },
    /// Two outputs are one file.
    #[error("The output `{}` is named twice", output.display())]
    Twice {
        /// The output.
        output: PathBuf,
    },
}

/// Refuses an output that is, or lies inside, one of the inputs.
///
/// # Errors
/// [`OverlapError::Same`], [`OverlapError::Inside`].
pub fn refuse_overlaps(output: &Path, inputs: &[Input<'_>]) -> Result<(), OverlapError> {
    let place = Place::of(output);
    for Input { what, path } in inputs {
        let Some(identity) = identity(path) else { continue };
        if place.own == Some(identity) {
            return Err(OverlapError::Same { output: output.to_owned(), what });
        }
        if place.above.contains(&identity) {
            return Err(OverlapError::Inside { output: output.to_owned(), what, input: path.to_path_buf() });
        }
    }
    Ok(())
}

/// Refuses a file that is written twice.
///
/// # Errors
/// [`OverlapError::Twice`].
pub fn refuse_twice(outputs: &[&Path]) -> Result<(), OverlapError> {
    let places: Vec<Place> = outputs.iter().map(|path| Place::of(path)).collect();
    for (at, place) in places.iter().enumerate() {
        if places[..at].contains(place) {
            return Err(OverlapError::Twice { output: outputs[at].to_owned() });
        }
    }
    Ok(())
}

/// What a file or folder is, whatever its names.
type Identity = (u64, u64);

fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// What lies there.
    own: Option<Identity>,
    /// The folders above it that exist, nearest first.
    above: Vec<Identity>,
    /// Names below those folders that do not exist, outermost first.
    missing: Vec<OsString>,
}

impl Place {
    fn of(path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let (mut found, mut missing) = (PathBuf::from("/"), Vec::new());
        for component in path.components() {
            match component {
                // Folders that are missing are made, as folders: above them is where they were to be.
                Component::ParentDir if missing.pop().is_none() => _ = found.pop(),
                Component::Normal(name) => match fs::canonicalize(found.join(name)) {
                    Ok(real) if missing.is_empty() => found = real,
                    _ => missing.push(name.to_owned()),
                },
                _ => {}
            }
        }
        let own = if missing.is_empty() { identity(&found) } else { None };
        let from = usize::from(missing.is_empty());
        let above = found.ancestors().skip(from).filter_map(identity).collect();
        Self { own, above, missing }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_read_is_not_written_whatever_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("app/lib")).unwrap();
        fs::write(at("app/lib/a.jar"), "").unwrap();
        fs::write(at("base.tar"), "").unwrap();
        fs::hard_link(at("base.tar"), at("other.tar")).unwrap();
        symlink("app", at("link")).unwrap();
        symlink("app/lib/a.jar", at("jar")).unwrap();
        let (app, base) = (at("link"), at("base.tar"));
        let inputs = [Input { what: "application", path: &app }, Input { what: "base", path: &base }];
        let said = |name: &str| refuse_overlaps(&at(name), &inputs).map_err(|error| error.to_string());
        for (name, kind) in [
            ("app", "is the application itself"),
            ("link", "is the application itself"),
            ("link/..//app/.", "is the application itself"),
            ("gone/../app", "is the application itself"),
            ("gone/er/../../base.tar", "is the base itself"),
            ("base.tar", "is the base itself"),
            ("other.tar", "is the base itself"),
            ("app/lib/a.jar", "lies inside the application"),
            ("jar", "lies inside the application"),
            ("link/new", "lies inside the application"),
            ("app/new/er/out", "lies inside the application"),
        ] {
            let error = said(name).unwrap_err();
            assert!(error.contains(kind), "{name}: {error}");
        }
        for name in ["out", "application", "new/app", "base.tar.new"] {
            said(name).unwrap();
        }
    }

    #[test]
    fn one_file_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        let [one, again, other] = ["out/x", "a/../out/x", "out/y"].map(|name| folder.path().join(name));
        refuse_twice(&[&one, &other]).unwrap();
        assert!(refuse_twice(&[&other, &one, &again]).is_err());
    }
}
