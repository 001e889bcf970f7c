//! An OCI archive: a layout in one tar, small documents first so that streaming readers find them early. Written beside
//! its place and renamed.

use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use buildpacks::application::{Content, Entry, EntryPath, MappedFile, StatRecord};
use fs_err as fs;

use super::{SinkError, index};
use crate::digest::{Digest, HashingWriter};
use crate::image::{BlobLocation, Image, canonical};
use crate::layer::{LayerEntry, TarWriter};
use crate::store::{FileId, new_temporary, open_regular, remove_abandoned};

/// Publishes the image; a `paranoid` one reads every blob once more before it is written.
pub(super) fn publish(image: &Image, path: &Path, tag: &str, paranoid: bool) -> Result<(), SinkError> {
    let failed = |source| SinkError::Io { action: "write", path: path.to_owned(), source };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let prefix = format!(".{}.stage-", path.file_name().unwrap_or_default().to_string_lossy());
    remove_abandoned(folder, &prefix);
    let file = new_temporary(folder, &prefix).map_err(failed)?;
    let mut tar = TarWriter::new(BufWriter::with_capacity(1 << 20, file));
    let mut document = index::empty();
    index::put(&mut document, image, tag);
    let mut members = vec![
        ("oci-layout".to_owned(), Content::from_bytes(index::LAYOUT)),
        ("index.json".to_owned(), Content::from_bytes(canonical(&document))),
        blob(image.manifest.digest, Content::from_bytes(image.manifest.bytes.as_slice())),
        blob(image.config.digest, Content::from_bytes(image.config.bytes.as_slice())),
    ];
    let mut written = std::collections::BTreeSet::new();
    for layer in &image.blobs {
        if written.insert(layer.digest) {
            let content = match &layer.location {
                BlobLocation::Cache(path, file) => cached(path, *file, layer.digest, paranoid)?,
                BlobLocation::Foreign(content) => verified(content, layer.digest)?,
            };
            members.push(blob(layer.digest, content));
        }
    }
    for (name, content) in members {
        let path = EntryPath::new(&name).unwrap_or_else(|error| unreachable!("a name of ours: {error}"));
        let entry = LayerEntry::normalised(Entry::file(path, content));
        tar.append(&entry).map_err(|error| match error {
            buildpacks::application::ContentError::Write(source) => failed(source),
            other => failed(io::Error::other(other)),
        })?;
    }
    let mut out = tar.finish().map_err(failed)?;
    out.flush().map_err(failed)?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// The content of a blob of the cache, which is read once more where it need not be the file that was found sound.
fn cached(path: &Path, file: FileId, digest: Digest, paranoid: bool) -> Result<Content, SinkError> {
    let failed = |source| SinkError::Io { action: "read", path: path.to_owned(), source };
    let opened = open_regular(path).map_err(failed)?;
    let is_that = FileId::of(&StatRecord::of(&opened.metadata().map_err(failed)?)) == file;
    let content = Content::mapped(MappedFile::from_file(&opened, path).map_err(failed)?);
    if is_that && !paranoid { Ok(content) } else { verified(&content, digest) }
}

/// The content of a base's blob, read once to see that it is what its digest says.
fn verified(content: &Content, digest: Digest) -> Result<Content, SinkError> {
    let mut hashing = HashingWriter::new(io::sink());
    content.copy_to(&mut hashing).map_err(|source| SinkError::BaseContent { digest, source })?;
    match hashing.finish() {
        (_, found, _) if found == digest => Ok(content.clone()),
        (_, found, _) => Err(SinkError::BaseBlob { digest, found }),
    }
}

fn blob(digest: Digest, content: Content) -> (String, Content) {
    (format!("blobs/sha256/{}", digest.hex()), content)
}
