//! An archive that is packed while it is not known yet how it goes on: sections are compressed as they come, by a thread
//! of its own. The file has its name only when it is complete.

use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tempfile::NamedTempFile;

use super::archive::Archive;
use super::member::{DropletError, Member};
use crate::cloudfoundry::partial;
use crate::digest::{Digest, HashingWriter};
use crate::layer::{Compression, write_chunks};

/// A part of an archive.
#[derive(Debug)]
pub(in crate::cloudfoundry) enum Section {
    /// Members, compressed as they are written.
    Members(Vec<Member>),
    /// Members that are compressed already: a gzip file without the end of an archive.
    Packed(std::fs::File),
}

/// What the packing thread is told.
enum Order {
    Add(Section),
    End,
}

/// An archive in the making. Dropped before its end, it leaves nothing.
pub(in crate::cloudfoundry) struct Packing {
    path: PathBuf,
    orders: Option<Sender<Order>>,
    stopped: Arc<AtomicBool>,
    /// The thread, or why there is none.
    thread: Option<io::Result<JoinHandle<Result<Whole, DropletError>>>>,
}

/// A complete archive that has no name yet.
pub(in crate::cloudfoundry) struct Whole {
    file: NamedTempFile,
    path: PathBuf,
    hashed: Option<(Digest, u64)>,
}

impl Packing {
    /// Starts an archive that will be `path`.
    pub(in crate::cloudfoundry) fn start(path: &Path) -> Self {
        Self::begin(path, false)
    }

    /// The same; [`Whole::digest`] knows its digest, hashed as it is written.
    pub(in crate::cloudfoundry) fn start_hashed(path: &Path) -> Self {
        Self::begin(path, true)
    }

    fn begin(path: &Path, hashed: bool) -> Self {
        let (orders, received) = channel();
        let stopped = Arc::new(AtomicBool::new(false));
        let (target, stop) = (path.to_owned(), Arc::clone(&stopped));
        let thread = std::thread::Builder::new().name("packing".to_owned());
        let thread = thread.spawn(move || fill(target, hashed, &received, &stop));
        Self { path: path.to_owned(), orders: Some(orders), stopped, thread: Some(thread) }
    }

    /// Has the archive go on with a section.
    pub(in crate::cloudfoundry) fn add(&self, section: Section) {
        self.tell(Order::Add(section));
    }

    /// Waits until everything is packed.
    ///
    /// # Errors
    /// What kept the archive from being written, whenever that was.
    pub(in crate::cloudfoundry) fn end(mut self) -> Result<Whole, DropletError> {
        self.tell(Order::End);
        let failed = |source| Err(DropletError::Write { path: self.path.clone(), source });
        let stopped = || io::Error::other("the packing thread stopped");
        match self.thread.take().unwrap_or_else(|| Err(stopped())) {
            Ok(thread) => thread.join().unwrap_or_else(|_| failed(stopped())),
            Err(error) => failed(error),
        }
    }

    fn tell(&self, order: Order) {
        // A thread that failed receives nothing; `end` says why it did.
        self.orders.as_ref().map(|orders| orders.send(order).ok());
    }
}

impl Drop for Packing {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.orders = None;
        // Only when the thread has ended is its file gone.
        drop(self.thread.take().map(|thread| thread.map(JoinHandle::join)));
    }
}

impl Whole {
    /// Digest and size of the file, if they were asked for.
    pub(in crate::cloudfoundry) fn digest(&self) -> Option<(Digest, u64)> {
        self.hashed
    }

    /// Writes the same bytes elsewhere.
    ///
    /// # Errors
    /// When they cannot be read or written.
    pub(in crate::cloudfoundry) fn copy_to(&self, out: &mut impl Write) -> io::Result<()> {
        io::copy(&mut self.file.reopen()?, out).map(drop)
    }

    /// Gives the file its name. It is not synced: who reads it reads what the system has, and after a loss of power an
    /// application is staged again.
    ///
    /// # Errors
    /// When the file cannot be renamed.
    pub(in crate::cloudfoundry) fn publish(self) -> Result<(), DropletError> {
        let Self { file, path, .. } = self;
        name(file, &path).map_err(|source| DropletError::Write { path, source })
    }
}

fn name(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

fn fill(path: PathBuf, hashed: bool, orders: &Receiver<Order>, stopped: &AtomicBool) -> Result<Whole, DropletError> {
    let failed = |source| DropletError::Write { path: path.clone(), source };
    let mut file = partial::create(&path).map_err(failed)?;
    let mut out = Stoppable { inner: file.as_file_mut(), stopped };
    let hashed = if hashed {
        let mut hashing = HashingWriter::new(out);
        pack(&path, &mut hashing, orders)?;
        let (_, digest, size) = hashing.finish();
        Some((digest, size))
    } else {
        pack(&path, &mut out, orders)?;
        None
    };
    Ok(Whole { file, path, hashed })
}

/// One gzip member for each MiB, so that the bytes depend on the input alone, not on how many threads there are. `gzip`,
/// `tar` and every platform read members one after another as one file.
fn pack(path: &Path, out: &mut (dyn Write + Send), orders: &Receiver<Order>) -> Result<(), DropletError> {
    let packed = write_chunks(Compression::Gzip, out, |chunks| -> Result<(), NotPacked> {
        let mut archive = Archive::new(chunks, path.to_owned());
        loop {
            match orders.recv().map_err(|_| NotPacked::Write(given_up()))? {
                Order::Add(Section::Members(members)) => {
                    for member in &members {
                        archive.append(member)?;
                    }
                }
                Order::Add(Section::Packed(file)) => archive.inner().insert(file)?,
                Order::End => break,
            }
        }
        archive.finish()?;
        Ok(())
    });
    packed.map_err(|error| match error {
        NotPacked::Member(error) => error,
        NotPacked::Write(source) => DropletError::Write { path: path.to_owned(), source },
    })
}

/// Why an archive was not packed.
#[derive(Debug, thiserror::Error)]
enum NotPacked {
    #[error(transparent)]
    Member(#[from] DropletError),
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Takes nothing more once nobody wants the archive.
struct Stoppable<'a, W> {
    inner: W,
    stopped: &'a AtomicBool,
}

impl<W: Write> Write for Stoppable<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(given_up());
        }
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn given_up() -> io::Error {
    io::Error::other("the archive is not wanted any more")
}
