//! Layer blobs and the records that find them.

use std::io;
use std::path::{Path, PathBuf};

use buildpacks::absence::absent_ok;
use buildpacks::application::{StatRecord, Witnessed};
use buildpacks::files::open_found;
use fs_err as fs;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::seal::{FileId, Seal, is_sealed, seal};
use super::{Store, StoreError, files};
use crate::digest::{DiffId, Digest};
use crate::layer::{Compression, Selector};

/// A blob of the layer cache.
#[derive(Clone, Debug)]
pub struct LayerBlob {
    /// SHA-256 of the blob.
    pub digest: Digest,
    /// SHA-256 of the plain tar in it.
    pub diff_id: DiffId,
    /// Size of the blob in bytes.
    pub size: u64,
    /// Size of the plain tar in bytes.
    pub uncompressed_size: u64,
    /// How it is stored; decides its media type.
    pub compression: Compression,
    /// Where it lies.
    pub path: PathBuf,
    /// The file there whose bytes are known to be right.
    pub file: FileId,
}

impl LayerBlob {
    /// Opens the file that was found sound.
    ///
    /// # Errors
    /// When it is gone, or another has its name.
    pub fn open(&self) -> io::Result<std::fs::File> {
        let file = open_found(&self.path)?.into_parts().0;
        if FileId::of(&StatRecord::of(&file.metadata()?)) == self.file {
            return Ok(file);
        }
        Err(io::Error::new(io::ErrorKind::NotFound, format!("`{}` was replaced", self.path.display())))
    }
}

/// Whether a layer's blob was at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BlobSource {
    /// Found in the layer cache.
    #[serde(rename = "hit")]
    Cached,
    /// Built in this run.
    #[serde(rename = "miss")]
    Built,
    /// A layer of the base, taken as it is.
    #[serde(rename = "base")]
    Base,
}

/// A blob just written.
#[derive(Debug)]
pub struct NewBlob {
    /// The key it is kept under: of the very bytes that were read to write it.
    pub selector: Selector,
    /// The file, in the store's scratch folder.
    pub file: NamedTempFile,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// SHA-256 of the plain tar.
    pub diff_id: DiffId,
    /// Bytes in the file.
    pub size: u64,
    /// Bytes of the plain tar.
    pub uncompressed_size: u64,
    /// How it is stored.
    pub compression: Compression,
}

/// The layer that a selector gives.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Layer {
    digest: Digest,
    diff_id: DiffId,
    size: u64,
    uncompressed_size: u64,
    compression: Compression,
}

/// What the cache remembers of a layer.
#[derive(Serialize, Deserialize)]
struct Record {
    #[serde(flatten)]
    layer: Layer,
    /// The file whose bytes were right when they were last written or hashed.
    seal: Option<Seal>,
    /// Hash of the selector and of what is said of its layer: a record in which a bit has flipped says nothing.
    check: String,
}

impl Record {
    fn new(selector: &Selector, layer: Layer, seal: Option<Seal>) -> Self {
        let check = layer.check(selector);
        Self { layer, seal, check }
    }

    /// Whether it was written for this selector, and is as it was written.
    fn is_of(&self, selector: &Selector) -> bool {
        self.check == self.layer.check(selector)
    }
}

impl Layer {
    fn check(&self, selector: &Selector) -> String {
        let Self { digest, diff_id, size, uncompressed_size, compression } = self;
        let said = format!("{} {digest:?} {diff_id:?} {size} {uncompressed_size} {compression:?}", selector.hex());
        blake3::hash(said.as_bytes()).to_hex().to_string()
    }
}

/// A blob whose bytes are right.
struct Sound {
    file: FileId,
    seal: Option<Seal>,
}

pub(super) fn lookup(store: &Store, selector: &Selector) -> Result<Option<LayerBlob>, StoreError> {
    let record_path = store.record_path(selector);
    let unreadable = |source| StoreError::Io { action: "read", path: record_path.clone(), source };
    let Some(text) =
        absent_ok(buildpacks::files::read(&record_path, buildpacks::files::DOCUMENT_BYTES)).map_err(unreadable)?
    else {
        return Ok(None);
    };
    // A record that cannot be understood is as good as none: it is written anew with the layer.
    let Some(mut record) = serde_json::from_slice::<Record>(&text).ok().filter(|record| record.is_of(selector)) else {
        return Ok(None);
    };
    let layer = record.layer;
    let path = store.blob_path(layer.digest);
    let Some(Sound { file, seal }) = sound(store, &record, &path)? else { return Ok(None) };
    if store.is_writable() && seal.is_some() && seal != record.seal {
        record.seal = seal;
        write_record(store, selector, &record)?;
    }
    Ok(Some(LayerBlob {
        digest: layer.digest,
        diff_id: layer.diff_id,
        size: layer.size,
        uncompressed_size: layer.uncompressed_size,
        compression: layer.compression,
        path,
        file,
    }))
}

