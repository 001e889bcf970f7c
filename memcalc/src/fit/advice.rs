//! What would have to change for the memory to suffice.

use std::fmt;

use super::facts::{Classes, Facts};
use super::plan::{self, Refusal};
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
    now: Numbers,
    code_cache_now: i64,
}

impl Advice {
    /// Looks for values with which [`super::plan()`] succeeds.
    pub fn fitted(request: &Request, facts: &Facts) -> Self {
        let fits = |request: &Request, facts: &Facts| plan::plan(request, facts).is_ok();
        let loaded = super::Needs::of(facts).classes.usual;
        let now = Numbers { total: facts.total, threads: facts.threads, classes: loaded, head_room: facts.head_room };
        Self {
            threads: most(facts.threads, |threads| fits(request, &Facts { threads, ..*facts }))
                .filter(|_| facts.profile.is_none()),
            classes: most(loaded, |count| fits(request, &Facts { classes: Classes::Loaded(count), ..*facts }))
                .filter(|_| facts.profile.is_none()),
            code_cache: request.code_cache.and_then(|bytes| {
                code_cache(bytes, |code_cache| fits(&Request { code_cache: Some(code_cache), ..*request }, facts))
            }),
            limit: limit(facts.total, |total| fits(request, &Facts { total, ..*facts })),
            now,
            code_cache_now: request.code_cache.unwrap_or_default(),
        }
    }

    /// Looks for values with which the original's calculation succeeds.
    pub fn original(request: &Request, numbers: &Numbers) -> Self {
        let fits = |request: &Request, numbers: &Numbers| request.calculate(numbers).is_ok();
        let code_cache_now = request.code_cache.unwrap_or(CODE_CACHE);
        Self {
            threads: most(numbers.threads, |threads| fits(request, &Numbers { threads, ..*numbers })),
            classes: most(numbers.classes, |classes| fits(request, &Numbers { classes, ..*numbers }))
                .filter(|_| request.metaspace.is_none()),
            code_cache: code_cache(code_cache_now, |bytes| {
                fits(&Request { code_cache: Some(bytes), ..*request }, numbers)
            }),
            limit: limit(numbers.total, |total| fits(request, &Numbers { total, ..*numbers })),
            now: *numbers,
            code_cache_now,
        }
    }

    /// Looks for numbers with which the program of a buildpack's generation succeeds.
    pub(crate) fn generation(fits: impl Fn(&Numbers) -> bool, numbers: &Numbers) -> Self {
        Self {
            threads: most(numbers.threads, |threads| fits(&Numbers { threads, ..*numbers })),
            classes: most(numbers.classes, |classes| fits(&Numbers { classes, ..*numbers })),
            code_cache: None,
            limit: limit(numbers.total, |total| fits(&Numbers { total, ..*numbers })),
            now: *numbers,
            code_cache_now: 0,
        }
    }

    /// The advice in words.
    pub fn lines(&self) -> Vec<String> {
        let Numbers { total, threads, classes, .. } = self.now;
        let choices: Vec<String> = [
            self.limit.map(|bytes| {
                format!("  limit: a memory limit of at least {} (now {})", size::print(bytes), size::print(total))
            }),
            self.threads.map(|most| format!("  threads: BPL_JVM_THREAD_COUNT={most} (now {threads})")),
            self.classes.map(|most| format!("  classes: BPL_JVM_LOADED_CLASS_COUNT={most} (now {classes})")),
            self.code_cache.map(|bytes| {
                let (bytes, now) = (size::print(bytes), size::print(self.code_cache_now));
                format!("  code cache: -XX:ReservedCodeCacheSize={bytes} (now {now})")
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
        std::iter::once("Any one of these would do:".to_owned()).chain(choices).collect()
    }
}

/// Least limit in bytes, a whole MiB, at which nothing does with less than it should have. `None` if there is none.
pub fn unadapted_limit(request: &Request, facts: &Facts) -> Option<i64> {
    let enough = |total| plan::plan(request, &Facts { total, ..*facts }).is_ok_and(|plan| plan.adapted.is_empty());
    limit(facts.total, enough)
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { required, usable, least } = self;
        let size = |bytes: i64| size::print(bytes);
        write!(
            f,
            "the least that is known to work is {} and there are {}: heap {}, metaspace {}, code cache {}, direct \
             memory {}, stacks {}, the JVM itself {}, files {}",
            size(*required),
            size(*usable),
            size(least.heap),
            size(least.metaspace),
            size(least.code),
            size(least.direct),
            size(least.stacks),
            size(least.native + least.collector),
            size(least.files)
        )
    }
}

/// Largest code cache below `now`, a whole MiB.
fn code_cache(now: i64, fits: impl Fn(i64) -> bool) -> Option<i64> {
    most(now / MEBI, |count| fits(count.saturating_mul(MEBI)))
        .map(|count| count.saturating_mul(MEBI))
        .filter(|bytes| *bytes >= CODE_CACHE_LEAST)
}

/// Least limit above `now`, a whole MiB.
fn limit(now: i64, fits: impl Fn(i64) -> bool) -> Option<i64> {
    least((now / MEBI).saturating_add(1), LARGEST_LIMIT, |count| fits(count.saturating_mul(MEBI)))
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
