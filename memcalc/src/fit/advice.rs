//! What would have to change for the memory to suffice.

use super::plan::{self, CODE_CACHE_LEAST, HEAP_LEAST};
use crate::libjvm::{Numbers, Request};
use crate::size;

/// Values with which the calculation succeeds, each taken alone. `None` where no value of that input helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Least limit in bytes, a whole MiB.
    pub limit: Option<i64>,
    /// Most threads.
    pub threads: Option<i64>,
    /// Most loaded classes.
    pub classes: Option<i64>,
    /// Largest code cache, where the user fixed one; bytes, a whole MiB.
    pub code_cache: Option<i64>,
    numbers: Numbers,
    user_code_cache: Option<i64>,
}

impl Advice {
    /// Looks for values with which [`super::plan()`] succeeds.
    pub fn new(request: &Request, numbers: &Numbers) -> Self {
        let fits = |request: &Request, numbers: Numbers| plan::plan(request, &numbers).is_ok();
        let limit = least(numbers.total / size::MEBI + 1, 64 << 20, |mebi| {
            fits(request, Numbers { total: mebi.saturating_mul(size::MEBI), ..*numbers })
        });
        let threads = most(numbers.threads, |threads| fits(request, Numbers { threads, ..*numbers }));
        let classes = if request.metaspace.is_some() {
            None
        } else {
            most(numbers.classes, |classes| fits(request, Numbers { classes, ..*numbers }))
        };
        let code_cache = request.code_cache.and_then(|user| {
            most(user / size::MEBI, |mebi| {
                fits(&Request { code_cache: Some(mebi.saturating_mul(size::MEBI)), ..*request }, *numbers)
            })
        });
        Self {
            limit: limit.map(|mebi| mebi.saturating_mul(size::MEBI)),
            threads,
            classes,
            code_cache: code_cache
                .map(|mebi| mebi.saturating_mul(size::MEBI))
                .filter(|bytes| *bytes >= CODE_CACHE_LEAST / 2),
            numbers: *numbers,
            user_code_cache: request.code_cache,
        }
    }

    /// The advice in words, least harm first.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "the heap would get less than {}, even with smaller reserves; any one of these would do:",
            size::print(HEAP_LEAST)
        )];
        if let Some(threads) = self.threads {
            lines.push(format!("  threads: BPL_JVM_THREAD_COUNT={threads} (now {})", self.numbers.threads));
        }
        if let Some(classes) = self.classes {
            lines.push(format!("  classes: BPL_JVM_LOADED_CLASS_COUNT={classes} (now {})", self.numbers.classes));
        }
        if let (Some(bytes), Some(user)) = (self.code_cache, self.user_code_cache) {
            lines.push(format!(
                "  code cache: -XX:ReservedCodeCacheSize={} (now {})",
                size::print(bytes),
                size::print(user)
            ));
        }
        if let Some(limit) = self.limit {
            lines.push(format!(
                "  limit: a memory limit of at least {} (now {})",
                size::print(limit),
                size::print(self.numbers.total)
            ));
        }
        if lines.len() == 1 {
            return vec![
                "no limit, thread count or class count would do; the options in JAVA_TOOL_OPTIONS ask for too much"
                    .to_owned(),
            ];
        }
        lines
    }
}

/// Least value from `from` to `to` that satisfies a monotone condition.
fn least(from: i64, to: i64, holds: impl Fn(i64) -> bool) -> Option<i64> {
    let (mut low, mut high) = (from.max(0), to);
    if low > high || !holds(high) {
        return None;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    Some(low)
}

/// Most value below `now`, at least 1, that satisfies a condition holding for small values.
fn most(now: i64, holds: impl Fn(i64) -> bool) -> Option<i64> {
    least(1, now.saturating_sub(1), |value| holds(now.saturating_sub(value)))
        .map(|distance| now.saturating_sub(distance))
        .filter(|value| *value >= 1)
}
