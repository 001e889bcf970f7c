//! A layout's files, in a directory or in a tar that is not unpacked.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use buildpacks::application::{Content, Encoding, Source, Span, StatRecord};
use buildpacks::files;
use fs_err as fs;

use super::super::{BaseError, BlobRole};
use super::document::Descriptor;
use crate::digest::Digest;

/// Largest index or manifest, bytes: what registries must accept.
const MAX_MANIFEST_BYTES: u64 = 4 << 20;
/// Largest config, bytes.
const MAX_CONFIG_BYTES: u64 = 8 << 20;
/// Most members of an archive.
const MAX_MEMBERS: usize = 100_000;

/// An OCI image layout.
#[derive(Debug)]
pub(super) struct Layout {
    path: PathBuf,
    files: Files,
    inputs: BTreeMap<PathBuf, StatRecord>,
}

#[derive(Debug)]
enum Files {
    Directory,
    Archive { file: Arc<Source>, members: BTreeMap<String, Range<u64>> },
}

impl Layout {
    /// The layout in a directory.
    pub(super) fn directory(path: &Path) -> Result<Self, BaseError> {
        let metadata = fs::metadata(path).map_err(|source| read_error(path, source))?;
        if !metadata.is_dir() {
            return Err(read_error(path, io::ErrorKind::NotADirectory.into()));
        }
        Ok(Self { path: path.to_owned(), files: Files::Directory, inputs: BTreeMap::new() })
    }

    /// The layout in a tar.
    pub(super) fn archive(path: &Path) -> Result<Self, BaseError> {
        let failed = |source| read_error(path, source);
        let opened = files::open_within(path, files::ARCHIVE_BYTES).map_err(failed)?;
        let record = StatRecord::of(&opened.metadata().map_err(failed)?);
        let file = Source::from_file(opened.into_parts().0, path).map_err(failed)?;
        let members = members(&file, path)?;
        let inputs = BTreeMap::from([(path.to_owned(), record)]);
        Ok(Self { path: path.to_owned(), files: Files::Archive { file: Arc::new(file), members }, inputs })
    }

    /// Where it lies, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The files that were looked at, with their records.
    pub(super) fn into_inputs(self) -> Vec<(PathBuf, StatRecord)> {
        self.inputs.into_iter().collect()
    }

    /// A file beside the blobs.
    pub(super) fn top(&mut self, name: &'static str, role: BlobRole) -> Result<Vec<u8>, BaseError> {
        let Some(content) = self.content(name)? else {
            return Err(BaseError::NotALayout { path: self.path.clone(), missing: name });
        };
        self.bytes(&content, role, name)
    }

    /// The bytes of a JSON blob, verified.
    pub(super) fn document(&mut self, descriptor: &Descriptor, role: BlobRole) -> Result<Vec<u8>, BaseError> {
        let (digest, content) = self.blob(descriptor, role)?;
        let bytes = self.bytes(&content, role, &digest.to_string())?;
        let found = Digest::of(&bytes);
        if found == digest {
            return Ok(bytes);
        }
        Err(BaseError::WrongDigest { role, digest, path: self.path.clone(), found })
    }

    /// A blob with the size its descriptor says, not read yet.
    pub(super) fn blob(&mut self, descriptor: &Descriptor, role: BlobRole) -> Result<(Digest, Content), BaseError> {
        let digest = self.digest(&descriptor.digest, role)?;
        let Some(content) = self.content(&format!("blobs/sha256/{}", digest.hex()))? else {
            return Err(BaseError::MissingBlob { role, digest, path: self.path.clone() });
        };
        let (claimed, found) = (descriptor.size, content.size());
        if claimed != found {
            return Err(BaseError::BlobSize { role, digest, path: self.path.clone(), claimed, found });
        }
        Ok((digest, content))
    }

    /// Parses a digest. What passes cannot name anything outside the layout: it is 64 hex digits.
    pub(super) fn digest(&self, text: &str, role: BlobRole) -> Result<Digest, BaseError> {
        text.parse().map_err(|source| BaseError::Digest { role, path: self.path.clone(), source })
    }

    fn content(&mut self, name: &str) -> Result<Option<Content>, BaseError> {
        match &self.files {
            Files::Archive { file, members } => Ok(members.get(name).map(|range| {
                Content::Span(Span {
                    source: Arc::clone(file),
                    range: range.clone(),
                    encoding: Encoding::Stored,
                    size: range.end - range.start,
                    crc32: None,
                })
            })),
            Files::Directory => {
                let path = self.path.join(name);
                let metadata = match fs::metadata(&path) {
                    Ok(metadata) if metadata.is_file() => metadata,
                    Ok(_) => return Ok(None),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(read_error(&path, error)),
                };
                self.inputs.insert(path.clone(), StatRecord::of(&metadata));
                Ok(Some(Content::file(&path, metadata.len())))
            }
        }
    }

    fn bytes(&self, content: &Content, role: BlobRole, name: &str) -> Result<Vec<u8>, BaseError> {
        let limit = if role == BlobRole::Config { MAX_CONFIG_BYTES } else { MAX_MANIFEST_BYTES };
        let size = content.size();
        if size > limit {
            return Err(BaseError::TooLarge { role, path: self.path.clone(), size, limit });
        }
        let bytes = content.read(limit).map_err(|source| BaseError::Content { name: name.to_owned(), source })?;
        Ok(bytes.into_owned())
    }
}

/// Where the regular files of a tar lie. Other members are of no use to a layout and left out.
fn members(file: &Source, path: &Path) -> Result<BTreeMap<String, Range<u64>>, BaseError> {
    if let Some(format) = super::super::rootfs::compression(file)? {
        let accepted = "an OCI archive is a plain tar, its layers are compressed already";
        return Err(BaseError::Compressed { path: path.to_owned(), format, accepted });
    }
    let broken = |source| super::super::rootfs::broken(path, source);
    let mut members = BTreeMap::new();
    let mut archive = tar::Archive::new(file.reader(0..file.len()));
    for member in archive.entries_with_seek().map_err(broken)? {
        let member = member.map_err(broken)?;
        if !member.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&member.path_bytes()).into_owned();
        let refused = |reason| BaseError::TarMember { path: path.to_owned(), name: name.clone(), reason };
        let start = member.raw_file_position();
        let end = start.saturating_add(member.size());
        if end > file.len() {
            return Err(BaseError::TarTruncated { path: path.to_owned(), size: file.len() });
        }
        if members.len() >= MAX_MEMBERS {
            return Err(refused("it is one too many"));
        }
        let key = name.strip_prefix("./").unwrap_or(&name).to_owned();
        if members.insert(key, start..end).is_some() {
            return Err(refused("it is there twice"));
        }
    }
    Ok(members)
}

fn read_error(path: &Path, source: io::Error) -> BaseError {
    BaseError::Read { path: path.to_owned(), source }
}
