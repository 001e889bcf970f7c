//! The pipeline behind layers and droplets: the tar is written into chunks of fixed size; each is compressed by a thread of
//! the pool, then written out in order by a thread of its own. Buffers go round.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use super::Compression;
use crate::digest::{DiffId, Digest, HashingWriter};
use crate::report::sample_anonymous_memory;

/// Chunks in flight: bounds memory to this many inputs and outputs.
const IN_FLIGHT: usize = 6;
/// The process's memory is noted whenever this many bytes are done.
const SAMPLE_BYTES: u64 = 8 << 20;
/// Buffer for what is copied as it is, bytes.
const COPY_BYTES: usize = 1 << 20;

/// What a layer's blob turned out to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlobFacts {
    pub(crate) digest: Digest,
    pub(crate) diff_id: DiffId,
    pub(crate) size: u64,
    pub(crate) uncompressed_size: u64,
}

/// What is written out next.
enum Part {
    /// A chunk that is being compressed.
    Chunk(Receiver<io::Result<Vec<u8>>>),
    /// A file that is copied as it is.
    Stored(std::fs::File),
}

/// Runs `produce`, which writes the plain tar, and stores the compressed result in `out`.
///
/// # Errors
/// What `produce` failed with, or else what writing to `out` failed with.
pub(crate) fn write_blob<E: From<io::Error> + Send>(
    compression: Compression,
    out: &mut (dyn Write + Send),
    produce: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<BlobFacts, E> {
    let mut plain = None;
    let mut stored = HashingWriter::new(out);
    if compression == Compression::None {
        // What is stored is the tar: the writing thread hashes it, while this one reads on.
        write_chunks(compression, &mut stored, |chunks| produce(chunks))?;
    } else {
        write_chunks(compression, &mut stored, |chunks| -> Result<(), E> {
            let mut hashing = HashingWriter::new(chunks);
            produce(&mut hashing)?;
            let (_, digest, size) = hashing.finish();
            plain = Some((digest, size));
            Ok(())
        })?;
    }
    let (_, digest, size) = stored.finish();
    let (diff_id, uncompressed_size) = plain.unwrap_or((digest, size));
    Ok(BlobFacts { digest, diff_id: DiffId(diff_id), size, uncompressed_size })
}

/// Runs `produce`, which writes what is to be compressed, and stores the result in `out`.
///
/// # Errors
/// What `produce` failed with, or else what writing to `out` failed with.
pub(crate) fn write_chunks<E: From<io::Error>>(
    compression: Compression,
    out: &mut (dyn Write + Send),
    produce: impl FnOnce(&mut ChunkWriter) -> Result<(), E>,
) -> Result<(), E> {
    let buffers = Arc::new(Buffers::default());
    let (send, receive) = sync_channel(IN_FLIGHT);
    std::thread::scope(|scope| {
        let writer_buffers = Arc::clone(&buffers);
        let write = move || store(&receive, out, &writer_buffers);
        let writer = std::thread::Builder::new().spawn_scoped(scope, write)?;
        let mut chunks = ChunkWriter::new(compression, send, buffers);
        let produced = produce(&mut chunks);
        let ended = chunks.end_chunk();
        drop(chunks);
        let stored = writer.join().unwrap_or_else(|_| Err(io::Error::other("the writing thread stopped")));
        // A full disk stops the writer first and shows up in the producer as a broken pipe: name the cause.
        stored?;
        produced?;
        Ok(ended?)
    })
}

/// Writes finished parts in order.
fn store(receive: &Receiver<Part>, out: &mut dyn Write, buffers: &Buffers) -> io::Result<()> {
    for part in receive {
        match part {
            Part::Chunk(pending) => {
                let chunk = pending.recv().map_err(|_| io::Error::other("a compressing thread stopped"))??;
                out.write_all(&chunk)?;
                buffers.put(chunk);
            }
            Part::Stored(file) => copy(&file, out, buffers)?,
        }
    }
    Ok(())
}

fn copy(file: &std::fs::File, out: &mut dyn Write, buffers: &Buffers) -> io::Result<()> {
    let mut buffer = buffers.take(COPY_BYTES);
    loop {
        buffer.clear();
        if file.take(COPY_BYTES as u64).read_to_end(&mut buffer)? == 0 {
            buffers.put(buffer);
            return Ok(());
        }
        out.write_all(&buffer)?;
    }
}

/// Takes what is to be compressed.
pub(crate) struct ChunkWriter {
    compression: Compression,
    chunk: Vec<u8>,
    capacity: usize,
    plain: u64,
    send: SyncSender<Part>,
    buffers: Arc<Buffers>,
}

impl ChunkWriter {
    fn new(compression: Compression, send: SyncSender<Part>, buffers: Arc<Buffers>) -> Self {
        let capacity = compression.chunk_bytes();
        let chunk = buffers.take(capacity);
        Self { compression, chunk, capacity, plain: 0, send, buffers }
    }

    /// Has a file that is compressed already follow what was written, as it is; what is written after it starts a chunk.
    pub(crate) fn insert(&mut self, file: std::fs::File) -> io::Result<()> {
        self.end_chunk()?;
        self.queue(Part::Stored(file))
    }

    fn end_chunk(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() { Ok(()) } else { self.flush_chunk() }
    }

    fn flush_chunk(&mut self) -> io::Result<()> {
        let next = self.buffers.take(self.capacity);
        let chunk = std::mem::replace(&mut self.chunk, next);
        let (done, pending) = sync_channel(1);
        // The place in the queue comes first, so that a full queue holds back the producer, not the pool.
        self.queue(Part::Chunk(pending))?;
        self.plain += chunk.len() as u64;
        if self.plain.is_multiple_of(SAMPLE_BYTES) {
            sample_anonymous_memory();
        }
        if self.compression == Compression::None {
            return done.send(Ok(chunk)).map_err(|_| stopped());
        }
        let (compression, buffers) = (self.compression, Arc::clone(&self.buffers));
        let compress = move || {
            let mut packed = buffers.take(0);
            let result = compression.compress(&chunk, &mut packed).map(|()| packed);
            buffers.put(chunk);
            // The receiver is gone only when everything has failed already.
            drop(done.send(result));
        };
        // A thread of the pool that waited for the pool might wait for itself.
        if rayon::current_thread_index().is_some() {
            compress();
        } else {
            rayon::spawn(compress);
        }
        Ok(())
    }

    fn queue(&self, part: Part) -> io::Result<()> {
        self.send.send(part).map_err(|_| stopped())
    }
}

fn stopped() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the writing thread stopped")
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
