//! An archive as the files it stands for: opened, prefix and top folder taken off, links checked again.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use super::{Archive, DependencyError, Description, Format};
use crate::application::{Content, Encoding, Entry, EntryKind, EntryPath, Limits, MappedFile, Span, tar, zip};

/// Buffer for inflating, bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// The files of the archive `source` in order of their paths, as `description` says they come out of it. A tar.gz is
/// inflated into a file without a name in `scratch`; contents are spans of it or of `source`.
pub(super) fn entries(
    source: &Arc<MappedFile>,
    description: &Description,
    scratch: &Path,
) -> Result<Vec<Entry>, DependencyError> {
    let coordinates = || description.coordinates();
    let open = |error| DependencyError::Open { coordinates: coordinates(), source: Box::new(error) };
    let entries = match description.archive.format {
        Format::Zip => zip::read(source).map_err(open)?,
        Format::Tar => tar::read(source).map_err(open)?,
        Format::TarGz => {
            let inflated = inflate(source, scratch)
                .map_err(|source| DependencyError::Inflate { coordinates: coordinates(), source })?;
            tar::read(&Arc::new(inflated)).map_err(open)?
        }
        Format::Jar | Format::File => return Ok(vec![single(source, description)]),
    };
    let entries = below_prefix(entries, &description.archive, coordinates)?;
    let entries = stripped(entries, description.archive.strip, coordinates)?;
    check_links(&entries, coordinates)?;
    Ok(entries)
}

/// The whole archive as one file.
fn single(source: &Arc<MappedFile>, description: &Description) -> Entry {
    let size = source.bytes().len();
    let span =
        Span { source: Arc::clone(source), range: 0..size, encoding: Encoding::Stored, size: size as u64, crc32: None };
    let name = description.file_name();
    // ids, versions and file names hold nothing a path cannot hold; a record edited by hand might
    let path = EntryPath::new(&name.replace(['/', '\\'], "_")).unwrap_or_else(|_| fallback_name());
    Entry::file(path, Content::Span(span))
}

#[expect(clippy::expect_used, reason = "a constant")]
fn fallback_name() -> EntryPath {
    EntryPath::new("dependency").expect("a plain name")
}

fn inflate(source: &MappedFile, scratch: &Path) -> io::Result<MappedFile> {
    let limit = Limits::default().total_of(source.bytes().len() as u64);
    let mut input = flate2::bufread::MultiGzDecoder::new(source.bytes());
    let mut file = tempfile::tempfile_in(scratch)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut total = 0;
    loop {
        let read = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        total += read as u64;
        if total > limit {
            return Err(io::Error::other(format!("it inflates to more than {limit} bytes")));
        }
        file.write_all(&buffer[..read])?;
    }
    MappedFile::from_file(&file, source.path())
}

fn below_prefix(
    entries: Vec<Entry>,
    archive: &Archive,
    coordinates: impl Fn() -> String,
) -> Result<Vec<Entry>, DependencyError> {
    let Some(prefix) = archive.prefix.as_deref() else { return Ok(entries) };
    let prefix = prefix.trim_matches('/');
    let below: Vec<Entry> = entries
        .into_iter()
        .filter_map(|entry| {
            let rest = entry.path.as_str().strip_prefix(prefix)?.strip_prefix('/')?;
            Some(Entry { path: EntryPath::new(rest).ok()?, kind: entry.kind })
        })
        .collect();
    if below.is_empty() {
        return Err(DependencyError::Prefix { coordinates: coordinates(), prefix: prefix.to_owned() });
    }
    Ok(below)
}

fn stripped(
    mut entries: Vec<Entry>,
    folders: u32,
    coordinates: impl Fn() -> String,
) -> Result<Vec<Entry>, DependencyError> {
    for _ in 0..folders {
        let top = entries.first().map(|entry| top_folder(&entry.path).to_owned()).unwrap_or_default();
        let mut below = Vec::with_capacity(entries.len());
        for entry in entries {
            let rest = match entry.path.as_str().strip_prefix(top.as_str()) {
                Some("") if matches!(entry.kind, EntryKind::Directory) => continue,
                Some(rest) => rest.strip_prefix('/').and_then(|rest| EntryPath::new(rest).ok()),
                None => None,
            };
            let Some(path) = rest else {
                return Err(DependencyError::Strip { coordinates: coordinates(), entry: entry.path.to_string() });
            };
            below.push(Entry { path, kind: entry.kind });
        }
        entries = below;
    }
    Ok(entries)
}

fn top_folder(path: &EntryPath) -> &str {
    path.as_str().split('/').next().unwrap_or_default()
}

/// Taking a part of a tree can leave a link's target outside. The readers have made sure that no target goes up behind
/// another link, so counting components is enough.
fn check_links(entries: &[Entry], coordinates: impl Fn() -> String) -> Result<(), DependencyError> {
    for entry in entries {
        let EntryKind::Symlink { target } = &entry.kind else { continue };
        let mut depth = entry.path.ancestors().count();
        let inside = !target.starts_with('/')
            && target.split('/').all(|component| match component {
                "" | "." => true,
                ".." if depth == 0 => false,
                ".." => {
                    depth -= 1;
                    true
                }
                _ => {
                    depth += 1;
                    true
                }
            });
        if !inside {
            let (entry, target) = (entry.path.to_string(), target.to_string());
            return Err(DependencyError::Link { coordinates: coordinates(), entry, target });
        }
    }
    Ok(())
}
