//! Waiting for an application: until it answers, or listens on nothing and rests.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::error::MeasureError;
use super::interruption::Interruption;
use super::load;
use super::process_facts::ProcessFacts;
use super::runner::Running;

/// Between two looks.
const STEP: Duration = Duration::from_millis(100);
/// One that speaks no HTTP, or listens on no port, is ready when it wants less than a tenth of a processor for so long.
const REST: Duration = Duration::from_secs(3);
/// Clock ticks, of 10 ms, in a tenth of that time.
const REST_TICKS: u64 = 30;

/// An application that is ready.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ready {
    /// The JVM's process.
    pub(super) process: ProcessFacts,
    /// The port it listens on.
    pub(super) port: Option<u16>,
    /// Since its start.
    pub(super) seconds: f64,
}

/// Waits until it is ready.
///
/// # Errors
/// When it ends, takes too long, or the user wants no more.
pub(super) fn wait(running: &Running, within: Duration, interruption: &Interruption) -> Result<Ready, MeasureError> {
    let started = Instant::now();
    let mut rest = Rest::default();
    while started.elapsed() < within {
        if let Some(error) = super::ended(running, interruption) {
            return Err(error);
        }
        if let Some(process) = ProcessFacts::of_jvm(running.pid()) {
            let port = process.ports().into_iter().find(|port| load::answers(*port, "/"));
            let is_ready = port.is_some() || rest.lasts(process);
            if is_ready {
                let port = port.or_else(|| process.ports().into_iter().next());
                return Ok(Ready { process, port, seconds: started.elapsed().as_secs_f64() });
            }
        }
        sleep(STEP);
    }
    Err(MeasureError::NotReady { seconds: started.elapsed().as_secs_f64(), log: running.log() })
}

/// Waits for a time, as long as it runs and the user is patient.
pub(super) fn idle(time: Duration, interruption: &Interruption, runs: impl Fn() -> bool) {
    let started = Instant::now();
    while started.elapsed() < time && !interruption.came() && runs() {
        sleep(STEP);
    }
}

/// Since when a process has done hardly anything.
#[derive(Default)]
struct Rest(Option<(Instant, u64)>);

impl Rest {
    fn lasts(&mut self, process: ProcessFacts) -> bool {
        let Some(now) = process.wanted_ticks() else { return false };
        match self.0 {
            // What a thread waited for is forgotten when it ends, so that the sum may shrink.
            Some((since, then)) if (then..=then + REST_TICKS).contains(&now) => since.elapsed() >= REST,
            _ => {
                self.0 = Some((Instant::now(), now));
                false
            }
        }
    }
}
