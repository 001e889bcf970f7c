//! How a launch ends that does not end in the application: exit codes and messages, the lifecycle's where it has them.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// Anything before the launch proper, such as unreadable metadata.
const GENERIC: u8 = 1;
/// `CNB_PLATFORM_API` is missing or not supported.
const PLATFORM_API: u8 = 11;
/// A buildpack's API is not supported.
const BUILDPACK_API: u8 = 12;
/// The launch itself failed.
const LAUNCH: u8 = 82;

/// Why there is no application running.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// Failed before it was known what to launch.
    pub(crate) fn metadata(cause: impl Display) -> Self {
        Self { code: GENERIC, message: format!("failed to read metadata: {cause}") }
    }

    /// The platform API was refused.
    pub(crate) fn platform_api(message: String) -> Self {
        Self { code: PLATFORM_API, message }
    }

    /// A buildpack's API was refused.
    pub(crate) fn buildpack_api(message: String) -> Self {
        Self { code: BUILDPACK_API, message }
    }

    /// Failed while launching.
    pub(crate) fn launch(cause: impl Display) -> Self {
        Self { code: LAUNCH, message: format!("failed to launch: {cause}") }
    }

    /// Prints the message, to standard output as the lifecycle does, and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        print_line(&format!("ERROR: {}", self.message));
        ExitCode::from(self.code)
    }

    /// Exit code and message.
    #[cfg(test)]
    pub(crate) fn parts(&self) -> (u8, &str) {
        (self.code, &self.message)
    }
}

/// Prints a line to standard output. A closed output is no reason not to start the application.
pub(crate) fn print_line(line: &str) {
    write_line(&mut io::stdout().lock(), line);
}

/// Prints a line to standard error, with the same indifference.
pub(crate) fn print_error(line: &str) {
    write_line(&mut io::stderr().lock(), line);
}

fn write_line(output: &mut dyn Write, line: &str) {
    let mut bytes = Vec::with_capacity(line.len() + 1);
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    let _ = output.write_all(&bytes);
    let _ = output.flush();
}

/// The system's text for an error in the original's spelling: lower case, without the number.
pub(crate) fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => text.to_owned(),
    }
}

/// An error of an operation on a path: `open /layers/x: permission denied`.
pub(crate) fn path_error(operation: &str, path: &std::path::Path, error: &io::Error) -> String {
    format!("{operation} {}: {}", path.display(), cause(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn system_errors_are_spelt_as_in_the_original() {
        let error = io::Error::from_raw_os_error(2);
        assert_eq!(path_error("open", Path::new("/a"), &error), "open /a: no such file or directory");
        let error = io::Error::new(io::ErrorKind::InvalidData, "stream did not contain valid UTF-8");
        assert_eq!(cause(&error), "stream did not contain valid UTF-8");
    }
}
