//! Opening an artifact: what it is decides its content, never its name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;
use serde::Serialize;

use super::{
    ArchiveError, Content, ContentError, Entry, EntryKind, EntryPath, Fingerprint, LeftOut, Limits, OpenError, Source,
    Span, StatRecord, directory, tar, tree, zip,
};

/// Largest nested archive that is decoded, bytes. Nested jars are stored, as a rule, and need no decoding.
const NESTED_BYTES: u64 = 1 << 30;

/// What an artifact is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A zip archive: jar, war, zip.
    Zip,
    /// A directory.
    Directory,
    /// A tar archive, plain or in gzip.
    Tar,
}

/// An artifact as a read-only tree.
///
/// Entries are sorted by path bytes and unique. Of its directories only the empty ones are kept: others follow from the
/// paths below them, and some jars name them while others do not.
#[derive(Debug)]
pub struct Application {
    path: PathBuf,
    name: String,
    format: Format,
    entries: Vec<Entry>,
    fingerprint: Fingerprint,
    left_out: LeftOut,
    jars: Vec<EntryPath>,
    differing: Vec<EntryPath>,
    source: Option<Arc<Source>>,
}

impl Application {
    /// Opens the artifact at `path` as a tree and checks every name, link, size and offset in it against
    /// [`Limits::default`]. Contents are checked when they are read. Of a directory, what its ignore files and the usual
    /// patterns name is left out, and so are sockets and FIFOs.
    ///
    /// # Errors
    /// [`OpenError::UnknownFormat`] for files that are no archive, [`OpenError::Archive`] and [`OpenError::Entry`] for
    /// archives that break a rule.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_within(path, &Limits::default())
    }

    /// As [`Application::open`], with other limits.
    pub fn open_within(path: &Path, limits: &Limits) -> Result<Self, OpenError> {
        let metadata = fs::metadata(path).map_err(|source| OpenError::read(path, source))?;
        let name = name(path);
        let path = path.to_owned();
        if metadata.is_dir() {
            let directory::Tree { entries, records, left_out } = directory::read_within(&path, limits)?;
            let fingerprint = Fingerprint::of_records(&records);
            let entries = without_parents(entries);
            let format = Format::Directory;
            let (jars, differing) = (Vec::new(), Vec::new());
            return Ok(Self { path, name, format, entries, fingerprint, left_out, jars, differing, source: None });
        }
        if !metadata.is_file() {
            return Err(OpenError::NotAFile { path });
        }
        let failed = |source| OpenError::read(&path, source);
        let source = Arc::new(Source::open(&path).map_err(failed)?);
        let record = source.stat().map_err(failed)?.unwrap_or_else(|| StatRecord::of(&metadata));
        let (format, archive) = read(&source, limits)?;
        let zip::Archive { entries, jars, differing } = archive;
        let entries = without_parents(entries);
        let (fingerprint, left_out) = (Fingerprint::File(record), LeftOut::default());
        Ok(Self { path, name, format, entries, fingerprint, left_out, jars, differing, source: Some(source) })
    }

    /// Where the artifact lies; never part of an image.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The artifact's name without its extension, a default for names of images; never part of an image's content.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is on disk.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What of a directory is no part of the application.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// The jars in a zip archive in the order of its directory, in which a class loader finds them.
    pub fn jars_in_order(&self) -> &[EntryPath] {
        &self.jars
    }

    /// Names that several files of a zip archive have, with different contents. The last one is the entry, as for Java.
    pub fn differing(&self) -> &[EntryPath] {
        &self.differing
    }

    /// Every entry, sorted by path bytes.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry named `path`.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        tree::find(&self.entries, path)
    }

    /// The entries whose path starts with `prefix`, such as `BOOT-INF/lib/`.
    pub fn below<'a>(&'a self, prefix: &str) -> &'a [Entry] {
        let start = self.entries.partition_point(|entry| entry.path.as_str() < prefix);
        let length = self.entries[start..].partition_point(|entry| entry.path.as_str().starts_with(prefix));
        &self.entries[start..start + length]
    }

    /// Content of the regular file `path`, at most `limit` bytes; none when there is no such file.
    pub fn read_small(&self, path: &str, limit: u64) -> Option<Result<Cow<'_, [u8]>, ContentError>> {
        self.get(path)?.content().map(|content| content.read(limit))
    }

    /// The artifact's own bytes where it is a single file.
    pub fn whole(&self) -> Option<Content> {
        self.source.as_ref().map(|source| Content::Span(Span::whole(source)))
    }

    /// The entries of the zip archive that `entry` is: a part of the source where it is stored, else decoded.
    pub fn nested(&self, entry: &Entry) -> Result<Vec<Entry>, OpenError> {
        let name = format!("{}!/{}", self.path.display(), entry.path);
        let content = entry.content().ok_or_else(|| OpenError::UnknownFormat { path: name.clone().into() })?;
        let span = content.archive(NESTED_BYTES, Path::new(&name));
        let span = span.map_err(|source| OpenError::archive(&name, ArchiveError::Content(source)))?;
        zip::read_within(&span.source, span.range.clone(), &name, &Limits::default())
    }

    /// The file or folder of the tree that `path` names, which may go through `.`, `..` and the tree's own links; `None`
    /// when nothing is there or the path leaves the tree. The root itself has no path.
    pub fn resolve(&self, path: &str) -> Option<EntryPath> {
        tree::resolve(&self.entries, path)
    }

    /// Paths that differ in case only, which other file systems cannot keep apart.
    pub fn case_clashes(&self) -> Vec<(&EntryPath, &EntryPath)> {
        let mut seen: BTreeMap<String, &EntryPath> = BTreeMap::new();
        let mut clashes = Vec::new();
        for entry in &self.entries {
            match seen.entry(entry.path.as_str().to_lowercase()) {
                std::collections::btree_map::Entry::Vacant(place) => {
                    place.insert(&entry.path);
                }
                std::collections::btree_map::Entry::Occupied(first) => clashes.push((*first.get(), &entry.path)),
            }
        }
        clashes
    }

    /// The artifact's state on disk when it was opened.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Checks that the artifact on disk is still what was opened.
    ///
    /// # Errors
    /// [`OpenError::Changed`] when its fingerprint differs.
    pub fn verify_unchanged(&self) -> Result<(), OpenError> {
        if Fingerprint::of(&self.path)? == self.fingerprint {
            Ok(())
        } else {
            Err(OpenError::Changed { path: self.path.clone() })
        }
    }
}

