//! Long work shows life: a spinner with what is being done on a terminal, a line every ten seconds elsewhere.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use buildpacks::activity::{self, Doing};
use indicatif::{ProgressBar, ProgressStyle};

use super::bytes;

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
    doing: Option<Arc<Doing>>,
    since: Option<Instant>,
    said: Option<Instant>,
    spinner: Option<ProgressBar>,
}

impl Shown {
    fn update(&mut self, current: Option<Arc<Doing>>, on_terminal: bool, tell: fn(&str)) {
        let is_same = match (&current, &self.doing) {
            (Some(current), Some(doing)) => Arc::ptr_eq(current, doing),
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            self.begin(current, on_terminal, tell);
        } else if let (Some(doing), Some(spinner)) = (&self.doing, &self.spinner) {
            spinner.set_message(now(doing));
        } else if let (Some(doing), Some(since), Some(said)) = (&self.doing, self.since, self.said)
            && said.elapsed() >= SAY
        {
            tell(&so_far(doing, since.elapsed()));
            self.said = Some(Instant::now());
        }
    }

    fn begin(&mut self, current: Option<Arc<Doing>>, on_terminal: bool, tell: fn(&str)) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
        let now = current.is_some().then(Instant::now);
        // What may be short is said when it has lasted; one that follows another does not begin the time again.
        let said = if current.as_ref().is_some_and(|doing| doing.is_long) { now } else { self.said.or(now) };
        *self = Self { doing: current, since: now, said: said.filter(|_| now.is_some()), spinner: None };
        let Some(doing) = &self.doing else { return };
        if on_terminal {
            self.spinner = Some(spinner(&doing.what));
        } else if doing.is_long {
            tell(&format!("{} ...", doing.what));
        }
    }
}

/// What is being done, and how far it has come.
fn now(doing: &Doing) -> String {
    match (doing.done(), doing.total()) {
        (0, _) => doing.what.clone(),
        (done, None) => format!("{}: {}", doing.what, bytes(done)),
        (done, Some(total)) => format!("{}: {} of {}", doing.what, bytes(done), bytes(total)),
    }
}

/// What there is to say of something that goes on.
fn so_far(doing: &Doing, elapsed: Duration) -> String {
    let (now, seconds) = (now(doing), elapsed.as_secs());
    format!("{now}{} {seconds} s so far", if now == doing.what { ":" } else { "," })
}

fn spinner(what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("  {spinner} {msg}, {elapsed}");
    let spinner = ProgressBar::new_spinner().with_message(what.to_owned());
    spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    spinner.enable_steady_tick(LOOK);
    spinner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_as_in_tables() {
        let activity = activity::begin_short("building layer `x`".to_owned(), Some(131_000_000));
        activity.advance(40_000_000);
        let doing = activity.doing();
        assert_eq!(so_far(doing, Duration::from_secs(20)), "building layer `x`: 40.0 MB of 131 MB, 20 s so far");
        activity.reach(1_000_000, None);
        assert_eq!(so_far(doing, Duration::from_secs(30)), "building layer `x`: 1.0 MB, 30 s so far");
        activity.reach(0, None);
        assert_eq!(so_far(doing, Duration::from_secs(30)), "building layer `x`: 30 s so far");
    }
}
