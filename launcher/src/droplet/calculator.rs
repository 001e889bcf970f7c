//! `java-buildpack-memory-calculator-VERSION`: the memory calculators of Cloud Foundry's Java buildpack. In place of the
//! version the name of one of ours: `java-buildpack-memory-calculator-fit`.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use memcalc::named::{self, Machine};
use memcalc::outcome::{Compat, Outcome};
use memcalc::{Calculator, v2, v3, v4};

use crate::memory::{LimitFiles, file_size};

/// What the programs' names have in front of the version.
const PREFIX: &str = "java-buildpack-memory-calculator-";

/// The version in a calculator's name, `None` if this is not a calculator.
pub(super) fn version(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX)
}

/// Calculates and prints. The first of the arguments is the name the program was started by, which its usage shows.
pub(super) fn run(version: &str, arguments: &[OsString]) -> ExitCode {
    // The originals take bytes; what is not UTF-8 has no meaning to them beyond being echoed.
    let arguments: Vec<String> = arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let outcome = match arguments.split_first() {
        Some((program, rest)) => calculate(version, program, rest),
        None => Outcome::default(),
    };
    // Nobody is left to tell if these fail.
    let _ = io::stdout().lock().write_all(outcome.stdout.as_bytes());
    let _ = io::stderr().lock().write_all(outcome.stderr.as_bytes());
    ExitCode::from(outcome.code)
}

fn calculate(version: &str, program: &str, arguments: &[String]) -> Outcome {
    if let Ok(calculator) = version.parse::<Calculator>() {
        let files = LimitFiles::default();
        let machine = Machine { read: &|path| files.read(path), size_of: &file_size };
        return named::run(calculator, program, arguments, machine);
    }
    let run = match version.split_once('.').map_or(version, |(major, _)| major) {
        "2" => v2::run,
        "3" => v3::run,
        "4" => v4::run,
        _ => {
            let message = format!(
                "{program}: There is no memory calculator of version `{version}`, only of 2.x, 3.x and 4.x, and {}\n",
                Calculator::names()
            );
            return Outcome::failure(2, message);
        }
    };
    run(program, arguments, Compat::Exact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_decides() {
        for (version, flag) in [
            ("2.0.2", "-memoryWeights"),
            ("2.0.2_RELEASE", "-memoryWeights"),
            ("3.13.0_RELEASE", "-vmOptions"),
            ("4.2.0", "--jvm-options"),
            ("4", "--jvm-options"),
            ("fit", "--class-count"),
        ] {
            let help = calculate(version, "/bin/calculator", &["--help".to_owned()]);
            let text = help.stdout + &help.stderr;
            assert!(text.contains(flag) && text.contains("/bin/calculator"), "{version}: {text}");
        }
    }

    #[test]
    fn other_versions_are_refused() {
        for version in ["", "1.0", "5.0.0", "40.1", "v4.2.0", "snapshot"] {
            let outcome = calculate(version, "calculator", &[]);
            let message = format!(
                "calculator: There is no memory calculator of version `{version}`, only of 2.x, 3.x and 4.x, and fit, \
                 libjvm, v2, v3, v4, off\n"
            );
            assert_eq!(outcome, Outcome::failure(2, message));
        }
    }
}