fn read(source: &Arc<Source>, limits: &Limits) -> Result<(Format, zip::Archive), OpenError> {
    if source.is_empty() {
        return Err(OpenError::Empty { path: source.path().to_owned() });
    }
    let name = source.path().display().to_string();
    let refuse = |error| OpenError::archive(&name, error);
    let whole = zip::View::new(source, 0..source.len());
    if zip::looks_like_zip(&whole).map_err(refuse)? {
        return Ok((Format::Zip, zip::read_archive(source, 0..source.len(), &name, limits)?));
    }
    let start = source.peek(0..source.len().min(tar::BLOCK_BYTES as u64));
    let start = start.map_err(|error| refuse(ArchiveError::Content(error)))?;
    if tar::looks_like_tar(&start) || tar::looks_like_gzip(&start) {
        let (entries, jars, differing) = (tar::read_within(source, limits)?, Vec::new(), Vec::new());
        return Ok((Format::Tar, zip::Archive { entries, jars, differing }));
    }
    Err(OpenError::UnknownFormat { path: source.path().to_owned() })
}

/// Drops directories that other entries lie in.
fn without_parents(mut entries: Vec<Entry>) -> Vec<Entry> {
    let mut keep = vec![true; entries.len()];
    for (at, entry) in entries.iter().enumerate() {
        if matches!(entry.kind, EntryKind::Directory) {
            // What lies in it sorts behind `dir/`, with entries such as `dir-x` between.
            let prefix = format!("{}/", entry.path);
            let next = at + entries[at..].partition_point(|other| other.path.as_str() < prefix.as_str());
            keep[at] = !entries.get(next).is_some_and(|other| other.path.as_str().starts_with(&prefix));
        }
    }
    let mut keep = keep.into_iter();
    entries.retain(|_| keep.next().unwrap_or(true));
    entries
}

