//! What would have to change for the memory to suffice.

use super::plan::{self, HEAP_LEAST};
use crate::libjvm::{CODE_CACHE, Numbers, Request};
use crate::size::{self, MEBI};

/// A code cache smaller than this is not advised.
const CODE_CACHE_LEAST: i64 = 16 * MEBI;
/// Limits above this many MiB (64 TiB) are not advised.
const LARGEST_LIMIT: i64 = 64 << 20;

/// Values with which the calculation succeeds, each taken alone. `None` where no value of that input helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Most threads.
    pub threads: Option<i64>,
    /// Most loaded classes.
    pub classes: Option<i64>,
    /// Largest code cache in bytes, a whole MiB, where smaller ones are not tried anyway.
    pub code_cache: Option<i64>,
    /// Least limit in bytes, a whole MiB.
    pub limit: Option<i64>,
    numbers: Numbers,
    code_cache_now: i64,
    adapts: bool,
}

impl Advice {
    /// Looks for values with which [`super::plan()`] succeeds.
    pub fn fitted(request: &Request, numbers: &Numbers) -> Self {
        // Smaller code caches are tried anyway, unless the user fixed its size.
        Self::search(request, numbers, request.code_cache, |request, numbers| plan::plan(request, numbers).is_ok())
            .adapting(true)
    }

    /// Looks for values with which the original's calculation succeeds.
    pub fn original(request: &Request, numbers: &Numbers) -> Self {
        let code_cache = Some(request.code_cache.unwrap_or(CODE_CACHE));
        Self::search(request, numbers, code_cache, |request, numbers| request.calculate(numbers).is_ok())
            .adapting(false)
    }

    fn search(
        request: &Request,
        numbers: &Numbers,
        code_cache: Option<i64>,
        fits: impl Fn(&Request, &Numbers) -> bool,
    ) -> Self {
        let mebi = |count: i64| count.saturating_mul(MEBI);
        Self {
            threads: most(numbers.threads, |threads| fits(request, &Numbers { threads, ..*numbers })),
            classes: most(numbers.classes, |classes| fits(request, &Numbers { classes, ..*numbers }))
                .filter(|_| request.metaspace.is_none()),
            code_cache: code_cache
                .and_then(|now| {
                    most(now / MEBI, |count| fits(&Request { code_cache: Some(mebi(count)), ..*request }, numbers))
                })
                .map(mebi)
                .filter(|bytes| *bytes >= CODE_CACHE_LEAST),
            limit: least((numbers.total / MEBI).saturating_add(1), LARGEST_LIMIT, |count| {
                fits(request, &Numbers { total: mebi(count), ..*numbers })
            })
            .map(mebi),
            numbers: *numbers,
            code_cache_now: code_cache.unwrap_or(CODE_CACHE),
            adapts: false,
        }
    }

    fn adapting(self, adapts: bool) -> Self {
        Self { adapts, ..self }
    }

    /// The advice in words, least harm first.
    pub fn lines(&self) -> Vec<String> {
        let Numbers { total, threads, classes, .. } = self.numbers;
        let choices: Vec<String> = [
            self.threads.map(|most| format!("  threads: BPL_JVM_THREAD_COUNT={most} (now {threads})")),
            self.classes.map(|most| format!("  classes: BPL_JVM_LOADED_CLASS_COUNT={most} (now {classes})")),
            self.code_cache.map(|bytes| {
                let (bytes, now) = (size::print(bytes), size::print(self.code_cache_now));
                format!("  code cache: -XX:ReservedCodeCacheSize={bytes} (now {now})")
            }),
            self.limit.map(|bytes| {
                format!("  limit: a memory limit of at least {} (now {})", size::print(bytes), size::print(total))
            }),
        ]
        .into_iter()
        .flatten()
        .collect();
        if choices.is_empty() {
            let text =
                "No limit, thread count or class count would do; the options in JAVA_TOOL_OPTIONS ask for too much";
            return vec![text.to_owned()];
        }
        let mut lines = vec![if self.adapts {
            let least = size::print(HEAP_LEAST);
            format!("Even with smaller reserves less than {least} of heap would be left. Any one of these would do:")
        } else {
            "Any one of these would do:".to_owned()
        }];
        lines.extend(choices);
        lines
    }
}

/// Least limit in bytes, a whole MiB, at which nothing is adapted any more. `None` if there is none.
pub fn unadapted_limit(request: &Request, numbers: &Numbers) -> Option<i64> {
    least(0, LARGEST_LIMIT, |count| {
        let numbers = Numbers { total: count.saturating_mul(MEBI), ..*numbers };
        plan::plan(request, &numbers).is_ok_and(|plan| plan.adapted.is_empty())
    })
    .map(|count| count.saturating_mul(MEBI))
}

/// Least value from `from` to `to` that satisfies a monotone condition.
fn least(from: i64, to: i64, holds: impl Fn(i64) -> bool) -> Option<i64> {
    let (mut low, mut high) = (from.max(0), to);
    if low > high || !holds(high) {
        return None;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

/// Most value below `now`, at least 1, that satisfies a condition holding for small values.
fn most(now: i64, holds: impl Fn(i64) -> bool) -> Option<i64> {
    least(1, now.saturating_sub(1), |less| holds(now.saturating_sub(less))).map(|less| now.saturating_sub(less))
}
