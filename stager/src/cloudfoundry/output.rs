//! Text on standard output and standard error. Nothing can be done when either is gone.

use std::io::{self, Write as _};

use buildpacks::dependency::redact_text;

/// Writes to standard output, at once.
pub(super) fn out(text: &str) {
    let mut stream = io::stdout().lock();
    drop(stream.write_all(text.as_bytes()).and_then(|()| stream.flush()));
}

/// Writes to standard error, without credentials: whatever went wrong may quote the URL of a buildpack or a service.
pub(super) fn error(text: &str) {
    drop(io::stderr().lock().write_all(redact_text(text).as_bytes()));
}

/// Writes a line to standard error.
pub(super) fn error_line(text: &str) {
    error(&format!("{text}\n"));
}
