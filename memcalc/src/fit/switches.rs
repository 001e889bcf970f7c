//! Switches that are no sizes.

use super::options::Options;
use super::plan::Plan;
use super::words;

/// What the JVM does when a region is full: it ends with a message, and the platform starts it anew. Threads that go on
/// without what they could not get are worse.
const EXIT: &str = "-XX:+ExitOnOutOfMemoryError";
/// The collector with the least memory of its own.
const SERIAL: &str = "-XX:+UseSerialGC";
/// Level 1 of the tiers is C1 without profiling.
const QUICK_ONLY: &str = "-XX:TieredStopAtLevel=1";

/// Whoever says one of these has chosen what happens at the end.
const ENDINGS: [&str; 4] = [
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-ExitOnOutOfMemoryError",
    "-XX:+CrashOnOutOfMemoryError",
    "-XX:OnOutOfMemoryError=",
];

/// The switches of a plan that are no sizes, but for what the user's `options` decide.
pub fn more(plan: &Plan, options: &str) -> Vec<String> {
    let words = words::split(options);
    let Options { collector, optimises, .. } = Options::read(options);
    let ends = words.iter().any(|word| ENDINGS.iter().any(|ending| word.starts_with(ending)));
    let mut more = Vec::new();
    if plan.serial && collector.is_none() && !words.iter().any(|word| word == "-XX:-UseSerialGC") {
        more.push(SERIAL.to_owned());
    }
    if plan.quick_compiler_only && optimises.is_none() {
        more.push(QUICK_ONLY.to_owned());
    }
    if !ends {
        more.push(EXIT.to_owned());
    }
    more
}
