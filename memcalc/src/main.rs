//! The `memcalc` program: every generation of the memory calculator, class counting, and explanations.
//!
//! Everything but reading arguments, environment and files, and writing the result, is the library's.

mod program;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os().map(lossy);
    let program = args.next().unwrap_or_else(|| "memcalc".to_owned());
    let args: Vec<String> = args.collect();
    let outcome = program::run(&program, &args);
    // Nobody is left to tell if these fail.
    let _ = io::stdout().lock().write_all(outcome.stdout.as_bytes());
    let _ = io::stderr().lock().write_all(outcome.stderr.as_bytes());
    ExitCode::from(outcome.code)
}

/// The originals take bytes; what is not UTF-8 has no meaning to them beyond being echoed.
fn lossy(text: OsString) -> String {
    text.into_string().unwrap_or_else(|text| text.to_string_lossy().into_owned())
}
