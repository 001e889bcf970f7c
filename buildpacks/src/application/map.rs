//! Files mapped into memory.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use fs_err as fs;

use super::{Content, ContentError};

/// Decoded archives up to this size are kept in memory, bytes.
const MEMORY_BYTES: u64 = 16 << 20;
/// Files smaller than this are hashed on the calling thread; larger ones by all threads of the pool.
const PARALLEL_HASH_BYTES: usize = 1 << 20;

/// A read-only file mapped into memory. Its bytes must not change while it is mapped; [`MappedFile::open`] takes the
/// file's word for it and staging compares its stat record again at the end.
#[derive(Debug)]
pub struct MappedFile {
    path: PathBuf,
    bytes: Bytes,
    /// BLAKE3 of ranges that were hashed already.
    hashes: Mutex<HashMap<(usize, usize), [u8; 32]>>,
}

#[derive(Debug)]
enum Bytes {
    Map(memmap2::Mmap),
    Memory(Vec<u8>),
}

impl MappedFile {
    /// Maps the file at `path`. An empty file maps to an empty slice.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::from_file(fs::File::open(path)?.file(), path)
    }

    /// Maps an already open file, named `path` in messages.
    #[expect(unsafe_code, reason = "memory map")]
    pub fn from_file(file: &std::fs::File, path: &Path) -> io::Result<Self> {
        let bytes = if file.metadata()?.len() == 0 {
            Bytes::Memory(Vec::new())
        } else {
            // SAFETY: the map is private and read-only; callers rely on the file not being rewritten in place, as
            // every tool that maps its input does. A stat record taken before and after guards against it.
            Bytes::Map(unsafe { memmap2::Mmap::map(file)? })
        };
        Ok(Self { path: path.to_owned(), bytes, hashes: Mutex::default() })
    }

    /// Bytes in memory in place of a file, such as a decoded nested archive, named `path` in messages.
    pub fn from_bytes(bytes: Vec<u8>, path: &Path) -> Self {
        Self { path: path.to_owned(), bytes: Bytes::Memory(bytes), hashes: Mutex::default() }
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Map(map) => map,
            Bytes::Memory(bytes) => bytes,
        }
    }

    /// BLAKE3 of the bytes in `range`, computed once.
    pub(super) fn hash_of(&self, range: Range<usize>) -> [u8; 32] {
        let key = (range.start, range.end);
        let known = self.hashes.lock().ok().and_then(|hashes| hashes.get(&key).copied());
        known.unwrap_or_else(|| {
            let hash = blake3_of(&self.bytes()[range]);
            if let Ok(mut hashes) = self.hashes.lock() {
                hashes.insert(key, hash);
            }
            hash
        })
    }

    /// The file's path, for messages only.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The decoded bytes of `content`, at most `limit`, named `path` in messages: in memory when they are few, else in a
    /// temporary file without a name, so that memory does not grow with them.
    pub fn decoded(content: &Content, limit: u64, path: &Path) -> Result<Self, ContentError> {
        let size = content.size();
        if size <= MEMORY_BYTES.min(limit) {
            return Ok(Self::from_bytes(content.read(limit)?.into_owned(), path));
        }
        if size > limit {
            return Err(ContentError::TooLarge { size, limit });
        }
        let mut file = tempfile::tempfile().map_err(ContentError::Write)?;
        content.copy_to(&mut file)?;
        Self::from_file(&file, path).map_err(ContentError::Write)
    }
}

/// BLAKE3 of `bytes`, by all threads of the pool when there are many.
pub(super) fn blake3_of(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    if bytes.len() >= PARALLEL_HASH_BYTES {
        hasher.update_rayon(bytes);
    } else {
        hasher.update(bytes);
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_into_memory_or_a_temporary_file() {
        for size in [0, 10, 17 << 20] {
            let content = Content::from_bytes(vec![7; size]);
            let decoded = MappedFile::decoded(&content, 1 << 30, Path::new("x")).unwrap();
            assert!(decoded.bytes().len() == size && decoded.bytes().iter().all(|byte| *byte == 7));
            if size > 0 {
                let limit = size as u64 - 1;
                let error = MappedFile::decoded(&content, limit, Path::new("x")).unwrap_err();
                assert!(matches!(error, ContentError::TooLarge { .. }));
            }
        }
    }
}
