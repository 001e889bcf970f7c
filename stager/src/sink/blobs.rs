//! The blobs of an image in a layout: what is sound stays, what is missing or broken is written.
//!
//! A blob in a layout has no record beside it. It is taken at its word when it is the very file of the layer cache that was
//! just found sound, or when it was hashed in this state since the machine was started; else it is hashed.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use buildpacks::absence::absent_ok;
use buildpacks::application::{StatRecord, Witnessed};
use buildpacks::files::{open_found, read_found};
use fs_err as fs;

use super::SinkError;
use crate::digest::{Digest, HashingWriter};
use crate::image::{BlobLocation, Image, ImageBlob};
use crate::store::{FileId, Input, NEW, Store, copy_hashed, hash, is_sealed, new_temporary, seal};

/// Blobs written into a layout. Those that were not there before go again unless they are kept.
pub(super) struct Blobs<'a> {
    folder: PathBuf,
    /// Remembers what was hashed; without it nothing is.
    store: Option<&'a Store>,
    added: Vec<PathBuf>,
    mended: usize,
}

/// How a blob was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Sound,
    Absent,
    Broken,
}

pub(super) fn io_error<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> SinkError + 'a {
    move |source| SinkError::Io { action, path: path.to_owned(), source }
}

/// Where a blob lies in a layout.
pub(super) fn blob_path(layout: &Path, digest: Digest) -> PathBuf {
    layout.join("blobs/sha256").join(digest.hex())
}

impl<'a> Blobs<'a> {
    /// The blobs of the layout at `layout`.
    pub(super) fn of(layout: &Path, store: Option<&'a Store>) -> Result<Self, SinkError> {
        let folder = layout.join("blobs/sha256");
        fs::create_dir_all(&folder).map_err(io_error("create", &folder))?;
        Ok(Self { folder, store, added: Vec::new(), mended: 0 })
    }

    /// Sees to it that every blob and document of `image` is there with its own bytes.
    pub(super) fn write(&mut self, image: &Image) -> Result<(), SinkError> {
        let mut seen = BTreeSet::new();
        for blob in image.blobs.iter().filter(|blob| seen.insert(blob.digest)) {
            self.put(blob)?;
        }
        for document in [&image.config, &image.manifest] {
            let path = self.folder.join(document.digest.hex());
            let there = absent_ok(fs::symlink_metadata(&path)).map_err(io_error("read", &path))?.is_some();
            if !(there && holds(&path, &document.bytes)?) {
                replace_file(&path, &document.bytes)?;
                self.note(path, there);
            }
        }
        Ok(())
    }

    /// Everything is as it should be: nothing that was added goes. How many blobs were there with other bytes.
    pub(super) fn keep(mut self) -> usize {
        self.added.clear();
        self.mended
    }

    /// Sees to it that a blob is there.
    pub(super) fn put(&mut self, blob: &ImageBlob) -> Result<(), SinkError> {
        let path = self.folder.join(blob.digest.hex());
        let found = self.state(&path, blob)?;
        if found == State::Sound {
            return Ok(());
        }
        write_layer(blob, &path)?;
        self.note(path.clone(), found == State::Broken);
        // Where nothing is believed, what was just written is not either.
        if self.store.is_some_and(Store::is_paranoid) && self.state(&path, blob)? != State::Sound {
            return Err(SinkError::Changed { path });
        }
        Ok(())
    }

    fn note(&mut self, path: PathBuf, was_there: bool) {
        if was_there {
            self.mended += 1;
        } else {
            self.added.push(path);
        }
    }

