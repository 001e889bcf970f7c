//! What the program is busy with for long, for whoever shows it; and the signals that end it meanwhile.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// What is being done; the innermost last.
static BUSY_WITH: Mutex<Vec<Arc<Doing>>> = Mutex::new(Vec::new());
/// Whether the program notes signals by itself.
static NOTED_ELSEWHERE: AtomicBool = AtomicBool::new(false);

/// Something that is being done.
#[derive(Debug)]
pub struct Doing {
    /// What, in words that may stand before `...`.
    pub what: String,
    /// Whether it always takes long, so that it is worth saying when it starts.
    pub is_long: bool,
    /// Bytes to go through; none where that is not known.
    total: AtomicU64,
    done: AtomicU64,
}

impl Doing {
    /// Bytes to go through, where that is known.
    pub fn total(&self) -> Option<u64> {
        Some(self.total.load(Ordering::Relaxed)).filter(|total| *total > 0)
    }

    /// Bytes that were gone through.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}

/// Something that takes long, until it is dropped.
#[derive(Debug)]
pub struct Activity(Arc<Doing>);

/// Starts something that takes long; `what` in words that may stand before `...`.
pub fn begin(what: String) -> Activity {
    started(what, true, None)
}

/// Starts something that may take long, going through so many bytes.
pub fn begin_short(what: String, total: Option<u64>) -> Activity {
    started(what, false, total)
}

fn started(what: String, is_long: bool, total: Option<u64>) -> Activity {
    let (total, done) = (AtomicU64::new(total.unwrap_or(0)), AtomicU64::new(0));
    let doing = Arc::new(Doing { what, is_long, total, done });
    if let Ok(mut busy) = BUSY_WITH.lock() {
        busy.push(Arc::clone(&doing));
    }
    Activity(doing)
}

impl Activity {
    /// What is being done.
    pub fn doing(&self) -> &Doing {
        &self.0
    }

    /// So many bytes more were gone through.
    pub fn advance(&self, bytes: u64) {
        self.0.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many bytes were gone through, of so many, where that is known.
    pub fn reach(&self, done: u64, total: Option<u64>) {
        self.0.done.store(done, Ordering::Relaxed);
        self.0.total.store(total.unwrap_or(0), Ordering::Relaxed);
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        if let Ok(mut busy) = BUSY_WITH.lock() {
            busy.retain(|doing| !Arc::ptr_eq(doing, &self.0));
        }
    }
}

/// What is being done: what always takes long before the rest, then the innermost.
pub fn current() -> Option<Arc<Doing>> {
    let busy = BUSY_WITH.lock().ok()?;
    busy.iter().rev().find(|doing| doing.is_long).or(busy.last()).cloned()
}

/// The program notes signals by itself, and ends by itself after one.
pub fn signals_are_noted_elsewhere() {
    NOTED_ELSEWHERE.store(true, Ordering::Relaxed);
}

/// Signals that came while another program runs for this one. Outside of such times they end this program, as ever.
pub(crate) struct Signals {
    is_idle: Arc<AtomicBool>,
    came: Arc<AtomicBool>,
}

impl Signals {
    /// From now on signals are noted.
    pub(crate) fn note() -> std::io::Result<&'static Self> {
        static SIGNALS: OnceLock<Signals> = OnceLock::new();
        let signals = if let Some(signals) = SIGNALS.get() {
            signals
        } else {
            let new = Self::register()?;
            SIGNALS.get_or_init(|| new)
        };
        signals.is_idle.store(false, Ordering::Relaxed);
        Ok(signals)
    }

    fn register() -> std::io::Result<Self> {
        let signals = Self { is_idle: Arc::default(), came: Arc::default() };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if !NOTED_ELSEWHERE.load(Ordering::Relaxed) {
                signal_hook::flag::register_conditional_default(signal, Arc::clone(&signals.is_idle))?;
            }
            signal_hook::flag::register(signal, Arc::clone(&signals.came))?;
        }
        Ok(signals)
    }

    /// Whether one came.
    pub(crate) fn came(&self) -> bool {
        self.came.load(Ordering::Relaxed)
    }

    /// From now on they end this program again; one that came does so at once.
    pub(crate) fn heed(&self) {
        self.is_idle.store(true, Ordering::Relaxed);
        if self.came() && !NOTED_ELSEWHERE.load(Ordering::Relaxed) {
            // Fails for no signal there is.
            let _ = signal_hook::low_level::emulate_default_handler(SIGTERM);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_always_takes_long_is_shown_and_else_the_innermost() {
        let what = || current().map(|doing| doing.what.clone());
        let outer = begin_short("outer".to_owned(), None);
        let long = begin("long".to_owned());
        let inner = begin_short("inner".to_owned(), Some(8));
        inner.advance(3);
        assert_eq!(what().as_deref(), Some("long"));
        drop(long);
        assert_eq!(what().as_deref(), Some("inner"));
        assert_eq!(current().map(|doing| (doing.done(), doing.total())), Some((3, Some(8))));
        inner.reach(9, None);
        assert_eq!(current().map(|doing| (doing.done(), doing.total())), Some((9, None)));
        drop(outer);
        assert_eq!(what().as_deref(), Some("inner"), "the one that ended is gone, not the last that began");
        drop(inner);
        assert_eq!(what(), None);
    }
}
