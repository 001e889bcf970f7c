//! java-buildpack-memory-calculator 4.2.0: class count, double-dash flags.
//!
//! [`run`] is the program as a function of its arguments; [`Calculator`] the calculation alone.

mod calculate;
mod options;

pub use calculate::{Calculator, Insufficient};
pub use options::Options;

use crate::flags::{Flag, Kind, gnu};
use crate::go;
use crate::outcome::{Compat, Outcome};
use crate::size::{self, DigitsError};

/// Least total memory in bytes.
const LEAST_TOTAL: i64 = 1024;

const FLAGS: [Flag; 5] = [
    Flag {
        name: "head-room",
        kind: Kind::Int,
        help: "percentage of the total memory to leave unallocated, for what the JVM needs besides",
    },
    Flag { name: "jvm-options", kind: Kind::Text, help: "JVM options of the user, typically JAVA_OPTS" },
    Flag {
        name: "loaded-class-count",
        kind: Kind::Int,
        help: "number of classes that will be loaded when the application runs",
    },
    Flag { name: "thread-count", kind: Kind::Int, help: "number of user threads" },
    Flag {
        name: "total-memory",
        kind: Kind::Text,
        help: "total memory available to the application, with an optional unit (B, K, M, G, T)",
    },
];

/// Runs the program: `program` is its name as invoked, `args` what follows.
pub fn run(program: &str, args: &[String], compat: Compat) -> Outcome {
    let mut calculator = Calculator::default();
    if let Err(stop) = gnu::parse(&FLAGS, args, |name, value| set(&mut calculator, name, value)) {
        return stopped(stop, program, compat);
    }
    let faults = validate(&calculator);
    if !faults.is_empty() {
        return Outcome::failure(1, format!("{}\n\n{}", faults.join("\n"), gnu::usage(program, &FLAGS)));
    }
    match calculator.calculate() {
        Ok(regions) => Outcome::success(format!("{}\n", regions.join(" ")), String::new()),
        Err(error) => Outcome::failure(2, error.to_string()),
    }
}

/// The original prints the message on standard output once more; on standard error a refused value's message serves
/// as format string by mistake.
fn stopped(stop: gnu::Stop, program: &str, compat: Compat) -> Outcome {
    let usage = gnu::usage(program, &FLAGS);
    let (message, stderr) = match stop {
        gnu::Stop::Help => ("pflag: help requested".to_owned(), usage),
        gnu::Stop::Syntax(message) => {
            let stderr = format!("{message}\n{usage}");
            (message, stderr)
        }
        gnu::Stop::Value(message) => {
            let shown = match compat {
                Compat::Exact => go::format_without_arguments(&message),
                Compat::Mended => message.clone(),
            };
            (message, format!("{shown}\n{usage}"))
        }
    };
    let stdout = match compat {
        Compat::Exact => format!("{message}\n"),
        Compat::Mended => String::new(),
    };
    Outcome { stdout, stderr, code: 2 }
}

fn set(calculator: &mut Calculator, name: &str, value: &str) -> Result<(), String> {
    let integer = || go::parse_int("ParseInt", value).map_err(|error| error.to_string());
    let result = match name {
        "head-room" => integer().map(|value| calculator.head_room = value),
        "jvm-options" => calculator.options.add(value),
        "loaded-class-count" => integer().map(|value| calculator.classes = value),
        "thread-count" => integer().map(|value| calculator.threads = value),
        _ => total(value).map(|value| calculator.total = value),
    };
    result.map_err(|cause| format!("invalid argument {} for \"--{name}\" flag: {cause}", go::quote(value)))
}

fn total(text: &str) -> Result<i64, String> {
    let text = text.trim();
    size::parse_digits(text, "bkmgt").map_err(|error| match error {
        DigitsError::Pattern => {
            format!("memory size does not match pattern '^([\\d]+)([bkmgtBKMGT]?)$': {text}")
        }
        DigitsError::TooLarge(digits) => too_large(digits),
    })
}

fn too_large(digits: &str) -> String {
    format!("memory size is not an integer: {digits}")
}

fn validate(calculator: &Calculator) -> Vec<String> {
    let mut faults = Vec::new();
    if !(0..=100).contains(&calculator.head_room) {
        faults.push(format!("--head-room must be a valid percentage: {}", calculator.head_room));
    }
    for (name, value) in [
        ("loaded-class-count", calculator.classes),
        ("thread-count", calculator.threads),
        ("total-memory", calculator.total),
    ] {
        match value {
            0 => faults.push(format!("--{name} must be specified")),
            ..0 => faults.push(format!("--{name} must be positive: {value}")),
            _ if name == "total-memory" && value < LEAST_TOTAL => {
                faults.push(format!("--{name} must be greater than {LEAST_TOTAL}: {value}"));
            }
            _ => {}
        }
    }
    faults
}
