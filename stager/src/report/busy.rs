//! Long work shows life: a spinner with what is being done on a terminal, a line every ten seconds elsewhere.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use buildpacks::activity;
use indicatif::{ProgressBar, ProgressStyle};

/// How often is looked what is being done.
const LOOK: Duration = Duration::from_millis(100);
/// How often it is said where there is no terminal.
const SAY: Duration = Duration::from_secs(10);

/// Shows what the program is busy with, until it is dropped.
pub struct Busy {
    ended: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Busy {
    /// Starts to show; `tell` takes lines where there is no terminal.
    pub fn show(on_terminal: bool, tell: fn(&str)) -> Self {
        let (ended, end) = channel();
        let thread = std::thread::Builder::new().name("busy".to_owned()).spawn(move || {
            let mut shown = Shown::default();
            while let Err(RecvTimeoutError::Timeout) = end.recv_timeout(LOOK) {
                shown.update(activity::current(), on_terminal, tell);
            }
            shown.update(None, on_terminal, tell);
        });
        // Without a thread nothing is shown, and nothing else is lost.
        Self { ended: Some(ended), thread: thread.ok() }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        drop(self.ended.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// What is shown now.
#[derive(Default)]
struct Shown {
    what: Option<String>,
    since: Option<Instant>,
    said: Option<Instant>,
    spinner: Option<ProgressBar>,
}

impl Shown {
    fn update(&mut self, current: Option<String>, on_terminal: bool, tell: fn(&str)) {
        if current != self.what {
            if let Some(spinner) = self.spinner.take() {
                spinner.finish_and_clear();
            }
            let now = current.is_some().then(Instant::now);
            *self = Self { what: current, since: now, said: now, spinner: None };
            let Some(what) = &self.what else { return };
            if on_terminal {
                self.spinner = Some(spinner(what));
            } else {
                tell(&format!("{what} ..."));
            }
        } else if let (Some(what), Some(since), Some(said)) = (&self.what, self.since, self.said)
            && !on_terminal
            && said.elapsed() >= SAY
        {
            tell(&format!("{what}: {} s so far", since.elapsed().as_secs()));
            self.said = Some(Instant::now());
        }
    }
}

fn spinner(what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("  {spinner} {msg}, {elapsed}");
    let spinner = ProgressBar::new_spinner().with_message(what.to_owned());
    spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    spinner.enable_steady_tick(LOOK);
    spinner
}
