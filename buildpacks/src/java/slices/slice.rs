//! Slices: the entries of one layer each.

use super::index::{self, LayersIndex, LayersIndexError};
use crate::application::{Application, ContentError, Entry, EntryKind, EntryPath};
use crate::java::container::{Detection, Kind, LOADER, Layout, PACKED_NAME};

/// Our own slices, in order.
const OWN: [&str; 4] = ["dependencies", "spring-boot-loader", "snapshot-dependencies", "application"];
const DEPENDENCIES: usize = 0;
const SPRING_BOOT_LOADER: usize = 1;
const SNAPSHOT_DEPENDENCIES: usize = 2;
const APPLICATION: usize = 3;
/// Files that sign a jar as such (JAR File Specification, "Signed JAR File"). They mean nothing once it is unpacked.
const SIGNATURES: [&str; 4] = [".SF", ".DSA", ".RSA", ".EC"];

/// A part of the application that becomes one layer.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Its name, such as `dependencies`.
    pub name: String,
    /// Its entries, sorted, paths below the workspace. Parents are missing as a rule.
    pub entries: Vec<Entry>,
}

/// Why an application cannot be sliced.
#[derive(Debug, thiserror::Error)]
pub enum SliceError {
    /// The layers index cannot be read.
    #[error("Could not read `{entry}` of `{artifact}`")]
    Content {
        /// The artifact's path.
        artifact: String,
        /// The index.
        entry: String,
        /// Why.
        source: ContentError,
    },
    /// The layers index cannot be parsed.
    #[error("Could not parse `{entry}` of `{artifact}`")]
    Index {
        /// The artifact's path.
        artifact: String,
        /// The index.
        entry: String,
        /// Why.
        source: LayersIndexError,
    },
}

/// Slices the application's tree. Every file of it is in exactly one slice, except signatures of an unpacked Spring Boot
/// jar; slices without entries are left out.
pub fn slice(application: &Application, detection: &Detection) -> Result<Vec<Slice>, SliceError> {
    slice_by(application, detection.kind, &detection.layout)
}

/// As [`slice()`], of an application of which no more is known yet.
///
/// # Errors
/// As [`slice()`].
pub fn slice_by(application: &Application, kind: Kind, layout: &Layout) -> Result<Vec<Slice>, SliceError> {
    if layout.packed {
        let Some(content) = application.whole() else { return Ok(Vec::new()) };
        let kind = EntryKind::File { executable: false, content };
        let entries = vec![Entry { path: EntryPath::literal(PACKED_NAME), kind }];
        return Ok(vec![Slice { name: OWN[APPLICATION].to_owned(), entries }]);
    }
    let boot = kind == Kind::SpringBoot;
    let entries = application.entries().iter().filter(|entry| !(boot && is_signature(entry.path.as_str())));
    let Some(path) = &layout.layers_index else {
        let layer = |entry: &Entry| own_slice(entry, kind, layout);
        return Ok(distribute(entries, &OWN.map(str::to_owned), layer));
    };
    let index = read_index(application, path)?;
    let layer = |entry: &Entry| match entry.kind {
        EntryKind::Directory => index.layer_of(&format!("{}/", entry.path)),
        _ => index.layer_of(entry.path.as_str()),
    };
    Ok(distribute(entries, index.layers(), layer))
}

fn read_index(application: &Application, path: &EntryPath) -> Result<LayersIndex, SliceError> {
    let (artifact, entry) = (application.path().display().to_string(), path.to_string());
    let bytes = application.read_small(path.as_str(), index::MAX_BYTES).transpose();
    let bytes = match bytes {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(source) => return Err(SliceError::Content { artifact, entry, source }),
    };
    LayersIndex::parse(&bytes).map_err(|source| SliceError::Index { artifact, entry, source })
}

/// The slice of an entry without an index.
fn own_slice(entry: &Entry, kind: Kind, layout: &Layout) -> usize {
    let path = entry.path.as_str();
    let is_library = layout.libraries.iter().any(|folder| path.starts_with(folder.as_str()))
        || layout.class_path.contains(&entry.path) && entry.path.has_extension("jar");
    if kind == Kind::SpringBoot && path.starts_with(LOADER) {
        SPRING_BOOT_LOADER
    } else if !is_library {
        APPLICATION
    } else if entry.path.file_name().contains("-SNAPSHOT") {
        SNAPSHOT_DEPENDENCIES
    } else {
        DEPENDENCIES
    }
}

fn distribute<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    names: &[String],
    layer: impl Fn(&Entry) -> usize,
) -> Vec<Slice> {
    let mut slices: Vec<Slice> = names.iter().map(|name| Slice { name: name.clone(), entries: Vec::new() }).collect();
    for entry in entries {
        slices[layer(entry)].entries.push(entry.clone());
    }
    slices.retain(|slice| !slice.entries.is_empty());
    slices
}

/// Whether it is a signature of the jar that was unpacked; those of libraries lie inside them.
fn is_signature(path: &str) -> bool {
    let Some(name) = path.strip_prefix("META-INF/") else { return false };
    !name.contains('/') && SIGNATURES.iter().any(|extension| name.to_ascii_uppercase().ends_with(extension))
}
