//! Pieces: the archive of a dependency as it stands in a droplet, compressed once and kept in the layer cache. Gzip members
//! follow one another in a file, so that a piece is copied into a droplet as it is.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use buildpacks::application::{ContentError, Entry, EntryKind, EntryPath};
use buildpacks::dependency::{DependencyError, ResolvedDependency};

use super::archive::Archive;
use super::member::{DropletError, Member};
use super::packing::Section;
use crate::digest::{DiffId, HashingWriter};
use crate::layer::{Compression, LayerEntry, Selector, complete, write_chunks};
use crate::report::Phases;
use crate::store::{BlobSource, LayerBlob, NewBlob, Store, StoreError};

/// Changes whenever the same inputs give other bytes.
const RECIPE: &str = "droplet piece 1";

/// A dependency in a droplet.
#[derive(Clone, Debug)]
pub(in crate::cloudfoundry) struct Piece {
    /// Its folder, below the droplet's root.
    pub(in crate::cloudfoundry) at: EntryPath,
    /// The archive that is unpacked there.
    pub(in crate::cloudfoundry) dependency: ResolvedDependency,
    /// Files beside those of the archive, paths below the droplet's root.
    pub(in crate::cloudfoundry) more: Vec<Entry>,
}

/// Why a piece could not be made.
#[derive(Debug, thiserror::Error)]
pub(in crate::cloudfoundry) enum PieceError {
    /// The archive cannot be opened.
    #[error("{0}")]
    Dependency(#[from] DependencyError),
    /// A file of it cannot be read.
    #[error("{path}: {source}")]
    Content {
        /// The file.
        path: String,
        /// Why.
        source: ContentError,
    },
    /// Its files are not those that it was looked up by.
    #[error("its files changed while it was packed")]
    Changed,
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] DropletError),
    /// The cache failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The cache's disk failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The piece leaves the cache as soon as it is there.
    #[error("the cache lost the piece while it was used: {0}")]
    Lost(io::Error),
}

impl Piece {
    /// The compressed piece and whether it was in the cache, where it is kept.
    fn blob(&self, store: &Store) -> Result<(LayerBlob, BlobSource), PieceError> {
        let selector = self.selector(&self.identities()?);
        if let Some(blob) = store.lookup(&selector)? {
            return Ok((blob, BlobSource::Cached));
        }
        let _guard = store.lock(&selector)?;
        if let Some(blob) = store.lookup(&selector)? {
            return Ok((blob, BlobSource::Cached));
        }
        let mut file = store.new_file()?;
        let path = file.path().to_owned();
        let mut hashing = HashingWriter::new(file.as_file_mut());
        let mut packed = BTreeMap::new();
        write_chunks(Compression::Gzip, &mut hashing, |chunks| -> Result<(), PieceError> {
            packed = self.write(chunks, path, &store.scratch())?;
            Ok(())
        })?;
        let (_, digest, size) = hashing.finish();
        let written = self.selector(&packed);
        if written != selector {
            return Err(PieceError::Changed);
        }
        // To the cache a piece is a file like any other: nobody asks for the digest of the tar in it.
        let (compression, diff_id) = (Compression::None, DiffId(digest));
        let new = NewBlob { selector: written, file, digest, diff_id, size, uncompressed_size: size, compression };
        Ok((store.commit(new)?, BlobSource::Built))
    }

    /// The piece as a section of a droplet; getting it is a phase named by its folder and by whether it was in the cache.
    pub(in crate::cloudfoundry) fn section(&self, store: &Store, phases: &mut Phases) -> Result<Section, PieceError> {
        // Another process may clear the cache between the lookup and the use: then the piece is made again, once.
        let (file, source) = match self.open(store)? {
            (Ok(file), source) => (file, source),
            (Err(_), _) => {
                let (file, source) = self.open(store)?;
                (file.map_err(PieceError::Lost)?, source)
            }
        };
        let hit = if source == BlobSource::Cached { "hit" } else { "miss" };
        phases.end(&format!("{} {hit}", self.at));
        Ok(Section::Packed(file))
    }

    fn open(&self, store: &Store) -> Result<(io::Result<std::fs::File>, BlobSource), PieceError> {
        let (blob, source) = self.blob(store)?;
        Ok((blob.open(), source))
    }

    /// The identities of the files beside those of the archive, by path.
    fn identities(&self) -> Result<BTreeMap<EntryPath, [u8; 32]>, PieceError> {
        let own = self.more.iter().filter(|entry| self.holds(&entry.path));
        let identity = |entry: &Entry| match entry.content()?.identity() {
            Ok(identity) => Some(Ok((entry.path.clone(), identity))),
            Err(source) => Some(Err(PieceError::Content { path: entry.path.to_string(), source })),
        };
        own.filter_map(identity).collect()
    }

    /// Everything that decides its bytes; `seen` are the identities of contents, looked up or packed.
    fn selector(&self, seen: &BTreeMap<EntryPath, [u8; 32]>) -> Selector {
        let mut parts = vec![
            RECIPE.as_bytes().to_vec(),
            Compression::Gzip.recipe().as_bytes().to_vec(),
            self.at.as_str().as_bytes().to_vec(),
            self.dependency.selector().to_vec(),
        ];
        for entry in &self.more {
            parts.push(entry.path.as_str().as_bytes().to_vec());
            parts.push(match &entry.kind {
                EntryKind::File { executable, .. } => {
                    let identity = seen.get(&entry.path).copied().unwrap_or_default();
                    [&[u8::from(*executable)][..], &identity].concat()
                }
                EntryKind::Directory => Vec::new(),
                EntryKind::Symlink { target } => target.as_bytes().to_vec(),
            });
        }
        Selector::of_parts(parts.iter().map(Vec::as_slice))
    }

    fn holds(&self, path: &EntryPath) -> bool {
        *path == self.at || path.is_below(&self.at)
    }

    /// Writes its members, and returns the identities of their contents as they were read for that.
    fn write(
        &self,
        out: &mut dyn Write,
        path: PathBuf,
        scratch: &std::path::Path,
    ) -> Result<BTreeMap<EntryPath, [u8; 32]>, PieceError> {
        let mut archive = Archive::new(out, path);
        let mut packed = BTreeMap::new();
        for entry in self.entries(scratch)? {
            let path = entry.path.clone();
            packed.extend(archive.append(&Member::of(entry))?.map(|identity| (path, identity)));
        }
        Ok(packed)
    }

    /// Its files, sorted, with every folder from its own down.
    pub(in crate::cloudfoundry) fn entries(
        &self,
        scratch: &std::path::Path,
    ) -> Result<Vec<LayerEntry>, DependencyError> {
        let opened = self.dependency.open(scratch)?;
        let archive = opened.into_iter().map(|entry| LayerEntry::below(&self.at, entry));
        let more = self.more.iter().cloned().map(LayerEntry::normalised);
        let entries = complete(archive.chain(more).collect()).into_iter();
        Ok(entries.filter(|entry| self.holds(&entry.path)).collect())
    }
}
