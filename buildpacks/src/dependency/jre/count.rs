//! How many classes a Java runtime holds.

use std::io::BufWriter;
use std::path::Path;

use memcalc::count::{self, Kind};

use super::facts::find;
use crate::application::{Content, ContentError, Entry, MappedFile};
use crate::dependency::{DependencyError, Description};

/// Counts as the memory calculator does: the class resources of `lib/modules`, else those of the whole tree, jars
/// included.
pub(super) fn classes(entries: &[Entry], description: &Description, scratch: &Path) -> Result<u64, DependencyError> {
    let count = |entry: &Entry, count: fn(&[u8]) -> Result<u64, count::Error>| {
        let Some(content) = entry.content() else { return Ok(0) };
        let coordinates = || description.coordinates();
        let counted = with_bytes(content, scratch, count).map_err(|source| DependencyError::Content {
            coordinates: coordinates(),
            entry: entry.path.to_string(),
            source,
        })?;
        counted.map_err(|error| DependencyError::Count {
            coordinates: coordinates(),
            entry: entry.path.to_string(),
            reason: error.to_string().replace('\n', ": "),
        })
    };
    if let Some(modules) = find(entries, "lib/modules") {
        return count(modules, count::jimage_bytes);
    }
    let mut classes = 0;
    for entry in entries {
        let is_directory = entry.content().is_none();
        classes += match count::kind(entry.path.as_str(), is_directory) {
            Kind::Class => 1,
            Kind::Jar => count(entry, count::jar_bytes)?,
            Kind::Other => 0,
        };
    }
    Ok(classes)
}

/// Gives `visit` the whole content, mapped from a file without a name in `scratch` where it is stored compressed.
fn with_bytes<T>(content: &Content, scratch: &Path, visit: impl FnOnce(&[u8]) -> T) -> Result<T, ContentError> {
    if content.as_slice().is_some() {
        return Ok(visit(&content.read(content.size())?));
    }
    let file = tempfile::tempfile_in(scratch).map_err(ContentError::Write)?;
    let mut out = BufWriter::new(&file);
    content.copy_to(&mut out)?;
    out.into_inner().map_err(|error| ContentError::Write(error.into_error()))?;
    let mapped = MappedFile::from_file(&file, scratch).map_err(ContentError::Write)?;
    Ok(visit(mapped.bytes()))
}
