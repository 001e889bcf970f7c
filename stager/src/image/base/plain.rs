//! A layer's tar, without its compression.

use std::io::{self, Read};

use buildpacks::application::{Content, Encoding, Source};

use super::model::BlobLayer;

impl BlobLayer {
    /// What `read` makes of the layer's plain tar.
    ///
    /// # Errors
    /// What `read` returns; a blob that cannot be read, or is compressed in a way that its media type does not tell.
    pub fn read_plain<T>(&self, read: impl FnOnce(&mut dyn Read) -> io::Result<T>) -> io::Result<T> {
        read(&mut decoded(stored(&self.content)?, &self.media_type)?)
    }
}

/// The bytes of a layer, as they are stored.
pub(super) fn stored(content: &Content) -> io::Result<Box<dyn Read + '_>> {
    Ok(match content {
        Content::Bytes(bytes) => Box::new(&**bytes),
        Content::File(file) => Box::new(io::BufReader::new(buildpacks::files::open(file.path())?)),
        Content::Span(span) => {
            let source: &Source = &span.source;
            let reader = source.reader(span.range.clone());
            match span.encoding {
                Encoding::Stored => Box::new(reader),
                Encoding::Deflate => Box::new(flate2::read::DeflateDecoder::new(reader)),
            }
        }
    })
}

/// The plain tar of a layer's bytes.
///
/// # Errors
/// When its media type names no compression that is known.
pub(super) fn decoded<'a>(stored: impl Read + 'a, media_type: &str) -> io::Result<Box<dyn Read + 'a>> {
    Ok(match media_type.rsplit(['+', '.']).next() {
        Some("gzip") => Box::new(flate2::read::MultiGzDecoder::new(stored)),
        Some("zstd") => Box::new(zstd::stream::Decoder::new(stored)?),
        Some("tar") => Box::new(stored),
        _ => return Err(io::Error::other(format!("its media type is `{media_type}`"))),
    })
}
