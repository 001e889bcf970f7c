//! The counters of Cloud Foundry's Java buildpacks: classes expected to be loaded, of the application and the JRE
//! together. To the originals nothing is an error: what cannot be read counts nothing.

use super::jar;
use crate::libjvm::LOAD_FACTOR;
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

/// Classes of a JRE of Java 9 or later.
const JRE_CLASSES: i64 = 42_215;
const FIRST_MODULAR_JAVA: u32 = 9;
/// Too many symbolic links; the same number on every architecture but MIPS, PA-RISC and Alpha.
const ELOOP: i32 = 40;

/// java-buildpack 5.x (Go): 35 percent, rounded down. With 0 that buildpack calculates with 6300 instead.
pub fn v5(path: &Path, java_major: u32) -> i64 {
    v5_loaded(Counting::of(V5).tree(path), java_major)
}

/// The classes of the application that [`v5`] counts.
///
/// # Errors
/// When something cannot be read: the original passes over it, and counts otherwise another time.
pub fn v5_classes(path: &Path) -> io::Result<i64> {
    let mut counting = Counting::of(V5);
    let classes = counting.tree(path);
    counting.fault.map_or(Ok(classes), Err)
}

/// What [`v5`] makes of `classes` classes of an application, for callers that have counted them otherwise.
pub fn v5_loaded(classes: i64, java_major: u32) -> i64 {
    crate::go::trunc(loaded(classes, java_major))
}

/// java-buildpack 4.x (Ruby): 35 percent, rounded up. Loose files on hidden paths do not count, hidden jars do.
pub fn v4_ruby(path: &Path, java_major: u32) -> i64 {
    let classes = Counting::of(Loose { hidden: false, directories: true }).tree(path);
    crate::go::trunc(loaded(classes, java_major).ceil())
}

fn loaded(classes: i64, java_major: u32) -> f64 {
    let jre = if java_major >= FIRST_MODULAR_JAVA { JRE_CLASSES } else { 0 };
    crate::go::float(classes.saturating_add(jre)) * LOAD_FACTOR
}

/// Which classes outside jars count.
#[derive(Clone, Copy)]
struct Loose {
    /// Those on hidden paths.
    hidden: bool,
    /// Directories with such names.
    directories: bool,
}

/// What [`v5`] counts.
const V5: Loose = Loose { hidden: true, directories: false };

/// A count, and the first thing on its way that could not be read.
struct Counting {
    loose: Loose,
    fault: Option<io::Error>,
}

impl Counting {
    fn of(loose: Loose) -> Self {
        Self { loose, fault: None }
    }

    fn tree(&mut self, path: &Path) -> i64 {
        match self.found(path, fs::symlink_metadata(path)) {
            // Of a root that is a single file, only the Go counter knows.
            Some(metadata) if metadata.is_dir() => self.children(path, false),
            Some(metadata) if self.loose.hidden => self.file(path, &metadata, true),
            _ => 0,
        }
    }

    fn children(&mut self, path: &Path, hidden: bool) -> i64 {
        let Some(entries) = self.found(path, fs::read_dir(path)) else { return 0 };
        let mut classes = 0;
        for entry in entries {
            let Some(entry) = self.found(path, entry) else { continue };
            let path = entry.path();
            let Some(metadata) = self.found(&path, fs::symlink_metadata(&path)) else { continue };
            let hidden = hidden || entry.file_name().as_encoded_bytes().starts_with(b".");
            let counts = self.loose.hidden || !hidden;
            if metadata.is_dir() {
                let is_class = is_class(path.as_os_str().as_encoded_bytes());
                classes += i64::from(self.loose.directories && counts && is_class);
                classes += self.children(&path, hidden);
            } else {
                classes += self.file(&path, &metadata, counts);
            }
        }
        classes
    }

    fn file(&mut self, path: &Path, metadata: &Metadata, counts: bool) -> i64 {
        let name = path.as_os_str().as_encoded_bytes();
        if is_class(name) {
            return i64::from(counts);
        }
        if !name.ends_with(b".jar") || metadata.is_dir() {
            return 0;
        }
        self.found(path, jar::plain_file(path, is_class)).flatten().unwrap_or(0)
    }

    fn found<T>(&mut self, path: &Path, result: io::Result<T>) -> Option<T> {
        readable(path, result).unwrap_or_else(|fault| {
            self.fault.get_or_insert(fault);
            None
        })
    }
}

/// What is there. Nothing where nothing is (a link to nowhere, in particular) or where something is that is no file.
///
/// # Errors
/// When it cannot be read, with the path in the text.
pub(super) fn readable<T>(path: &Path, result: io::Result<T>) -> io::Result<Option<T>> {
    use io::ErrorKind::{InvalidInput, NotADirectory, NotFound};
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory | InvalidInput) => Ok(None),
        // A link to itself is as good as one to nowhere.
        Err(error) if error.raw_os_error() == Some(ELOOP) => Ok(None),
        Err(error) => Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
    }
}

fn is_class(name: &[u8]) -> bool {
    name.ends_with(b".class") || name.ends_with(b".groovy")
}