    fn state(&self, path: &Path, blob: &ImageBlob) -> Result<State, SinkError> {
        let failed = |source| SinkError::Io { action: "read", path: path.to_owned(), source };
        let Some(metadata) = absent_ok(fs::symlink_metadata(path)).map_err(failed)? else { return Ok(State::Absent) };
        if !metadata.is_file() || metadata.len() != blob.size {
            return Ok(State::Broken);
        }
        let stat = StatRecord::of(&metadata);
        let paranoid = self.store.is_some_and(Store::is_paranoid);
        if matches!(&blob.location, BlobLocation::Cache(_, file) if is_that(&stat, *file)) && !paranoid {
            return Ok(State::Sound);
        }
        let memo = self.store.and_then(|store| store.copy_memo(path, blob.digest));
        if memo.as_ref().is_some_and(|memo| memo.recall::<()>().is_some()) {
            return Ok(State::Sound);
        }
        let noted = SystemTime::now();
        let file = open_found(path).map_err(failed)?;
        let hashed = Witnessed::read(file.file(), hash).map_err(failed)?;
        let Some(hashed) = hashed.filter(|hashed| hashed.value == (blob.digest, blob.size)) else {
            return Ok(State::Broken);
        };
        if let Some(memo) = memo {
            // Losing it costs the next run time, nothing else.
            drop(memo.remember(vec![Input::Entry(path.to_owned(), Some(hashed.stat))], noted, &()));
        }
        Ok(State::Sound)
    }
}

impl Drop for Blobs<'_> {
    fn drop(&mut self) {
        for path in &self.added {
            drop(fs::remove_file(path));
        }
    }
}

/// Whether a file in this state is the sealed one that was found sound.
fn is_that(stat: &StatRecord, file: FileId) -> bool {
    FileId::of(stat) == file && is_sealed(stat)
}

/// Whether the file holds these bytes.
fn holds(path: &Path, bytes: &[u8]) -> Result<bool, SinkError> {
    let metadata = fs::symlink_metadata(path).map_err(io_error("read", path))?;
    if !metadata.is_file() || metadata.len() != bytes.len() as u64 {
        return Ok(false);
    }
    Ok(read_found(path, bytes.len() as u64).map_err(io_error("read", path))? == bytes)
}

/// Writes a layer beside its place and renames it: a broken one is never gone before a sound one is there.
fn write_layer(blob: &ImageBlob, path: &Path) -> Result<(), SinkError> {
    let failed = |source| SinkError::Io { action: "write", path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    match &blob.location {
        BlobLocation::Cache(cached, file) => {
            if link(cached, *file, path).map_err(failed)? {
                return Ok(());
            }
            let mut from = open_found(cached).map_err(io_error("read", cached))?;
            let mut copy = new_temporary(folder, NEW).map_err(failed)?;
            let (found, _) = copy_hashed(&mut from, copy.as_file_mut()).map_err(failed)?;
            if found != blob.digest {
                return Err(SinkError::Changed { path: cached.clone() });
            }
            seal(copy.as_file()).map_err(failed)?;
            copy.persist(path).map_err(|error| failed(error.error))?;
        }
        BlobLocation::Foreign(content) => {
            let file = new_temporary(folder, NEW).map_err(failed)?;
            let mut hashing = HashingWriter::new(file);
            content.copy_to(&mut hashing).map_err(|source| SinkError::BaseContent { digest: blob.digest, source })?;
            let (file, found, _) = hashing.finish();
            if found != blob.digest {
                return Err(SinkError::BaseBlob { digest: blob.digest, found });
            }
            seal(file.as_file()).map_err(failed)?;
            file.persist(path).map_err(|error| failed(error.error))?;
        }
    }
    Ok(())
}

/// Links the cache's blob; false where the disk allows no link, or another file has the name of the one that is sound.
fn link(cached: &Path, file: FileId, path: &Path) -> io::Result<bool> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let Ok(linked) = tempfile::Builder::new().prefix(NEW).make_in(folder, |name| std::fs::hard_link(cached, name))
    else {
        return Ok(false);
    };
    let there = StatRecord::of(&fs::symlink_metadata(linked.path())?);
    let here = absent_ok(fs::symlink_metadata(path))?.map(|metadata| FileId::of(&StatRecord::of(&metadata)));
    if !is_that(&there, file) || here == Some(file) {
        return Ok(false);
    }
    linked.persist(path).map_err(|error| error.error)?;
    Ok(true)
}

/// Replaces a small file as a whole.
pub(super) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), SinkError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        let mut file = new_temporary(folder, NEW)?;
        file.write_all(bytes)?;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(io_error("write", path))
}
