//! Gzip in parallel: one member for each MiB, so that the bytes depend on the input alone, not on how many threads there
//! are. `gzip`, `tar` and every platform read members one after another as one file.

use std::io::{self, Read, Write};

use rayon::prelude::*;

use crate::layer::Compression;

/// Bytes of input in a member.
const MEMBER_BYTES: usize = 1 << 20;

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
        self.end_member()?;
        Ok(self.out)
    }

    /// Copies members that are compressed already; what follows starts a member of its own.
    pub(super) fn copy_members(&mut self, members: &mut impl Read) -> io::Result<u64> {
        self.end_member()?;
        io::copy(members, &mut self.out)
    }

    fn end_member(&mut self) -> io::Result<()> {
        if !self.current.is_empty() {
            self.full.push(std::mem::take(&mut self.current));
        }
        self.flush_members()
    }

    fn flush_members(&mut self) -> io::Result<()> {
        let pack = |chunk: &Vec<u8>| {
            let mut member = Vec::new();
            Compression::Gzip.compress(chunk, &mut member).map(|()| member)
        };
        let packed: Vec<_> = self.full.par_iter().map(pack).collect();
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
