//! An archive as the files it stands for: opened, prefix and top folder taken off, links checked again.

use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::sync::Arc;

use super::digest::Sha256Writer;
use super::{Archive, DependencyError, Description, Format, Sha256};
use crate::application::{Content, Entry, EntryKind, EntryPath, Limits, Source, Span, tar, zip};

/// Buffer for inflating, bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// An archive's files.
#[derive(Debug)]
pub(super) struct Opened {
    /// In order of their paths.
    pub(super) entries: Vec<Entry>,
    /// The checksum of the archive, where all of it was read to get at the files, whose contents then lie elsewhere.
    pub(super) read: Option<Sha256>,
}

/// The files of the archive `source`, as `description` says they come out of it; see [`unpack`] and [`part`].
pub(super) fn open(source: &Arc<Source>, description: &Description, scratch: &Path) -> Result<Opened, DependencyError> {
    let Opened { entries, read } = unpack(source, description, scratch)?;
    Ok(Opened { entries: part(entries, description)?, read })
}

/// All files of the archive `source`. A tar.gz is inflated into a file without a name in `scratch` and hashed on the way;
/// contents are spans of it or of `source`.
pub(super) fn unpack(
    source: &Arc<Source>,
    description: &Description,
    scratch: &Path,
) -> Result<Opened, DependencyError> {
    let coordinates = || description.coordinates();
    let refused = |error| DependencyError::Open { coordinates: coordinates(), source: Box::new(error) };
    let (entries, read) = match description.archive.format {
        Format::Zip => (zip::read(source).map_err(refused)?, None),
        Format::Tar => (tar::read(source).map_err(refused)?, None),
        Format::TarGz => {
            let (inflated, sha256) = inflate(source, scratch)
                .map_err(|source| DependencyError::Inflate { coordinates: coordinates(), source })?;
            (tar::read(&Arc::new(inflated)).map_err(refused)?, Some(sha256))
        }
        Format::Jar | Format::File => (vec![single(source, description)], None),
    };
    Ok(Opened { entries, read })
}

/// The part of an archive's files that `description` takes, without the folders around it.
pub(super) fn part(entries: Vec<Entry>, description: &Description) -> Result<Vec<Entry>, DependencyError> {
    if matches!(description.archive.format, Format::Jar | Format::File) {
        return Ok(entries);
    }
    let coordinates = || description.coordinates();
    let entries = below_prefix(entries, &description.archive, coordinates)?;
    let entries = stripped(entries, description.archive.strip, coordinates)?;
    check_links(&entries, coordinates)?;
    Ok(entries)
}

/// The whole archive as one file.
fn single(source: &Arc<Source>, description: &Description) -> Entry {
    let name = description.file_name();
    // ids, versions and file names hold nothing a path cannot hold; a record edited by hand might
    let path = EntryPath::new(&name.replace(['/', '\\'], "_")).unwrap_or_else(|_| fallback_name());
    Entry::file(path, Content::Span(Span::whole(source)))
}

#[expect(clippy::expect_used, reason = "a constant")]
fn fallback_name() -> EntryPath {
    EntryPath::new("dependency").expect("a plain name")
}

/// The archive without its compression, and the checksum of the very bytes that were read for it.
fn inflate(source: &Source, scratch: &Path) -> io::Result<(Source, Sha256)> {
    let limit = Limits::default().total_of(source.len());
    let stored = Hashing { inner: source.reader(0..source.len()).into_inner(), hasher: Sha256Writer::new(io::sink()) };
    let mut stored = BufReader::with_capacity(BUFFER_BYTES, stored);
    let mut input = flate2::bufread::MultiGzDecoder::new(&mut stored);
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
    io::copy(&mut stored, &mut io::sink())?;
    let (sha256, ..) = stored.into_inner().hasher.finish();
    Ok((Source::from_file(file, source.path())?, sha256))
}

/// Hashes what is read through it.
struct Hashing<R> {
    inner: R,
    hasher: Sha256Writer<io::Sink>,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.write_all(&buffer[..read])?;
        Ok(read)
    }
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
