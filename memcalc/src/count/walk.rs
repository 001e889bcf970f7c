//! Classes in a directory tree, by libjvm's rule.

use super::buildpack::readable;
use super::jar::{Counter, Failure, plain_file};
use super::{Error, Kind, LikelyClasses, jimage_file, kind_of};
use crate::files;
use crate::libjvm::{AgentClasses, ClassSource};
use rawzip::FileReader;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

/// Counts the classes of an application, or of a JRE: if `lib/modules` exists under `path`, only of that run-time image,
/// else of the whole tree.
///
/// # Errors
/// [`Error`] when something cannot be read.
pub fn application(path: &Path) -> Result<u64, Error> {
    let image = path.join("lib/modules");
    match fs::metadata(&image) {
        Ok(_) => jimage_file(&image),
        Err(error) if error.kind() == io::ErrorKind::NotFound => tree(path),
        Err(error) => Err(Error::io("stat", &image, &error).within(&format!("unable to stat {}", image.display()))),
    }
}

/// Counts the classes of a tree, or of a single jar. Symbolic links to directories are not followed, nor is `path`
/// itself if it is one.
///
/// # Errors
/// [`Error`] when something cannot be read.
pub fn tree(path: &Path) -> Result<u64, Error> {
    let walking = |error: Error| error.within(&format!("unable to walk {}", path.display()));
    let metadata = fs::symlink_metadata(path).map_err(|error| walking(Error::io("lstat", path, &error)))?;
    let mut counter = Counter::default();
    visit(path, &metadata, &mut counter).map_err(walking)
}

/// Counts how many classes of a tree, or of a single jar with the jars in it, are usually loaded, by the libraries they belong
/// to. A damaged jar counts as far as it goes; what is not there counts nothing.
///
/// # Errors
/// When something cannot be read.
pub fn likely(path: &Path) -> io::Result<u64> {
    let mut counter = Counter::of_likely();
    match (readable(path, fs::symlink_metadata(path))?, &mut counter.likely) {
        (Some(metadata), Some(likely)) if metadata.is_dir() => take_folder(path, path, likely)?,
        (Some(metadata), _) => {
            // The words are lost; who counts by libjvm's rule as well has them.
            let _ = jar_file(path, &metadata, &mut counter);
        }
        (None, _) => {}
    }
    Ok(counter.likely.map_or(0, |likely| likely.thousandths() / 1000))
}

fn take_folder(root: &Path, folder: &Path, likely: &mut LikelyClasses) -> io::Result<()> {
    let Some(entries) = readable(folder, fs::read_dir(folder))? else { return Ok(()) };
    for entry in entries {
        let Some(path) = readable(folder, entry)?.map(|entry| entry.path()) else { continue };
        let Some(metadata) = readable(&path, fs::symlink_metadata(&path))? else { continue };
        let name = path.strip_prefix(root).unwrap_or(&path).as_os_str().as_encoded_bytes();
        if metadata.is_dir() {
            take_folder(root, &path, likely)?;
        } else if kind_of(name, false) == Kind::Jar {
            let counted = plain_file(&path, |name| {
                likely.take_file(name);
                false
            });
            readable(&path, counted)?;
        } else {
            likely.take_file(name);
        }
    }
    Ok(())
}

fn visit(path: &Path, metadata: &Metadata, counter: &mut Counter) -> Result<u64, Error> {
    let kind = kind_of(path.as_os_str().as_encoded_bytes(), metadata.is_dir());
    let mut classes = match kind {
        Kind::Class => 1,
        Kind::Jar => jar_file(path, metadata, counter)?,
        Kind::Other => 0,
    };
    if metadata.is_dir() {
        for name in names(path)? {
            let child = path.join(name);
            let metadata = fs::symlink_metadata(&child).map_err(|error| Error::io("lstat", &child, &error))?;
            classes += visit(&child, &metadata, counter)?;
        }
    }
    Ok(classes)
}

/// Names in a directory, sorted, so that of several faults the same one is always reported.
fn names(path: &Path) -> Result<Vec<OsString>, Error> {
    let failed = |error: &io::Error| Error::io("open", path, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| failed(&error))? {
        names.push(entry.map_err(|error| failed(&error))?.file_name());
    }
    names.sort_unstable();
    Ok(names)
}

fn jar_file(path: &Path, metadata: &Metadata, counter: &mut Counter) -> Result<u64, Error> {
    // The JDK has empty jars with such names.
    if metadata.len() == 0 && path.file_name().is_some_and(|name| contains(name.as_encoded_bytes(), b"none")) {
        return Ok(0);
    }
    let opening = |error: Error| error.within(&format!("unable to open Jar {}", path.display()));
    let failed = |operation: &str, error: &io::Error| opening(Error::io(operation, path, error));
    let file = files::open(path).map_err(|error| failed("open", &error))?;
    let opened = file.metadata().map_err(|error| failed("stat", &error))?;
    if opened.is_dir() {
        return Err(failed("read", &io::Error::from(io::ErrorKind::IsADirectory)));
    }
    counter.jar(&FileReader::from(file), opened.len()).map_err(|failure| match failure {
        Failure::Open(error) => opening(error),
        Failure::Nested(error) => error,
    })
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// A [`ClassSource`] that counts in the file system.
pub fn counter() -> impl ClassSource {
    FileSystem
}

struct FileSystem;

impl ClassSource for FileSystem {
    fn agents(&self, paths: &[&str]) -> Result<AgentClasses, String> {
        let mut agents = AgentClasses::default();
        for path in paths {
            match tree(Path::new(path)) {
                Ok(classes) => agents.classes += number(classes),
                Err(error) if error.is_not_found() => agents.skipped += 1,
                Err(error) => return Err(format!("unable to count classes of jar at {path}\n{error}")),
            }
        }
        Ok(agents)
    }

    fn application(&self, path: &str) -> Result<i64, String> {
        application(Path::new(path)).map(number).map_err(|error| error.to_string())
    }

    fn likely(&self, path: &str) -> Result<Option<i64>, String> {
        likely(Path::new(path)).map(|classes| Some(number(classes))).map_err(|error| error.to_string())
    }
}

fn number(classes: u64) -> i64 {
    i64::try_from(classes).unwrap_or(i64::MAX)
}
