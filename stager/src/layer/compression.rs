//! Compressors. Each works on chunks of a fixed size of the plain tar, one gzip member or zstd frame a chunk, so that
//! the bytes depend on nothing but the input: not on thread count, write sizes or CPU.
//!
//! Jars are compressed already. A probe of each chunk decides: what would not shrink by a tenth is stored (gzip) or
//! compressed at the quickest level (zstd, which stores what does not shrink block by block); the rest is compressed in
//! full.

use std::io;
use std::str::FromStr;

use libdeflater::{CompressionLvl, Compressor};
use serde::{Deserialize, Serialize};

/// How a layer is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// The plain tar: digest and diff ID are the same.
    None,
    /// Gzip members of 1 MiB, level 5. Every runtime reads it.
    #[default]
    Gzip,
    /// Zstandard frames of 2 MiB, level 3. Wants OCI media types.
    Zstd,
}

/// Level of gzip. What it makes of a Java runtime is smaller than what `gzip -6` does (45.7 and 46.3 MB of 140); level 6
/// saves another 0.7 % and takes a sixth longer.
const GZIP_LEVEL: i32 = 5;
/// Level of zstd for what shrinks.
const ZSTD_LEVEL: i32 = 3;
/// Level of zstd for what hardly does.
const ZSTD_QUICK_LEVEL: i32 = 1;
/// The probe looks at this many places of a chunk, this many bytes each.
const PROBE_PLACES: usize = 4;
const PROBE_BYTES: usize = 8 * 1024;

impl Compression {
    /// Names recipe, library and parameters: part of a layer's selector, since any of them may change the bytes.
    pub fn recipe(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip libdeflate-1.25 l5 members-1MiB probe-1",
            Self::Zstd => "zstd libzstd-1.5.7 l3/1 frames-2MiB probe-1",
        }
    }

    /// Bytes of plain tar in one chunk.
    pub(super) fn chunk_bytes(self) -> usize {
        match self {
            Self::None | Self::Gzip => 1 << 20,
            Self::Zstd => 2 << 20,
        }
    }

    /// Compresses one chunk into `out`, which is overwritten.
    pub(crate) fn compress(self, chunk: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::None => {
                out.clear();
                out.extend_from_slice(chunk);
                Ok(())
            }
            Self::Gzip => gzip(chunk, if shrinks(chunk) { GZIP_LEVEL } else { 0 }, out),
            Self::Zstd => zstd_frame(chunk, if shrinks(chunk) { ZSTD_LEVEL } else { ZSTD_QUICK_LEVEL }, out),
        }
    }
}

impl FromStr for Compression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            _ => Err(format!("`{text}` is none of `zstd`, `gzip`, `none`")),
        }
    }
}

impl std::fmt::Display for Compression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

/// Whether samples of the chunk shrink by a tenth at the quickest level.
fn shrinks(chunk: &[u8]) -> bool {
    let Ok(level) = CompressionLvl::new(1) else { return true };
    let mut compressor = Compressor::new(level);
    let mut buffer = vec![0; compressor.deflate_compress_bound(PROBE_BYTES)];
    let (mut plain, mut packed) = (0, 0);
    for place in 0..PROBE_PLACES {
        let start = chunk.len() / PROBE_PLACES * place;
        let sample = &chunk[start..chunk.len().min(start + PROBE_BYTES)];
        plain += sample.len();
        packed += compressor.deflate_compress(sample, &mut buffer).unwrap_or(sample.len());
    }
    packed * 10 < plain * 9
}

fn gzip(chunk: &[u8], level: i32, out: &mut Vec<u8>) -> io::Result<()> {
    let level = CompressionLvl::new(level).map_err(|_| io::Error::other("compression level out of range"))?;
    let mut compressor = Compressor::new(level);
    out.resize(compressor.gzip_compress_bound(chunk.len()), 0);
    let size = compressor.gzip_compress(chunk, out).map_err(io::Error::other)?;
    out.truncate(size);
    Ok(())
}

fn zstd_frame(chunk: &[u8], level: i32, out: &mut Vec<u8>) -> io::Result<()> {
    let mut compressor = zstd::bulk::Compressor::new(level)?;
    compressor.include_checksum(true)?;
    out.clear();
    out.reserve(zstd::zstd_safe::compress_bound(chunk.len()));
    compressor.compress_to_buffer(chunk, out)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    /// Bytes that do not shrink: a xorshift stream.
    fn noise(len: usize) -> Vec<u8> {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        (0..len)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()[0]
            })
            .collect()
    }

    #[test]
    fn noise_is_stored_and_text_shrinks() {
        let noise = noise(1 << 20);
        let text = b"hello world, hello layer\n".repeat(40_000);
        let mut out = Vec::new();
        for compression in [Compression::Gzip, Compression::Zstd] {
            compression.compress(&noise, &mut out).unwrap();
            assert!(out.len() < noise.len() + noise.len() / 5_000 + 64, "{compression}: {}", out.len());
            compression.compress(&text, &mut out).unwrap();
            assert!(out.len() < text.len() / 20, "{compression}: {}", out.len());
        }
    }

    #[test]
    fn chunks_of_every_size_read_back() {
        for len in [0, 1, 100, PROBE_BYTES * PROBE_PLACES - 1, 1 << 20] {
            let plain = noise(len);
            let mut out = Vec::new();
            Compression::Gzip.compress(&plain, &mut out).unwrap();
            let read = std::process::Command::new("gzip").arg("-dc").stdin(file(&out)).output().unwrap();
            assert_eq!(read.stdout, plain);
            Compression::Zstd.compress(&plain, &mut out).unwrap();
            let mut read = Vec::new();
            zstd::Decoder::new(out.as_slice()).unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, plain);
        }
    }

    fn file(bytes: &[u8]) -> std::fs::File {
        use std::io::{Seek as _, Write as _};
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }
}
