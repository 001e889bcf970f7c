//! The counters of Cloud Foundry's Java buildpacks: classes expected to be loaded, of the application and the JRE
//! together. Nothing is an error; what cannot be read counts nothing.

use super::jar;
use crate::libjvm::LOAD_FACTOR;
use std::fs::{self, Metadata};
use std::path::Path;

/// Classes of a JRE of Java 9 or later.
const JRE_CLASSES: i64 = 42_215;
const FIRST_MODULAR_JAVA: u32 = 9;

/// java-buildpack 5.x (Go): 35 percent, rounded down. With 0 that buildpack calculates with 6300 instead.
pub fn v5(path: &Path, java_major: u32) -> i64 {
    v5_loaded(v5_classes(path), java_major)
}

/// The classes of the application that [`v5`] counts.
pub fn v5_classes(path: &Path) -> i64 {
    tree(path, Loose { hidden: true, directories: false })
}

/// What [`v5`] makes of `classes` classes of an application, for callers that have counted them otherwise.
pub fn v5_loaded(classes: i64, java_major: u32) -> i64 {
    crate::go::trunc(loaded(classes, java_major))
}

/// java-buildpack 4.x (Ruby): 35 percent, rounded up. Loose files on hidden paths do not count, hidden jars do.
pub fn v4_ruby(path: &Path, java_major: u32) -> i64 {
    let classes = tree(path, Loose { hidden: false, directories: true });
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

fn tree(path: &Path, loose: Loose) -> i64 {
    match fs::symlink_metadata(path) {
        // Of a root that is a single file, only the Go counter knows.
        Ok(metadata) if metadata.is_dir() => children(path, loose, false),
        Ok(metadata) if loose.hidden => file(path, &metadata, true),
        _ => 0,
    }
}

fn children(path: &Path, loose: Loose, hidden: bool) -> i64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    let mut classes = 0;
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        let hidden = hidden || entry.file_name().as_encoded_bytes().starts_with(b".");
        let counts = loose.hidden || !hidden;
        if metadata.is_dir() {
            classes += i64::from(loose.directories && counts && is_class(path.as_os_str().as_encoded_bytes()));
            classes += children(&path, loose, hidden);
        } else {
            classes += file(&path, &metadata, counts);
        }
    }
    classes
}

fn file(path: &Path, metadata: &Metadata, counts: bool) -> i64 {
    let name = path.as_os_str().as_encoded_bytes();
    if is_class(name) {
        return i64::from(counts);
    }
    if !name.ends_with(b".jar") || metadata.is_dir() {
        return 0;
    }
    jar::plain_file(path, is_class).unwrap_or(0)
}

fn is_class(name: &[u8]) -> bool {
    name.ends_with(b".class") || name.ends_with(b".groovy")
}
