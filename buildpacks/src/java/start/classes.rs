//! Where a class is found: folders and jars of the application, and what jars name in their `Class-Path`.

use std::collections::BTreeSet;

use super::StartError;
use crate::absence::is_of_system;
use crate::application::{Application, Entry, EntryPath};
use crate::java::container::ClassPath;
use crate::java::manifest::{self, Manifest};

/// Most jars that are looked into for one class.
const MAX_JARS: usize = 10_000;

/// A part of a class path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The folder of the application itself.
    Root,
    /// A folder or a jar in it.
    Path(EntryPath),
    /// The whole application, which is one jar.
    Packed,
}

/// A jar that is open.
pub(super) struct Jar {
    pub(super) entries: Vec<Entry>,
    pub(super) manifest: Option<Manifest>,
}

/// The jar that `entry` is; none when its bytes are none.
pub(super) fn open(application: &Application, entry: &Entry) -> Result<Option<Jar>, StartError> {
    let entries = match application.nested(entry) {
        Ok(entries) => entries,
        Err(error) if is_of_system(&error) => return Err(StartError::read(&entry.path, &error)),
        Err(_) => return Ok(None),
    };
    let manifest = manifest_of(&entries, manifest::PATH)?;
    Ok(Some(Jar { entries, manifest }))
}

/// The manifest at `path` among sorted `entries`; none when there is none that can be understood.
pub(super) fn manifest_of(entries: &[Entry], path: &str) -> Result<Option<Manifest>, StartError> {
    let Some((entry, content)) = find(entries, path).and_then(|entry| Some((entry, entry.content()?))) else {
        return Ok(None);
    };
    match content.read(manifest::MAX_BYTES) {
        Ok(bytes) => Ok(Manifest::parse(&bytes).ok()),
        Err(error) if is_of_system(&error) => Err(StartError::read(&entry.path, &error)),
        Err(_) => Ok(None),
    }
}

/// The entry named `path` among sorted `entries`.
pub(super) fn find<'a>(entries: &'a [Entry], path: &str) -> Option<&'a Entry> {
    entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok().map(|at| &entries[at])
}

/// The file of a class.
pub(super) fn file_of(class: &str) -> String {
    format!("{}.class", class.replace('.', "/"))
}

/// Looks for `class` in `parts` and in what their manifests add; the part that holds it, and what the manifests name that
/// is not there. A jar that cannot be read may hold it.
pub(super) fn search(
    application: &Application,
    parts: &[Part],
    class: &str,
) -> Result<(Option<Part>, Vec<String>), StartError> {
    let file = file_of(class);
    let mut queue: Vec<Part> = parts.iter().rev().cloned().collect();
    let (mut seen, mut missing) = (BTreeSet::new(), Vec::new());
    while let Some(part) = queue.pop() {
        if !seen.insert(part.clone()) || seen.len() > MAX_JARS {
            continue;
        }
        let (holds, class_path) = look(application, &part, &file)?;
        if holds {
            return Ok((Some(part), missing));
        }
        missing.extend(class_path.missing);
        queue.extend(class_path.found.into_iter().rev().map(Part::Path));
    }
    Ok((None, missing))
}

/// Whether a part holds the file, and what it adds to the class path.
fn look(application: &Application, part: &Part, file: &str) -> Result<(bool, ClassPath), StartError> {
    let named = |manifest: Option<&Manifest>, folder: &str, packed: bool| {
        let in_image = |path: &str| if packed { None } else { application.resolve(path) };
        manifest.map(|manifest| ClassPath::of(manifest, folder, in_image)).unwrap_or_default()
    };
    Ok(match part {
        Part::Packed => {
            let entries = application.entries();
            let manifest = manifest_of(entries, manifest::PATH)?;
            (find(entries, file).is_some(), named(manifest.as_ref(), "", true))
        }
        Part::Root => (application.resolve(file).is_some(), ClassPath::default()),
        Part::Path(path) => match application.get(path.as_str()) {
            Some(entry) if entry.content().is_some() => {
                let Some(jar) = open(application, entry)? else { return Ok((true, ClassPath::default())) };
                let folder = path.as_str().rfind('/').map_or("", |end| &path.as_str()[..=end]);
                (find(&jar.entries, file).is_some(), named(jar.manifest.as_ref(), folder, false))
            }
            // Links are resolved; one that is left is the way to another layer, as is a folder.
            _ => (application.resolve(&format!("{path}/{file}")).is_some(), ClassPath::default()),
        },
    })
}
