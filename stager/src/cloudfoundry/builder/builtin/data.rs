//! The Java buildpack whose data a folder holds.

use std::io;
use std::path::Path;

use buildpacks::absence::is_other_kind;
use buildpacks::java::cloudfoundry::v3::{self, ReadError};
use buildpacks::java::cloudfoundry::v5::{Manifest, ManifestError};

use super::choose::BuiltIn;

/// A file that tells a Java buildpack is there, and cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Of the third generation.
    #[error(transparent)]
    Third(#[from] ReadError),
    /// Of the fifth.
    #[error(transparent)]
    Fifth(#[from] ManifestError),
}

impl DataError {
    /// Whether it is the system that keeps the file from being read: what it holds is not known.
    pub(in super::super) fn is_unreadable(&self) -> bool {
        match self {
            Self::Third(ReadError::Io(source)) | Self::Fifth(ManifestError::Read { source, .. }) => {
                source.kind() != io::ErrorKind::NotFound && !is_other_kind(source)
            }
            Self::Third(_) | Self::Fifth(_) => false,
        }
    }

    /// What is wrong and why, on one line.
    pub(in super::super) fn line(&self) -> String {
        let causes = std::iter::successors(std::error::Error::source(self), |cause| cause.source());
        let text = causes.fold(self.to_string(), |text, cause| format!("{text}: {cause}"));
        text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    }
}

/// The Java buildpack whose data the folder holds; none where it holds none.
///
/// # Errors
/// [`DataError`] when it seems to hold one that cannot be read.
pub(in super::super) fn data_in(folder: &Path) -> Result<Option<BuiltIn>, DataError> {
    let third = v3::Buildpack::read(folder);
    if let Ok(Some(buildpack)) = third {
        return Ok(Some(BuiltIn::Third(buildpack)));
    }
    if Manifest::find(folder)?.is_some() {
        return Ok(Some(BuiltIn::Folder(folder.to_owned())));
    }
    third?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;

    /// A folder's files, and what the line says of it after the folder's path; nothing where it is no Java buildpack.
    const CASES: [(&[(&str, &str)], &str); 8] = [
        (&[], ""),
        (&[("VERSION", "5.0.7")], ""),
        (&[("manifest.yml", "language: go")], ""),
        (&[("manifest.yml", "language: java")], "VERSION` of the buildpack: failed to open file "),
        (
            &[("manifest.yml", "language: java\n- x: [\n"), ("VERSION", "5")],
            "manifest.yml` of the buildpack is not valid: yaml: line 1: did not find expected",
        ),
        (
            &[("manifest.yml", "language: java\nstack: [a]\ndependencies: no\n"), ("VERSION", "5")],
            "manifest.yml` of the buildpack is not valid: yaml: unmarshal errors: line 2: ",
        ),
        (&[("config/version.yml", "version: [\n")], "config/version.yml`: yaml: line 1: did not find expected"),
        (&[("config/open_jdk_jre.yml", "a: 1\nb: c: d\n")], "config/open_jdk_jre.yml`: yaml: line 2: mapping values "),
    ];

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_the_reason() {
        for (files, said) in CASES {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in files {
                let path = folder.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            match data_in(folder.path()) {
                Ok(found) => assert!(found.is_none() && said.is_empty(), "{files:?}: {found:?}"),
                Err(error) => {
                    let (line, wanted) = (error.line(), format!("{}/{said}", folder.path().display()));
                    assert!(!said.is_empty() && line.contains(&wanted) && !line.contains('\n'), "{files:?}: {line}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_folder_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        for name in ["file", "absent"] {
            assert!(matches!(data_in(&folder.path().join(name)), Ok(None)), "{name}");
        }
    }
}
