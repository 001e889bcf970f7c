//! Switches that are no sizes.

use super::plan::Plan;
use crate::shellwords;

/// What the JVM does when a region is full: it ends with a message, and the platform starts it anew. Threads that go on
/// without what they could not get are worse.
const EXIT: &str = "-XX:+ExitOnOutOfMemoryError";
/// The collector with the least memory of its own.
const SERIAL: &str = "-XX:+UseSerialGC";
/// Level 1 of the tiers is C1 without profiling.
const QUICK_ONLY: &str = "-XX:TieredStopAtLevel=1";

/// What the user chose already, by how the words start or end.
const COLLECTORS: [&str; 7] =
    ["SerialGC", "G1GC", "ParallelGC", "ParallelOldGC", "ConcMarkSweepGC", "ZGC", "ShenandoahGC"];
const COMPILERS: [&str; 4] = ["-XX:TieredStopAtLevel=", "-XX:-TieredCompilation", "-XX:+TieredCompilation", "-Xint"];
const ENDINGS: [&str; 3] = ["-XX:+ExitOnOutOfMemoryError", "-XX:+CrashOnOutOfMemoryError", "-XX:OnOutOfMemoryError="];

/// The switches of a plan that are no sizes, but for what the user's `options` decide.
pub fn more(plan: &Plan, options: &str) -> Vec<String> {
    let words = shellwords::split(options).unwrap_or_default();
    let starts = |prefixes: &[&str]| words.iter().any(|word| prefixes.iter().any(|prefix| word.starts_with(prefix)));
    let collector = words.iter().any(|word| {
        let name = word.strip_prefix("-XX:+Use").or_else(|| word.strip_prefix("-XX:-Use"));
        name.is_some_and(|name| COLLECTORS.contains(&name) || name == "EpsilonGC")
    });
    let mut more = Vec::new();
    if plan.serial && !collector {
        more.push(SERIAL.to_owned());
    }
    if plan.quick_compiler_only && !starts(&COMPILERS) {
        more.push(QUICK_ONLY.to_owned());
    }
    if !starts(&ENDINGS) && !words.iter().any(|word| word == "-XX:-ExitOnOutOfMemoryError") {
        more.push(EXIT.to_owned());
    }
    more
}
