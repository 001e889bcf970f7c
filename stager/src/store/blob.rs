//! Layer blobs and the records that find them.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use fs_err as fs;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

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
}

/// Whether a layer's blob was at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// What the cache remembers of a layer.
#[derive(Serialize, Deserialize)]
struct Record {
    digest: Digest,
    diff_id: DiffId,
    size: u64,
    uncompressed_size: u64,
    compression: Compression,
    /// Device and inode of the blob when its bytes were last hashed.
    seen: (u64, u64),
}

pub(super) fn lookup(store: &Store, selector: &Selector) -> Result<Option<LayerBlob>, StoreError> {
    let record_path = store.record_path(selector);
    let Ok(text) = fs::read(&record_path) else { return Ok(None) };
    // A record that cannot be understood is as good as none: it is written anew with the layer.
    let Ok(mut record) = serde_json::from_slice::<Record>(&text) else { return Ok(None) };
    let path = store.blob_path(record.digest);
    let Ok(metadata) = fs::metadata(&path) else { return Ok(None) };
    let seen = (metadata.dev(), metadata.ino());
    let trusted = files::is_sealed(&metadata, record.size) && record.seen == seen && !store.paranoid;
    if !trusted {
        let failed = |source| StoreError::Io { action: "read", path: path.clone(), source };
        if files::hash_file(&path).map_err(failed)? != (record.digest, record.size) {
            quarantine(store, record.digest)?;
            return Ok(None);
        }
        if store.is_writable() {
            record.seen = seen;
            let sealed = fs::File::open(&path).and_then(|file| files::seal(file.file()));
            sealed.map_err(|source| StoreError::Io { action: "seal", path: path.clone(), source })?;
            write_record(store, selector, &record)?;
        }
    }
    Ok(Some(LayerBlob {
        digest: record.digest,
        diff_id: record.diff_id,
        size: record.size,
        uncompressed_size: record.uncompressed_size,
        compression: record.compression,
        path,
    }))
}

pub(super) fn commit(store: &Store, selector: &Selector, new: NewBlob) -> Result<LayerBlob, StoreError> {
    let path = match &store.private {
        None => store.blob_path(new.digest),
        Some(private) => private.path().join(new.digest.hex()),
    };
    let failed = |source| StoreError::Io { action: "write", path: path.clone(), source };
    files::seal(new.file.as_file()).map_err(failed)?;
    let metadata = new.file.as_file().metadata().map_err(failed)?;
    new.file.persist(&path).map_err(|error| failed(error.error))?;
    if store.is_writable() {
        let record = Record {
            digest: new.digest,
            diff_id: new.diff_id,
            size: new.size,
            uncompressed_size: new.uncompressed_size,
            compression: new.compression,
            seen: (metadata.dev(), metadata.ino()),
        };
        write_record(store, selector, &record)?;
    }
    Ok(LayerBlob {
        digest: new.digest,
        diff_id: new.diff_id,
        size: new.size,
        uncompressed_size: new.uncompressed_size,
        compression: new.compression,
        path,
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

/// Moves a blob whose bytes do not match its name out of the way; it stays for whoever wants to know what happened.
fn quarantine(store: &Store, digest: Digest) -> Result<(), StoreError> {
    if !store.is_writable() {
        return Ok(());
    }
    let path = store.blob_path(digest);
    let to = store.root.join("quarantine").join(digest.hex());
    match fs::rename(&path, &to) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::Io { action: "quarantine", path, source })
        }
        _ => Ok(()),
    }
}
