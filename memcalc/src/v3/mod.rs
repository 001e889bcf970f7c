//! java-buildpack-memory-calculator 3.13.0: class count, single-dash flags.
//!
//! [`run`] is the program as a function of its arguments; [`Calculator`] the calculation alone.

mod calculate;
mod options;

pub(crate) use calculate::scale;
pub use calculate::{Calculator, Failure, Pool};
pub use options::{Kind as Region, Options};

use crate::flags::{Flag, Kind, single};
use crate::outcome::{Compat, Outcome};
use crate::{go, size};

const FLAGS: [Flag; 7] = [
    Flag {
        name: "headRoom",
        kind: Kind::Float,
        help: "percentage of the total memory to leave unallocated, for what the JVM needs besides",
    },
    Flag { name: "help", kind: Kind::Bool, help: "prints what the program does, and its flags" },
    Flag {
        name: "loadedClasses",
        kind: Kind::Int,
        help: "estimated number of classes that will be loaded when the application runs",
    },
    Flag {
        name: "poolType",
        kind: Kind::Text,
        help: "pool for class metadata: 'permgen' for Java 7, 'metaspace' for Java 8 and later",
    },
    Flag { name: "stackThreads", kind: Kind::Int, help: "number of threads" },
    Flag {
        name: "totMemory",
        kind: Kind::Text,
        help: "total memory available, an integer with unit: bytes (B), kilobytes (K), megabytes (M), gigabytes (G)",
    },
    Flag { name: "vmOptions", kind: Kind::Text, help: "JVM options of the user, typically JAVA_OPTS" },
];

/// Runs the program: `program` is its name as invoked, `args` what follows.
pub fn run(program: &str, args: &[String], compat: Compat) -> Outcome {
    let flags = match single::parse(&FLAGS, args) {
        Ok(flags) => flags,
        Err(single::Stop::Help) => return Outcome { stderr: single::usage(program, &FLAGS), ..Outcome::default() },
        Err(single::Stop::Error(message)) => {
            return Outcome::failure(2, format!("{message}\n{}", single::usage(program, &FLAGS)));
        }
    };
    if args.is_empty() || flags.bool("help") {
        return help(program);
    }
    if let Some(extra) = flags.rest.first() {
        return Outcome::failure(1, format!("unexpected argument: {extra}\n"));
    }
    let calculator = match validate(&flags) {
        Ok(calculator) => calculator,
        Err(message) => return Outcome::failure(1, message),
    };
    match switches(&calculator, flags.text("vmOptions"), compat) {
        Ok(switches) => Outcome::success(switches.join(" "), String::new()),
        Err(message) => Outcome::failure(1, format!("{message}\n")),
    }
}

fn switches(calculator: &Calculator, options: &str, compat: Compat) -> Result<Vec<String>, String> {
    let options = Options::parse(options).map_err(|error| format!("Problem with vmOptions: {error}"))?;
    calculator
        .calculate(&options, compat)
        .map_err(|error| format!("Cannot calculate JVM memory configuration: {error}"))
}

fn help(program: &str) -> Outcome {
    let stdout = "\njava-buildpack-memory-calculator\n\n\
        Calculates JVM memory switches from the total memory, the number of classes that will be loaded, the number of \
        threads, and the user's JVM options. Switches the user gives are not calculated.\n\n"
        .to_owned();
    Outcome { stdout, stderr: single::usage(program, &FLAGS), code: 2 }
}

/// Checks the flags in the original's order; the first fault counts.
fn validate(flags: &single::Parsed<'_>) -> Result<Calculator, String> {
    let total = total_memory(flags.text("totMemory"))?;
    let threads = positive("stackThreads", flags.int("stackThreads"))?;
    let classes = positive("loadedClasses", flags.int("loadedClasses"))?;
    let pool = match flags.text("poolType") {
        "" => return Err("-poolType must be specified".to_owned()),
        "metaspace" => Pool::Metaspace,
        "permgen" => Pool::PermGen,
        _ => return Err("Error in -poolType flag: must be 'permgen' or 'metaspace'".to_owned()),
    };
    let head_room = flags.float("headRoom");
    #[expect(clippy::manual_range_contains, reason = "not-a-number passes, as in the original")]
    if head_room < 0.0 || head_room > 100.0 {
        let shown = match head_room {
            f64::INFINITY => "+Inf".to_owned(),
            f64::NEG_INFINITY => "-Inf".to_owned(),
            _ => format!("{head_room:.6}"),
        };
        return Err(format!("Head room (-headRoom) is not a valid percentage: {shown}"));
    }
    let total = go::trunc(go::float(total) * (100.0 - head_room) / 100.0);
    Ok(Calculator { total, threads, classes, pool })
}

/// Checks `-totMemory`; v2 does the same.
pub(crate) fn total_memory(text: &str) -> Result<i64, String> {
    if text.is_empty() {
        return Err("-totMemory must be specified".to_owned());
    }
    let total = size::parse_v2(text).map_err(|error| format!("Error in -totMemory flag: {error}"))?;
    if total < size::KIBI {
        return Err("Total memory (-totMemory flag) is less than 1K".to_owned());
    }
    Ok(total)
}

fn positive(name: &str, value: i64) -> Result<i64, String> {
    match value {
        0 => Err(format!("-{name} must be specified")),
        ..0 => Err(format!("Error in -{name} flag; value must be positive")),
        _ => Ok(value),
    }
}
