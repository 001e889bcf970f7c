//! Where a buildpack lies: in a folder named by a hash of its key, or nested once in it.

use std::io;
use std::path::{Path, PathBuf};

use buildpacks::absence::absent_ok;
use fs_err as fs;
use md5::{Digest as _, Md5};

/// A buildpack that is not there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LocateError {
    /// No folder.
    #[error("Failed to read buildpack directory '{0}' for buildpack '{0}'")]
    NoFolder(String),
    /// A folder without `bin`.
    #[error("malformed buildpack does not contain a /bin dir: {0}")]
    Malformed(String),
}

/// The name of a buildpack's folder: the key's xxHash64, 16 hex digits.
pub(crate) fn folder_name(key: &str) -> String {
    format!("{:016x}", xxhash_rust::xxh64::xxh64(key.as_bytes(), 0))
}

/// The name older platforms gave it: the key's MD5.
fn legacy_folder_name(key: &str) -> String {
    data_encoding::HEXLOWER.encode(&Md5::digest(key.as_bytes()))
}

/// Finds the buildpack's folder below `base`.
///
/// # Errors
/// Of the system's, when it cannot be found out; inside, in the contract's words, when there is none.
pub(crate) fn locate(base: &Path, key: &str) -> io::Result<Result<PathBuf, LocateError>> {
    let current = base.join(folder_name(key));
    let legacy = base.join(legacy_folder_name(key));
    for folder in [&current, &legacy] {
        if has_bin(folder)? {
            return Ok(Ok(folder.clone()));
        }
    }
    let found = children(&current)?;
    let holder = match &found {
        Some(children) if !children.is_empty() => found,
        _ => children(&legacy)?.or(found),
    };
    Ok(match holder.as_deref() {
        None => Err(LocateError::NoFolder(current.display().to_string())),
        Some([nested]) if has_bin(nested)? => Ok(nested.clone()),
        Some(_) => Err(LocateError::Malformed(key.to_owned())),
    })
}

/// The folders in which a buildpack without scripts may lie: those of its key, and what is alone in one of them.
pub(super) fn candidates(base: &Path, key: &str) -> io::Result<Vec<PathBuf>> {
    let mut folders = vec![base.join(folder_name(key)), base.join(legacy_folder_name(key))];
    for at in 0..folders.len() {
        if let Some([only]) = children(&folders[at])?.as_deref() {
            folders.push(only.clone());
        }
    }
    Ok(folders)
}

fn has_bin(folder: &Path) -> io::Result<bool> {
    Ok(absent_ok(fs::metadata(folder.join("bin")))?.is_some())
}

fn children(folder: &Path) -> io::Result<Option<Vec<PathBuf>>> {
    let Some(entries) = absent_ok(fs::read_dir(folder))? else { return Ok(None) };
    entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_of_keys() {
        for (key, current, legacy) in [
            ("my-buildpack/key/::", "dc91f5556d3ae859", "8b2f72a0702aed614f8b5d8f7f5b431b"),
            ("https://github.com/cloudfoundry/ruby-buildpack", "0e1df1251578f504", "21de62d118ecb1f46d868d24f00839ef"),
            ("nested-buildpack", "ba8ed7547bcbcb08", "70d137ae4ee01fbe39058ccdebf48460"),
        ] {
            assert_eq!(folder_name(key), current);
            assert_eq!(legacy_folder_name(key), legacy);
        }
        let long =
            "a1b4aa82-e5ae-4736-8284-bdfb013a7121_2845c523cf4f4f1045b331982cc557ef761afde4dc9fc8777831563461309455";
        assert_eq!(folder_name(long), "00c84a1da9e0c81e");
    }

    #[test]
    fn nested_folders_must_be_alone() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join(legacy_folder_name("bp"));
        let locate = |base: &Path, key| locate(base, key).unwrap();
        assert!(matches!(locate(base.path(), "bp"), Err(LocateError::NoFolder(_))));
        fs::create_dir_all(folder.join("bp-main/bin")).unwrap();
        assert_eq!(locate(base.path(), "bp"), Ok(folder.join("bp-main")));
        fs::write(folder.join("README"), "").unwrap();
        assert_eq!(locate(base.path(), "bp"), Err(LocateError::Malformed("bp".to_owned())));
    }
}
