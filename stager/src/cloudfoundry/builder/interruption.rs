//! What happens when the builder is told to end: the running script is stopped, temporary files are removed, and the
//! process dies by the signal, as one without a handler does.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use buildpacks::files;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::super::partial;

/// Watches for signals; clones share what they know.
#[derive(Clone, Debug, Default)]
pub(super) struct Interruption(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The signal that came.
    signal: Option<i32>,
    /// The socket to the guard of the running script.
    script: Option<UnixStream>,
    /// Temporary folders.
    folders: Vec<PathBuf>,
    /// Files that may be half written under a temporary name.
    outputs: Vec<PathBuf>,
}

impl Interruption {
    /// Starts watching for the signals that ask a process to end, but for those it was started to ignore.
    pub(super) fn watch() -> io::Result<Self> {
        let status = files::read_text("/proc/self/status".as_ref(), files::SYSTEM_BYTES).unwrap_or_default();
        let wanted = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(&status, *signal));
        let mut signals = Signals::new(wanted)?;
        let interruption = Self::default();
        let watching = interruption.clone();
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                watching.interrupt(signal);
            }
        })?;
        Ok(interruption)
    }

    /// Stops the running script, whose caller then ends the builder, or ends it here.
    fn interrupt(&self, signal: i32) {
        let mut state = self.state();
        state.signal = Some(signal);
        if let Some(script) = &state.script {
            drop(script.shutdown(Shutdown::Write));
            return;
        }
        state.remove_leftovers();
        die(signal);
    }

    /// Removes a folder when the builder is interrupted.
    pub(super) fn removes_folder(&self, folder: PathBuf) {
        self.state().folders.push(folder);
    }

    /// Removes what is half written of a file when the builder is interrupted.
    pub(super) fn removes_partial(&self, file: PathBuf) {
        self.state().outputs.push(file);
    }

    /// The folders to remove.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        self.state().folders.clone()
    }

    /// A script runs until the value is dropped; `guard` is the socket to its guard.
    pub(super) fn script(&self, guard: &UnixStream) -> io::Result<Running<'_>> {
        let guard = guard.try_clone()?;
        let mut state = self.state();
        if state.signal.is_some() {
            drop(guard.shutdown(Shutdown::Write));
        }
        state.script = Some(guard);
        Ok(Running(self))
    }

    /// Whether a signal came.
    pub(super) fn came(&self) -> bool {
        self.state().signal.is_some()
    }

    /// Ends the process if a signal asked for it.
    pub(super) fn obey(&self) {
        let mut state = self.state();
        if let Some(signal) = state.signal {
            state.remove_leftovers();
            die(signal);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of the state is one assignment: it makes sense whatever happened to a thread that held it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As long as it lives, a script runs.
pub(super) struct Running<'a>(&'a Interruption);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.state().script = None;
    }
}

impl State {
    fn remove_leftovers(&mut self) {
        for folder in self.folders.drain(..) {
            partial::remove_folder(&folder);
        }
        for file in self.outputs.drain(..) {
            partial::remove(&file);
        }
    }
}

/// Dies by the signal, so that whoever waits for the process sees why.
fn die(signal: i32) {
    drop(emulate_default_handler(signal));
}

/// Whether the signal is among those that `/proc/self/status` lists as ignored.
fn is_ignored(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal - 1) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_that_nohup_ignores_stay_ignored() {
        let status = "Name:\tstage\nSigIgn:\t0000000000001001\n";
        assert!(is_ignored(status, SIGHUP));
        assert!(!is_ignored(status, SIGTERM));
        assert!(!is_ignored("", SIGHUP));
    }
}
