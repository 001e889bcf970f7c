//! A stopwatch for the phases of a run.

use std::time::Instant;

use super::Timings;

/// Measures phases one after the other.
#[derive(Debug)]
pub(crate) struct Phases {
    started: Instant,
    last: Instant,
    timings: Timings,
}

impl Phases {
    /// Starts the first phase.
    pub(crate) fn start() -> Self {
        let now = Instant::now();
        Self { started: now, last: now, timings: Timings::default() }
    }

    /// Ends the current phase under this name.
    pub(crate) fn end(&mut self, name: &str) {
        let now = Instant::now();
        log::info!("{name}: {}", super::milliseconds(milliseconds(now - self.last)));
        self.timings.phases.push((name.to_owned(), milliseconds(now - self.last)));
        self.last = now;
    }

    /// What was measured.
    pub(crate) fn finish(mut self) -> Timings {
        self.timings.total = milliseconds(self.started.elapsed());
        self.timings
    }
}

fn milliseconds(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