/// The blob of this record, if its bytes are right: by its seal, else by hashing it. One with other bytes, or whose bytes
/// do not stop changing, is put out of use.
fn sound(store: &Store, record: &Record, path: &Path) -> Result<Option<Sound>, StoreError> {
    let failed = |source| StoreError::Io { action: "read", path: path.to_owned(), source };
    let Some(file) = absent_ok(open_found(path)).map_err(failed)? else { return Ok(None) };
    let stat = StatRecord::of(&file.metadata().map_err(failed)?);
    let trusted = record.seal.as_ref().filter(|seal| seal.holds(&stat, record.layer.size) && !store.paranoid);
    if let Some(seal) = trusted {
        return Ok(Some(Sound { file: FileId::of(&stat), seal: Some(seal.clone()) }));
    }
    // Of another size it is another file, and there may be no end to reading it.
    if stat.size != record.layer.size {
        quarantine(store, record.layer.digest, file.file())?;
        return Ok(None);
    }
    if !is_sealed(&stat) && store.is_writable() {
        return renew(store, record, file.file(), path);
    }
    let hashed = Witnessed::read(file.file(), files::hash).map_err(failed)?;
    let Some(Witnessed { stat, proof, .. }) =
        hashed.filter(|hashed| hashed.value == (record.layer.digest, record.layer.size))
    else {
        quarantine(store, record.layer.digest, file.file())?;
        return Ok(None);
    };
    Ok(Some(Sound { file: FileId::of(&stat), seal: proof.and_then(|proof| Seal::of(&proof, &stat)) }))
}

/// Replaces a blob that somebody may still write to by a copy that nobody else has, hashed as it is written.
fn renew(store: &Store, record: &Record, mut file: &std::fs::File, path: &Path) -> Result<Option<Sound>, StoreError> {
    let failed = |source| StoreError::Io { action: "copy", path: path.to_owned(), source };
    let mut copy = store.new_file()?;
    if files::copy_hashed(&mut file, copy.as_file_mut()).map_err(failed)? != (record.layer.digest, record.layer.size) {
        quarantine(store, record.layer.digest, file)?;
        return Ok(None);
    }
    let id = seal(copy.as_file()).map_err(failed)?;
    copy.persist(path).map_err(|error| failed(error.error))?;
    Ok(Some(Sound { file: id, seal: Seal::new(id) }))
}

pub(super) fn commit(store: &Store, new: NewBlob) -> Result<LayerBlob, StoreError> {
    let path = match &store.private {
        None => store.blob_path(new.digest),
        Some(private) => private.path().join(new.digest.hex()),
    };
    let failed = |source| StoreError::Io { action: "write", path: path.clone(), source };
    let NewBlob { digest, diff_id, size, uncompressed_size, compression, .. } = new;
    let layer = Layer { digest, diff_id, size, uncompressed_size, compression };
    // Other inputs may have given the same bytes: that blob stays, for images that are bases may be links to it.
    let there = if store.is_writable() { sound(store, &Record::new(&new.selector, layer, None), &path)? } else { None };
    let Sound { file, seal } = if let Some(there) = there {
        there
    } else {
        let file = seal(new.file.as_file()).map_err(failed)?;
        new.file.persist(&path).map_err(|error| failed(error.error))?;
        Sound { file, seal: Seal::new(file) }
    };
    if store.is_writable() {
        write_record(store, &new.selector, &Record::new(&new.selector, layer, seal))?;
    }
    Ok(LayerBlob {
        digest: new.digest,
        diff_id: new.diff_id,
        size: new.size,
        uncompressed_size: new.uncompressed_size,
        compression: new.compression,
        path,
        file,
    })
}

fn write_record(store: &Store, selector: &Selector, record: &Record) -> Result<(), StoreError> {
    let path = store.record_path(selector);
    let write = || -> io::Result<()> {
        let mut file = files::new_temporary(&store.scratch(), files::NEW)?;
        serde_json::to_writer(file.as_file_mut(), record)?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|source| StoreError::Io { action: "write", path: path.clone(), source })
}

/// Moves a blob whose bytes do not match its name out of the way; it stays for whoever wants to know what happened. If
/// another process has put a new one in the place of `file` meanwhile, that stays.
fn quarantine(store: &Store, digest: Digest, file: &std::fs::File) -> Result<(), StoreError> {
    if !store.is_writable() {
        return Ok(());
    }
    let path = store.blob_path(digest);
    let failed = |source| StoreError::Io { action: "quarantine", path: path.clone(), source };
    let id = |metadata: std::fs::Metadata| FileId::of(&StatRecord::of(&metadata));
    let there = absent_ok(fs::symlink_metadata(&path)).map_err(failed)?.map(id);
    if there != Some(id(file.metadata().map_err(failed)?)) {
        return Ok(());
    }
    let to = store.root.join("quarantine").join(digest.hex());
    absent_ok(fs::rename(&path, &to)).map_err(failed).map(drop)
}
