//! Gzip in parallel: one member for each MiB, so that the bytes depend on the input alone, not on how many threads there
//! are. `gzip`, `tar` and every platform read members one after another as one file.

use std::io::{self, Write};

use libdeflater::{CompressionLvl, Compressor};
use rayon::prelude::*;

/// Bytes of input in a member.
const MEMBER_BYTES: usize = 1 << 20;
const LEVEL: i32 = 6;
/// What a sample must shrink to, in tenths, for a member to be compressed in full.
const WORTHWHILE_TENTHS: usize = 9;
const SAMPLES: usize = 4;
const SAMPLE_BYTES: usize = 8 * 1024;

/// Compresses what is written to it.
pub(super) struct GzipWriter<W> {
    out: W,
    full: Vec<Vec<u8>>,
    current: Vec<u8>,
    at_a_time: usize,
}

impl<W: Write> GzipWriter<W> {
    /// Writes members to `out`.
    pub(super) fn new(out: W) -> Self {
        let at_a_time = 4 * rayon::current_num_threads();
        Self { out, full: Vec::new(), current: Vec::with_capacity(MEMBER_BYTES), at_a_time }
    }

    /// Writes what is left and gives the inner writer back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        if !self.current.is_empty() {
            self.full.push(std::mem::take(&mut self.current));
        }
        self.flush_members()?;
        Ok(self.out)
    }

    fn flush_members(&mut self) -> io::Result<()> {
        let packed: Vec<_> = self.full.par_iter().map(|chunk| member(chunk)).collect();
        self.full.clear();
        for member in packed {
            self.out.write_all(&member?)?;
        }
        Ok(())
    }
}

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(MEMBER_BYTES - self.current.len());
        self.current.extend_from_slice(&bytes[..taken]);
        if self.current.len() == MEMBER_BYTES {
            let full = std::mem::replace(&mut self.current, Vec::with_capacity(MEMBER_BYTES));
            self.full.push(full);
            if self.full.len() >= self.at_a_time {
                self.flush_members()?;
            }
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One member; what would not shrink, such as jars, is stored.
fn member(chunk: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressor = compressor(if shrinks(chunk)? { LEVEL } else { 0 })?;
    let mut packed = vec![0; compressor.gzip_compress_bound(chunk.len())];
    let size = compressor.gzip_compress(chunk, &mut packed).map_err(io::Error::other)?;
    packed.truncate(size);
    Ok(packed)
}

fn shrinks(chunk: &[u8]) -> io::Result<bool> {
    let mut compressor = compressor(1)?;
    let mut buffer = vec![0; compressor.deflate_compress_bound(SAMPLE_BYTES)];
    let (mut plain, mut packed) = (0, 0);
    for place in 0..SAMPLES {
        let start = chunk.len() / SAMPLES * place;
        let sample = &chunk[start..chunk.len().min(start + SAMPLE_BYTES)];
        plain += sample.len();
        packed += compressor.deflate_compress(sample, &mut buffer).unwrap_or(sample.len());
    }
    Ok(packed * 10 < plain * WORTHWHILE_TENTHS)
}

fn compressor(level: i32) -> io::Result<Compressor> {
    CompressionLvl::new(level).map(Compressor::new).map_err(|_| io::Error::other("compression level out of range"))
}
