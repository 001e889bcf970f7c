//! What the program is busy with for long, for whoever shows it; and the signals that end it meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// What is being done; the innermost last.
static BUSY_WITH: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// Whether the program notes signals by itself.
static NOTED_ELSEWHERE: AtomicBool = AtomicBool::new(false);

/// Something that takes long, until it is dropped.
#[derive(Debug)]
pub struct Activity(());

/// Starts something that takes long; `what` in words that may stand before `...`.
pub fn begin(what: String) -> Activity {
    if let Ok(mut busy) = BUSY_WITH.lock() {
        busy.push(what);
    }
    Activity(())
}

impl Drop for Activity {
    fn drop(&mut self) {
        if let Ok(mut busy) = BUSY_WITH.lock() {
            busy.pop();
        }
    }
}

/// What is being done.
pub fn current() -> Option<String> {
    BUSY_WITH.lock().ok()?.last().cloned()
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
    fn the_innermost_is_shown() {
        let outer = begin("outer".to_owned());
        {
            let _inner = begin("inner".to_owned());
            assert_eq!(current().as_deref(), Some("inner"));
        }
        assert_eq!(current().as_deref(), Some("outer"));
        drop(outer);
        assert_eq!(current(), None);
    }
}
