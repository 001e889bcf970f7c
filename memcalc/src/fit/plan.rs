//! The steps of adaptation.

use crate::libjvm::{Numbers, Origin, RegionError, Regions, Request, metaspace_estimate};
use crate::size;

/// Bytes each thread's stack is counted with once adapted (measured: about 110K committed).
const STACK_COUNTED: i64 = 256 * size::KIBI;
/// Code cache of the second step.
const CODE_CACHE: i64 = 64 * size::MEBI;
/// Code cache of the last step (measured: 15M to 54M used without a limit, 24M to 27M with this one).
const CODE_CACHE_LEAST: i64 = 40 * size::MEBI;
/// Stack of the last step.
const STACK_LEAST: i64 = 512 * size::KIBI;
/// A heap smaller than this is refused.
pub(super) const HEAP_LEAST: i64 = 32 * size::MEBI;
/// The original's result stands while its heap has this part of the total.
const GOOD_ENOUGH: i64 = 8;
/// Adapting ends when the heap has this part of the total.
const TARGET: i64 = 4;

/// Regions, and what was adapted to get them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Every region.
    pub regions: Regions,
    /// What differs from the original's calculation, in words, in the order it was done.
    pub adapted: Vec<String>,
}

/// Sizes all regions, adapting where the original's figures do not fit.
///
/// # Errors
/// The original's [`RegionError`] when even the adapted figures leave too little.
pub fn plan(request: &Request, numbers: &Numbers) -> Result<Plan, RegionError> {
    let original = request.calculate(numbers);
    let regions = match &original {
        Ok(regions) => *regions,
        Err(error) => *error.regions,
    };
    let mut draft = Draft { regions, numbers, adapted: Vec::new() };
    let as_it_is = |regions| Plan { regions, adapted: Vec::new() };
    if let Ok(regions) = original
        && draft.reaches(GOOD_ENOUGH)
    {
        return Ok(as_it_is(regions));
    }
    for step in [Draft::count_stacks, Draft::shrink_code_cache, Draft::shrink_metaspace, Draft::shrink_rest] {
        step(&mut draft);
        if draft.reaches(TARGET) {
            break;
        }
    }
    match original {
        // Never worse than the original, whatever overflowed.
        Ok(regions) if draft.left() < i128::from(regions.heap.bytes) => Ok(as_it_is(regions)),
        Ok(regions) => Ok(draft.finish().unwrap_or_else(|| as_it_is(regions))),
        Err(error) if !draft.reaches_least() => Err(error),
        Err(error) => draft.finish().ok_or(error),
    }
}

struct Draft<'a> {
    regions: Regions,
    numbers: &'a Numbers,
    adapted: Vec<String>,
}

impl Draft<'_> {
    /// What is left when all but the heap is paid for. Wide numbers: what overflows must not look as if it fitted.
    fn left(&self) -> i128 {
        let regions = &self.regions;
        i128::from(self.numbers.total)
            - i128::from(regions.head_room)
            - i128::from(regions.direct.bytes)
            - i128::from(regions.metaspace.bytes)
            - i128::from(regions.code_cache.bytes)
            - i128::from(regions.stack_counted) * i128::from(self.numbers.threads)
    }

    /// Bytes the heap must have: the user's, or the given part of the total.
    fn wanted(&self, part: i64) -> i128 {
        let heap = self.regions.heap;
        if heap.origin == Origin::User { i128::from(heap.bytes) } else { i128::from(self.numbers.total / part) }
    }

    fn reaches(&self, part: i64) -> bool {
        self.left() >= self.wanted(part)
    }

    fn reaches_least(&self) -> bool {
        let heap = self.regions.heap;
        let least = if heap.origin == Origin::User { heap.bytes } else { HEAP_LEAST };
        self.left() >= i128::from(least)
    }

    fn count_stacks(&mut self) {
        if self.regions.stack.bytes > STACK_COUNTED {
            self.regions.stack_counted = STACK_COUNTED;
            self.adapted.push(format!("stacks counted at {}", size::print(STACK_COUNTED)));
        }
    }

    fn shrink_code_cache(&mut self) {
        self.code_cache_to(CODE_CACHE);
    }

    fn code_cache_to(&mut self, bytes: i64) {
        let region = &mut self.regions.code_cache;
        if region.origin == Origin::User || region.bytes <= bytes {
            return;
        }
        // One change in words, even if it is made in two steps.
        self.adapted.retain(|text| !text.starts_with("code cache"));
        self.adapted.push(format!("code cache {} to {}", size::print(crate::libjvm::CODE_CACHE), size::print(bytes)));
        region.bytes = bytes;
        region.origin = Origin::Calculated;
    }

    fn shrink_metaspace(&mut self) {
        let region = self.regions.metaspace;
        let missing = self.wanted(TARGET) - self.left();
        if region.origin == Origin::User || region.bytes <= 0 || missing <= 0 {
            return;
        }
        let least = least_metaspace(self.numbers.classes);
        let bytes = i64::try_from(i128::from(region.bytes) - missing).unwrap_or(least).max(least);
        // Whole KiB, as printed.
        let bytes = bytes / size::KIBI * size::KIBI;
        if bytes >= least / size::KIBI * size::KIBI && bytes < region.bytes {
            self.adapted.push(format!("metaspace {} to {}", size::print(region.bytes), size::print(bytes)));
            self.regions.metaspace.bytes = bytes;
        }
    }

    fn shrink_rest(&mut self) {
        self.code_cache_to(CODE_CACHE_LEAST);
        let region = &mut self.regions.stack;
        if region.origin != Origin::User && region.bytes > STACK_LEAST {
            region.bytes = STACK_LEAST;
            region.origin = Origin::Calculated;
            self.adapted.push(format!("-Xss{}", size::print(STACK_LEAST)));
        }
    }

    /// Gives the heap what is left. `None` if that is more than a number holds, because sizes overflowed.
    fn finish(mut self) -> Option<Plan> {
        let left = i64::try_from(self.left()).ok()?;
        if self.regions.heap.origin != Origin::User {
            self.regions.heap.bytes = left;
        }
        Some(Plan { regions: self.regions, adapted: self.adapted })
    }
}

/// Least metaspace for so many classes: half of the estimate.
fn least_metaspace(classes: i64) -> i64 {
    metaspace_estimate(classes) / 2
}
