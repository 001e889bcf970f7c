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
        let opened;
        let stored: Box<dyn Read + '_> = match &self.content {
            Content::Bytes(bytes) => Box::new(&**bytes),
            Content::File(file) => {
                opened = Source::open(file.path())?;
                Box::new(opened.reader(0..opened.len()))
            }
            Content::Span(span) if span.encoding == Encoding::Stored => {
                Box::new(span.source.reader(span.range.clone()))
            }
            Content::Span(_) => return Err(io::Error::other("its bytes are stored in an unknown way")),
        };
        let mut plain: Box<dyn Read + '_> = match self.media_type.rsplit(['+', '.']).next() {
            Some("gzip") => Box::new(flate2::read::MultiGzDecoder::new(stored)),
            Some("zstd") => Box::new(zstd::stream::Decoder::new(stored)?),
            Some("tar") => stored,
            _ => return Err(io::Error::other(format!("its media type is `{}`", self.media_type))),
        };
        read(&mut plain)
    }
}
