//! Doubts about a configuration that was balanced.

use super::balance::{Buckets, Configuration, round, share, total_weight};
use super::print;
use crate::v3::scale;

/// More spare native memory than this times the default is doubted.
const NATIVE_FACTOR: f64 = 3.0;
/// Less than this part of the total in use is doubted.
const TOTAL_FACTOR: f64 = 0.8;
/// A fixed size this close to the computed one is doubted.
const CLOSE_FACTOR: f64 = 0.1;

/// All doubts; the stack counts with all threads together.
pub(super) fn of(buckets: &Buckets, configuration: &Configuration) -> Vec<String> {
    let total = configuration.total;
    let weight = total_weight(buckets);
    let mut warnings = Vec::new();
    if let Some(native) = buckets.get("native")
        && native.range.lower == 0
        && round(NATIVE_FACTOR * share(native, total, weight)) < native.size
    {
        warnings.push(format!(
            "There is more than {NATIVE_FACTOR} times more spare native memory than the default so configured Java \
             memory may be too small or available memory may be too large"
        ));
    }
    let sum = buckets.values().fold(0i64, |sum, bucket| sum.wrapping_add(bucket.size));
    if sum < scale(total, TOTAL_FACTOR) {
        warnings.push(format!(
            "The allocated Java memory sizes total {} which is less than {TOTAL_FACTOR} of the available memory, so \
             configured Java memory sizes may be too small or available memory may be too large",
            print(sum)
        ));
    }
    for (name, bucket) in buckets {
        if name == "stack" || !configuration.ranges.contains_key(name) || !bucket.range.is_single() {
            continue;
        }
        let default = share(bucket, total, weight);
        let size = crate::go::float(bucket.size);
        // A default that is not above zero (or not a number) counts as hit exactly.
        let distance = if default > 0.0 { ((size - default) / default).abs() } else { 0.0 };
        if distance < CLOSE_FACTOR {
            warnings.push(format!(
                "The specified value {} for memory type {name} is close to the computed value {}. Consider taking the \
                 default.",
                print(bucket.size),
                print(round(default))
            ));
        }
    }
    warnings
}
