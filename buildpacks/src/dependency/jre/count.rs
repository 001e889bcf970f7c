//! How many classes a Java runtime holds.

use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use memcalc::count::{self, Kind};

use super::facts::find;
use crate::application::{Content, ContentError, Encoding, Entry, Source, Span, zip};
use crate::dependency::{DependencyError, Description};

/// Counts as the memory calculator does: the class resources of `lib/modules`, else those of the whole tree, jars
/// included.
pub(super) fn classes(entries: &[Entry], description: &Description, scratch: &Path) -> Result<u64, DependencyError> {
    let count = |entry: &Entry, count: fn(&Span) -> Result<Result<u64, count::Error>, ContentError>| {
        let Some(content) = entry.content() else { return Ok(0) };
        let coordinates = || description.coordinates();
        let counted = stored(content, scratch).and_then(|span| count(&span)).map_err(|source| {
            DependencyError::Content { coordinates: coordinates(), entry: entry.path.to_string(), source }
        })?;
        counted.map_err(|error| DependencyError::Count {
            coordinates: coordinates(),
            entry: entry.path.to_string(),
            reason: error.to_string().replace('\n', ": "),
        })
    };
    if let Some(modules) = find(entries, "lib/modules") {
        return count(modules, in_image);
    }
    let mut classes = 0;
    for entry in entries {
        let is_directory = entry.content().is_none();
        classes += match count::kind(entry.path.as_str(), is_directory) {
            Kind::Class => 1,
            Kind::Jar => count(entry, |jar| Ok(in_jar(jar)))?,
            Kind::Other => 0,
        };
    }
    Ok(classes)
}

fn in_image(image: &Span) -> Result<Result<u64, count::Error>, ContentError> {
    let counted = count::jimage_reader(&mut image.source.reader(image.range.clone()));
    counted.map_err(|error| ContentError::of_source(error, ContentError::Write))
}

fn in_jar(jar: &Span) -> Result<u64, count::Error> {
    count::jar_at(&zip::View::new(&jar.source, jar.range.clone()), jar.stored_len())
}

/// The content where it can be read by offset: in a file without a name in `scratch` where it is stored compressed.
fn stored(content: &Content, scratch: &Path) -> Result<Span, ContentError> {
    if let Content::Span(span) = content
        && span.encoding == Encoding::Stored
    {
        return Ok(span.clone());
    }
    let file = tempfile::tempfile_in(scratch).map_err(ContentError::Write)?;
    let mut out = BufWriter::new(file);
    content.copy_to(&mut out)?;
    let file = out.into_inner().map_err(|error| ContentError::Write(error.into_error()))?;
    Ok(Span::whole(&Arc::new(Source::from_file(file, scratch).map_err(ContentError::Write)?)))
}
