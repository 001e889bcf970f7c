//! java-buildpack-memory-calculator 2.0.2: weights and ranges.
//!
//! Each memory type has a weight and may have a range. The total is shared by weight; types whose share is outside
//! their range get the nearest limit, and the rest is shared again among the others.
//!
//! [`run`] is the program as a function of its arguments; [`Configuration`] the calculation alone. The original prints
//! switches and warnings in random order; here the order is fixed: initial sizes (heap, metaspace, permgen), then
//! maxima (heap, metaspace, permgen, stack), warnings and lists by name.

mod balance;
mod clauses;
mod initial;
mod range;
mod warnings;

pub use balance::{Balanced, Bucket, Configuration, Failure};
pub use range::{Range, RangeError};

use crate::flags::{Flag, Kind, single};
use crate::outcome::{Compat, Outcome};
use crate::size::{self, Largest};
use std::collections::BTreeMap;

const FLAGS: [Flag; 6] = [
    Flag { name: "help", kind: Kind::Bool, help: "prints what the program does, and its flags" },
    Flag {
        name: "memoryInitials",
        kind: Kind::Text,
        help: "initial size of each memory type as percentage of its maximum, such as 'heap:50%,metaspace:100%'",
    },
    Flag {
        name: "memorySizes",
        kind: Kind::Text,
        help: "range allowed for each memory type, such as 'heap:128m..1g,metaspace:64m..,stack:2m'",
    },
    Flag {
        name: "memoryWeights",
        kind: Kind::Text,
        help: "weight of each memory type, such as 'heap:65,metaspace:10,native:15,stack:10'",
    },
    Flag { name: "stackThreads", kind: Kind::Int, help: "number of threads; 0, the default, has it estimated" },
    Flag {
        name: "totMemory",
        kind: Kind::Text,
        help: "total memory available, an integer with unit: bytes (B), kilobytes (K), megabytes (M), gigabytes (G)",
    },
];

/// What the original prints where it is brought down: by initial sizes for a type that has no weight, or by limits that
/// overflow.
const PANIC: &str = "panic: runtime error: invalid memory address or nil pointer dereference\n\
    [signal SIGSEGV: segmentation violation]\n";

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
    let configuration = match configuration(&flags) {
        Ok(configuration) => configuration,
        Err(message) => return Outcome::failure(1, message),
    };
    match configuration.balance() {
        Ok(balanced) => finish(balanced, flags.text("memoryInitials"), compat),
        Err(Failure::Overflow(_)) if compat == Compat::Exact => Outcome::failure(2, PANIC),
        Err(failure) => Outcome::failure(1, failure.to_string()),
    }
}

/// Checks the flags in the original's order; the first fault counts.
fn configuration(flags: &single::Parsed<'_>) -> Result<Configuration, String> {
    let total = crate::v3::total_memory(flags.text("totMemory"))?;
    let threads = flags.int("stackThreads");
    if threads < 0 {
        return Err("Error in -stackThreads flag; value must be positive".to_owned());
    }
    let weights = clauses::weights(flags.text("memoryWeights"))?;
    let ranges = clauses::ranges(flags.text("memorySizes"))?;
    // Checked here, used after balancing.
    clauses::initials(flags.text("memoryInitials"))?;
    Ok(Configuration { total, threads, weights, ranges })
}

fn finish(balanced: Balanced, initials: &str, compat: Compat) -> Outcome {
    let initials = clauses::initials(initials).unwrap_or_default();
    let Balanced { mut sizes, mut warnings } = balanced;
    if let Err(name) = initial::add(&mut sizes, &initials, &mut warnings) {
        return match compat {
            Compat::Exact => Outcome::failure(2, PANIC),
            Compat::Mended => {
                Outcome::failure(1, format!("Initial value in -memoryInitials flag for '{name}', which has no weight"))
            }
        };
    }
    let mut stderr = warnings.join("\n");
    if !stderr.is_empty() {
        stderr.push('\n');
    }
    Outcome::success(switches(&sizes).join(" "), stderr)
}

/// Switches of the types that have one, in the fixed order.
fn switches(sizes: &BTreeMap<String, i64>) -> Vec<String> {
    const SWITCHES: [(&str, &str); 7] = [
        ("initial_heap", "-Xms"),
        ("initial_metaspace", "-XX:MetaspaceSize="),
        ("initial_permgen", "-XX:PermSize="),
        ("heap", "-Xmx"),
        ("metaspace", "-XX:MaxMetaspaceSize="),
        ("permgen", "-XX:MaxPermSize="),
        ("stack", "-Xss"),
    ];
    SWITCHES
        .iter()
        .filter_map(|(name, switch)| sizes.get(*name).map(|bytes| format!("{switch}{}", print(*bytes))))
        .collect()
}

pub(super) fn print(bytes: i64) -> String {
    size::print_up_to(bytes, Largest::G)
}

fn help(program: &str) -> Outcome {
    let stdout = "\njava-buildpack-memory-calculator\n\n\
        Calculates JVM memory switches from the total memory, and the weights and ranges of the memory types.\n\n"
        .to_owned();
    Outcome { stdout, stderr: single::usage(program, &FLAGS), code: 2 }
}
