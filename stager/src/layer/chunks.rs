//! The pipeline behind one layer: the tar is written into chunks of fixed size; each is hashed for the diff ID, compressed by
//! a thread of the pool, then hashed again and written to the blob in order. Buffers go round.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

use super::Compression;
use crate::digest::{DiffId, Digest};
use crate::report::sample_anonymous_memory;

/// Chunks in flight per layer: bounds memory to this many inputs and outputs.
const IN_FLIGHT: usize = 6;
/// The process's memory is noted whenever this many bytes of a layer are done.
const SAMPLE_BYTES: u64 = 8 << 20;

/// What a layer's blob turned out to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlobFacts {
    pub(crate) digest: Digest,
    pub(crate) diff_id: DiffId,
    pub(crate) size: u64,
    pub(crate) uncompressed_size: u64,
}

type Pending = Receiver<io::Result<Vec<u8>>>;

/// Runs `produce`, which writes the plain tar, and stores the compressed result in `out`.
///
/// # Errors
/// What `produce` failed with, or else what writing to `out` failed with.
pub(crate) fn write_blob<E: From<io::Error> + Send>(
    compression: Compression,
    out: &mut (dyn Write + Send),
    produce: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<BlobFacts, E> {
    let buffers = Arc::new(Buffers::default());
    let (send, receive) = sync_channel::<Pending>(IN_FLIGHT);
    let plain_is_blob = compression == Compression::None;
    std::thread::scope(|scope| {
        let writer_buffers = Arc::clone(&buffers);
        let writer = scope.spawn(move || store(&receive, out, !plain_is_blob, &writer_buffers));
        let mut chunks = ChunkWriter::new(compression, send, buffers);
        let produced = produce(&mut chunks);
        let ended = chunks.finish();
        let stored = writer.join().unwrap_or_else(|_| Err(io::Error::other("the writing thread stopped")));
        // A full disk stops the writer first and shows up in the producer as a broken pipe: name the cause.
        let (size, blob) = stored?;
        produced?;
        let (diff_id, uncompressed_size) = ended?;
        Ok(BlobFacts { digest: blob.unwrap_or(diff_id), diff_id: DiffId(diff_id), size, uncompressed_size })
    })
}

/// Writes finished chunks in order.
fn store(
    receive: &Receiver<Pending>,
    out: &mut dyn Write,
    hash: bool,
    buffers: &Buffers,
) -> io::Result<(u64, Option<Digest>)> {
    let mut hasher = Sha256::new();
    let mut size = 0;
    for pending in receive {
        let chunk = pending.recv().map_err(|_| io::Error::other("a compressing thread stopped"))??;
        if hash {
            hasher.update(&chunk);
        }
        out.write_all(&chunk)?;
        size += chunk.len() as u64;
        buffers.put(chunk);
    }
    Ok((size, hash.then(|| Digest::from(<[u8; 32]>::from(hasher.finalize())))))
}

struct ChunkWriter {
    compression: Compression,
    chunk: Vec<u8>,
    capacity: usize,
    hasher: Sha256,
    plain: u64,
    send: SyncSender<Pending>,
    buffers: Arc<Buffers>,
}

impl ChunkWriter {
    fn new(compression: Compression, send: SyncSender<Pending>, buffers: Arc<Buffers>) -> Self {
        let capacity = compression.chunk_bytes();
        let chunk = buffers.take(capacity);
        Self { compression, chunk, capacity, hasher: Sha256::new(), plain: 0, send, buffers }
    }

    fn flush_chunk(&mut self) -> io::Result<()> {
        let next = self.buffers.take(self.capacity);
        let chunk = std::mem::replace(&mut self.chunk, next);
        let (done, pending) = sync_channel(1);
        let stopped = |()| io::Error::new(io::ErrorKind::BrokenPipe, "the writing thread stopped");
        // The place in the queue comes first, so that a full queue holds back the producer, not the pool.
        self.send.send(pending).map_err(|_| stopped(()))?;
        self.hasher.update(&chunk);
        self.plain += chunk.len() as u64;
        if self.plain.is_multiple_of(SAMPLE_BYTES) {
            sample_anonymous_memory();
        }
        if self.compression == Compression::None {
            return done.send(Ok(chunk)).map_err(|_| stopped(()));
        }
        let (compression, buffers) = (self.compression, Arc::clone(&self.buffers));
        rayon::spawn(move || {
            let mut packed = buffers.take(0);
            let result = compression.compress(&chunk, &mut packed).map(|()| packed);
            buffers.put(chunk);
            // The receiver is gone only when the whole layer has failed already.
            drop(done.send(result));
        });
        Ok(())
    }

    fn finish(mut self) -> io::Result<(Digest, u64)> {
        if !self.chunk.is_empty() {
            self.flush_chunk()?;
        }
        Ok((Digest::from(<[u8; 32]>::from(self.hasher.finalize())), self.plain))
    }
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.capacity - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        if self.chunk.len() == self.capacity {
            self.flush_chunk()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Buffers that are used again, so that their pages are touched for the first time only once.
#[derive(Default)]
struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    fn take(&self, capacity: usize) -> Vec<u8> {
        let recycled = self.0.lock().ok().and_then(|mut pool| pool.pop());
        let mut buffer = recycled.unwrap_or_default();
        buffer.clear();
        buffer.reserve(capacity);
        buffer
    }

    fn put(&self, buffer: Vec<u8>) {
        if let Ok(mut pool) = self.0.lock() {
            pool.push(buffer);
        }
    }
}
