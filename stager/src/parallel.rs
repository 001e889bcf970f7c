//! Threads: as many as are asked for, fewer where the system gives fewer.
//!
//! A container may allow few processes (`--pids-limit`, `ulimit -u`), and a thread counts as one. The pool that everything
//! shares cannot be started twice, so its threads are there before it is.

use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use rayon::{ThreadBuilder, ThreadPoolBuilder};

/// Threads that are needed beside the pool's: one that writes what is packed, one that packs a droplet.
const BESIDE: usize = 2;

/// Not even one thread could be started.
#[derive(Debug, thiserror::Error)]
#[error("Could not start a thread")]
pub struct ThreadError(#[source] io::Error);

impl ThreadError {
    /// What to do about it.
    pub fn hint() -> String {
        "Allow more processes: `ulimit -u`, or the container's `--pids-limit`".to_owned()
    }
}

/// Starts the pool that everything shares with `wanted` threads, or with as many as can be had. Returns how many layers
/// may be worked on at a time: `wanted`, or one where threads are scarce.
///
/// # Errors
/// When no thread can be had.
pub fn start(wanted: usize) -> Result<usize, ThreadError> {
    let (give, take) = channel::<ThreadBuilder>();
    let take = Arc::new(Mutex::new(take));
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for _ in 0..wanted + BESIDE {
        let take = Arc::clone(&take);
        match Builder::new().spawn(move || serve(&take)) {
            Ok(thread) => threads.push(thread),
            Err(error) if threads.is_empty() => return Err(ThreadError(error)),
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
