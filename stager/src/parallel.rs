//! Threads: as many as are asked for, fewer where the system gives fewer.
//!
//! A container may allow few processes (`--pids-limit`, `ulimit -u`), and a thread counts as one. The pool that everything
//! shares cannot be started twice, so its threads are there before it is.

use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use rayon::{ThreadBuilder, ThreadPoolBuilder};
use rustix::process::{Resource, getrlimit};

/// Threads that are needed beside the pool's: one that writes what is packed, one that packs a droplet.
const BESIDE: usize = 2;

/// Address space that a run needs, and each of its threads, bytes. A jar of 131 MB takes 96 to 128 MiB on one to eight
/// threads, in every compression.
const SPACE: u64 = 128 << 20;
const SPACE_OF_THREAD: u64 = 4 << 20;

/// What threads need and the system does not give.
#[derive(Debug, thiserror::Error)]
pub enum ThreadError {
    /// Not even one thread could be started.
    #[error("Could not start a thread")]
    Thread(#[source] io::Error),
    /// Little address space. What fails later for lack of it has no error: Rust's library ends the program.
    #[error("This process may have {limit} bytes of address space, and staging on {threads} threads needs {needed}")]
    Space {
        /// The limit of the process, bytes.
        limit: u64,
        /// How many threads are wanted.
        threads: usize,
        /// What they need, bytes.
        needed: u64,
    },
}

impl ThreadError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Thread(_) => "Allow more processes: `ulimit -u`, or the container's `--pids-limit`".to_owned(),
            Self::Space { needed, .. } => {
                format!("Allow more memory (`ulimit -v {}`), or use fewer `--threads`", needed.div_ceil(1024))
            }
        }
    }
}

/// Starts the pool that everything shares with `wanted` threads, or with as many as can be had. Returns how many layers
/// may be worked on at a time: `wanted`, or one where threads are scarce.
///
/// # Errors
/// When no thread can be had, or too little memory for them.
pub fn start(wanted: usize) -> Result<usize, ThreadError> {
    let needed = SPACE.saturating_add(SPACE_OF_THREAD.saturating_mul(wanted as u64));
    if let Some(limit) = getrlimit(Resource::As).current.filter(|limit| *limit < needed) {
        return Err(ThreadError::Space { limit, threads: wanted, needed });
    }
    let (give, take) = channel::<ThreadBuilder>();
    let take = Arc::new(Mutex::new(take));
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for _ in 0..wanted + BESIDE {
        let take = Arc::clone(&take);
        match Builder::new().spawn(move || serve(&take)) {
            Ok(thread) => threads.push(thread),
            Err(error) if threads.is_empty() => return Err(ThreadError::Thread(error)),
            Err(_) => break,
        }
    }
    let pool = threads.len().saturating_sub(BESIDE).max(1);
    // Fails only when there is a pool already, which then serves as well.
    let started = ThreadPoolBuilder::new()
        .num_threads(pool)
        .spawn_handler(move |thread| give.send(thread).map_err(|_| io::Error::other("its thread has ended")));
    drop(started.build_global());
    // The others end, and only then can new ones take their place.
    while threads.iter().filter(|thread| thread.is_finished()).count() < threads.len() - pool {
        std::thread::yield_now();
    }
    Ok(if threads.len() == wanted + BESIDE { wanted } else { 1 })
}

/// Waits for its part in the pool.
fn serve(take: &Mutex<Receiver<ThreadBuilder>>) {
    let part = take.lock().ok().and_then(|take| take.recv().ok());
    if let Some(part) = part {
        part.run();
    }
}
