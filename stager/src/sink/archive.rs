//! An OCI archive: a layout in one tar, small documents first so that streaming readers find them early.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use buildpacks::application::{Content, ContentError, Entry, EntryPath, Source, StatRecord};
use buildpacks::files::open_found;

use super::{Destination, DestinationError, SinkError, index};
use crate::digest::{Digest, HashingWriter};
use crate::image::{BlobLocation, Image, ImageBlob, canonical};
use crate::layer::{LayerEntry, TarWriter};
use crate::store::FileId;

/// Publishes the image; a `paranoid` one believes no blob.
pub(super) fn publish(image: &Image, path: &Path, tag: &str, paranoid: bool) -> Result<(), SinkError> {
    let failed = |source| DestinationError::Io { action: "write", path: path.to_owned(), source };
    let writing = Destination::of(path)?.create()?;
    let mut tar = TarWriter::new(BufWriter::with_capacity(1 << 20, writing));
    let mut document = index::empty();
    index::put(&mut document, image, tag);
    let documents = [
        ("oci-layout".to_owned(), Content::from_bytes(index::LAYOUT)),
        ("index.json".to_owned(), Content::from_bytes(canonical(&document))),
        (name(image.manifest.digest), Content::from_bytes(image.manifest.bytes.as_slice())),
        (name(image.config.digest), Content::from_bytes(image.config.bytes.as_slice())),
    ];
    for (name, content) in documents {
        append(&mut tar, &name, content).map_err(|error| unwritten(path, error))?;
    }
    let mut written = std::collections::BTreeSet::new();
    for layer in image.blobs.iter().filter(|layer| written.insert(layer.digest)) {
        append_blob(&mut tar, layer, paranoid, path)?;
    }
    let mut out = tar.finish().map_err(failed)?;
    out.flush().map_err(failed)?;
    let writing = out.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok(writing.finish()?)
}

fn append(tar: &mut TarWriter<impl Write>, name: &str, content: Content) -> Result<(), ContentError> {
    tar.append(&member(name, content)).map(drop)
}

/// Appends a blob. One of the cache that is the file which was found sound is believed; any other is hashed on its way, for
/// what is written must be what its digest says.
fn append_blob(
    tar: &mut TarWriter<impl Write>,
    layer: &ImageBlob,
    paranoid: bool,
    path: &Path,
) -> Result<(), SinkError> {
    let digest = layer.digest;
    let (content, is_sound) = match &layer.location {
        BlobLocation::Cache(cached, file) => open(cached, *file)?,
        BlobLocation::Foreign(content) => (content.clone(), false),
    };
    let mut found = digest;
    let copied = tar.append_through(&member(&name(digest), content), |content, out| {
        if is_sound && !paranoid {
            return content.copy_to(out).map(drop);
        }
        let mut hashing = HashingWriter::new(out);
        content.copy_to(&mut hashing)?;
        found = hashing.finish().1;
        Ok(())
    });
    copied.map_err(|error| match error {
        ContentError::Write(_) => unwritten(path, error),
        source => SinkError::BaseContent { digest, source },
    })?;
    if found == digest { Ok(()) } else { Err(SinkError::BaseBlob { digest, found }) }
}

/// A blob of the cache, and whether it is the file that was found sound.
fn open(cached: &Path, file: FileId) -> Result<(Content, bool), SinkError> {
    let failed = |source| SinkError::Io { action: "read", path: cached.to_owned(), source };
    let opened = open_found(cached).map_err(failed)?.into_parts().0;
    let is_that = FileId::of(&StatRecord::of(&opened.metadata().map_err(failed)?)) == file;
    Ok((Content::whole(Source::from_file(opened, cached).map_err(failed)?), is_that))
}

fn unwritten(path: &Path, error: ContentError) -> SinkError {
    let source = match error {
        ContentError::Write(source) => source,
        other => io::Error::other(other),
    };
    DestinationError::Io { action: "write", path: path.to_owned(), source }.into()
}

fn member(name: &str, content: Content) -> LayerEntry {
    let path = EntryPath::new(name).unwrap_or_else(|error| unreachable!("a name of ours: {error}"));
    LayerEntry::normalised(Entry::file(path, content))
}

fn name(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}
