//! `-v`: what happens, as it happens, a line each on standard error with the time since the start.

use std::sync::OnceLock;
use std::time::Instant;

use buildpacks::shown::line;
use log::{LevelFilter, Log, Metadata, Record};

use super::printer;
use crate::report::milliseconds;

/// What is listened to: our own crates. Others have much to say that is of no use here.
const OURS: [&str; 2] = ["stager", "buildpacks"];

/// Who listens.
struct Teller {
    started: Instant,
}

static TELLER: OnceLock<Teller> = OnceLock::new();

/// From now on what happens is told.
pub(super) fn start() {
    let teller = TELLER.get_or_init(|| Teller { started: Instant::now() });
    // Somebody listens already, if it fails.
    if log::set_logger(teller).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

impl Log for Teller {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        OURS.iter().any(|ours| metadata.target().split("::").next() == Some(ours))
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let since = milliseconds(self.started.elapsed().as_secs_f64() * 1e3);
            printer::note(format_args!("[{since:>9}] {}", line(&record.args().to_string())));
        }
    }

    fn flush(&self) {}
}