/// The artifact's name without extension; of a directory its whole name.
pub(super) fn name(path: &Path) -> String {
    let resolved;
    let path = if path.file_name().is_some() {
        path
    } else {
        resolved = fs::canonicalize(path).unwrap_or_default();
        &resolved
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if path.is_dir() {
        return name.into_owned();
    }
    for extension in [".tar.gz", ".tgz", ".tar", ".jar", ".war", ".ear", ".zip"] {
        if let Some(stem) = name.strip_suffix(extension).filter(|stem| !stem.is_empty()) {
            return stem.to_owned();
        }
    }
    name.into_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::application::zip::writer::{Item, Zip};

    fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    fn paths(application: &Application) -> Vec<&str> {
        application.entries().iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn content_decides_what_it_is() {
        let zip = Zip { prefix: b"#!/bin/sh\nexit\n".to_vec(), ..Zip::of([("a", "x")]) }.bytes();
        let (_folder, path) = file("looks-like.tar.gz", &zip);
        let application = Application::open(&path).unwrap();
        assert_eq!((application.format(), application.name()), (Format::Zip, "looks-like"));

        let mut builder = ::tar::Builder::new(Vec::new());
        let mut header = ::tar::Header::new_gnu();
        header.set_size(1);
        builder.append_data(&mut header, "a", &b"x"[..]).unwrap();
        let (_folder, path) = file("app.jar", &builder.into_inner().unwrap());
        let application = Application::open(&path).unwrap();
        assert_eq!((application.format(), application.name()), (Format::Tar, "app"));
        assert_eq!(paths(&application), ["a"]);
    }

    #[test]
    fn refuses_what_is_no_archive() {
        let (_folder, path) = file("app.jar", b"");
        assert!(matches!(Application::open(&path), Err(OpenError::Empty { .. })));
        let (_folder, path) = file("app.jar", b"hello, world");
        assert!(matches!(Application::open(&path), Err(OpenError::UnknownFormat { .. })));
        let (_folder, path) = file("app.jar", b"PK\x03\x04 and then nothing");
        let error = Application::open(&path).unwrap_err();
        assert!(matches!(error, OpenError::Archive { source: ArchiveError::Truncated, .. }));
        assert!(error.hint().is_some());
        assert!(matches!(Application::open(Path::new("/nowhere")), Err(OpenError::Read { .. })));
        assert!(matches!(Application::open(Path::new("/dev/null")), Err(OpenError::NotAFile { .. })));
    }

    #[test]
    fn keeps_empty_directories_only() {
        let files = [("a/", ""), ("a/b/", ""), ("a-b/", ""), ("a/b/c", "x"), ("a/e/", ""), ("d/", "")];
        let (_folder, path) = file("app.jar", &Zip::of(files).bytes());
        assert_eq!(paths(&Application::open(&path).unwrap()), ["a-b", "a/b/c", "a/e", "d"]);
    }

    #[test]
    fn finds_entries_by_path_and_prefix() {
        let (_folder, path) =
            file("app.jar", &Zip::of([("lib/b.jar", "b"), ("lib/a.jar", "a"), ("lib-x", "")]).bytes());
        let application = Application::open(&path).unwrap();
        assert_eq!(&*application.read_small("lib/a.jar", 10).unwrap().unwrap(), b"a");
        assert!(application.get("lib").is_none());
        assert_eq!(application.below("lib/").len(), 2);
        assert!(application.below("zzz/").is_empty());
    }

    #[test]
    fn opens_nested_archives_stored_and_deflated() {
        let inner = Zip::of([("x/Y.class", "class")]).bytes();
        let items = [Item::new("a.jar", &inner), Item { deflate: true, ..Item::new("b.jar", &inner) }];
        let (_folder, path) = file("app.jar", &Zip::with(items).bytes());
        let application = Application::open(&path).unwrap();
        for entry in application.entries() {
            let nested = application.nested(entry).unwrap();
            assert_eq!(nested[0].path.as_str(), "x/Y.class");
            assert_eq!(&*nested[0].content().unwrap().read(10).unwrap(), b"class");
        }
    }

    #[test]
    fn names_clashes_of_case() {
        let (_folder, path) = file("app.jar", &Zip::of([("a/License", ""), ("a/LICENSE", ""), ("b", "")]).bytes());
        let application = Application::open(&path).unwrap();
        let clashes = application.case_clashes();
        assert_eq!(clashes.len(), 1);
        assert_eq!((clashes[0].0.as_str(), clashes[0].1.as_str()), ("a/LICENSE", "a/License"));
    }

    #[test]
    fn sees_changes_of_files_and_directories() {
        let (folder, path) = file("app.jar", &Zip::of([("a", "x")]).bytes());
        let (packed, unpacked) = (Application::open(&path).unwrap(), Application::open(folder.path()).unwrap());
        packed.verify_unchanged().unwrap();
        unpacked.verify_unchanged().unwrap();
        assert!(!packed.fingerprint().settled(SystemTime::UNIX_EPOCH));
        assert!(unpacked.fingerprint().settled(SystemTime::now() + Duration::from_secs(3)));
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"x").unwrap();
        assert!(matches!(packed.verify_unchanged(), Err(OpenError::Changed { .. })));
        assert!(matches!(unpacked.verify_unchanged(), Err(OpenError::Changed { .. })));
    }
}
