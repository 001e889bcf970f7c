//! The `stage` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    stager::cli::run()
}
