//! Counting classes in directories, jars, jars in jars, and run-time images of a JRE.
//!
//! Three counters existed, and their numbers differ:
//!
//! | | libjvm ([`application`]) | java-buildpack 5 ([`v5`]) | java-buildpack 4 ([`v4_ruby`]) |
//! | --- | --- | --- | --- |
//! | extensions | `.class .classdata .clj .groovy .kts` | `.class .groovy` | `.class .groovy` |
//! | directories named so | counted | not counted | counted |
//! | hidden files | counted | counted | only jars |
//! | jars in jars | one level | no | no |
//! | broken jars | 0, some an error | 0 | 0 |
//! | JRE | counted apart | 42215 for Java 9 and later | the same |
//! | result | classes | 35 percent, rounded down | 35 percent, rounded up |
//!
//! Only central directories are read; of a jar in a jar that is stored, likewise. Compressed ones are inflated. Contents
//! that are only passed over are not checked against their checksums, where the original would.
//!
//! Pure parts, for callers that have the bytes already: [`kind`], [`jar_bytes`], [`jimage_bytes`].

mod buildpack;
mod error;
mod jar;
mod jimage;
mod likely;
mod walk;

pub use buildpack::{v4_ruby, v5, v5_classes, v5_loaded};
pub use error::Error;
pub use jar::{jar_at, jar_bytes};
pub use jimage::{jimage_bytes, jimage_file, jimage_reader};
pub use likely::LikelyClasses;
pub use walk::{application, counter, likely, tree};

/// What a file or directory is to the libjvm counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Counts as one class, even if it is a directory (which is descended into all the same).
    Class,
    /// Its entries are to be counted, see [`jar_bytes`].
    Jar,
    /// Nothing by itself.
    Other,
}

/// Extensions libjvm counts; case matters.
const EXTENSIONS: [&str; 5] = [".class", ".classdata", ".clj", ".groovy", ".kts"];

/// Tells what libjvm makes of a file or directory, by its path or name.
pub fn kind(name: &str, is_dir: bool) -> Kind {
    kind_of(name.as_bytes(), is_dir)
}

fn kind_of(name: &[u8], is_dir: bool) -> Kind {
    if EXTENSIONS.iter().any(|extension| name.ends_with(extension.as_bytes())) {
        Kind::Class
    } else if !is_dir && name.ends_with(b".jar") {
        Kind::Jar
    } else {
        Kind::Other
    }
}
