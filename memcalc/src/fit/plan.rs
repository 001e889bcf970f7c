//! The steps of adaptation.

use crate::libjvm::{Numbers, Origin, Region, RegionError, Regions, Request, metaspace_estimate};
use crate::size;

/// Least bytes each thread's stack is counted with (measured: about 110K committed).
const STACK_COUNTED: i64 = 256 * size::KIBI;
/// Least code cache of the second step.
const CODE_CACHE: i64 = 64 * size::MEBI;
/// Least code cache of the last step (measured: 15M to 54M used without a limit, 24M to 27M with this one).
const CODE_CACHE_LEAST: i64 = 40 * size::MEBI;
/// Stack of the last step.
const STACK_LEAST: i64 = 512 * size::KIBI;
/// A heap smaller than this is refused.
pub(super) const HEAP_LEAST: i64 = 32 * size::MEBI;
/// The heap is to have this part of what the head room leaves.
const HEAP_PART: i128 = 4;

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
    let before = match &original {
        Ok(regions) => *regions,
        Err(error) => *error.regions,
    };
    let mut draft = Draft { regions: before, numbers };
    draft.count_stacks();
    draft.shrink_code_cache(CODE_CACHE);
    draft.shrink_metaspace();
    draft.shrink_rest();
    if draft.regions == before {
        return original.map(|regions| Plan { regions, adapted: Vec::new() });
    }
    let heap = draft.heap();
    match original {
        // Never worse than the original, whatever overflowed.
        Ok(regions) if heap < i128::from(regions.heap.bytes) => Ok(Plan { regions, adapted: Vec::new() }),
        Err(error) if heap < draft.least_heap() => Err(error),
        original => match i64::try_from(heap) {
            Ok(heap) => {
                draft.regions.heap.bytes = heap;
                Ok(Plan { adapted: changes(&before, &draft.regions), regions: draft.regions })
            }
            Err(_) => original.map(|regions| Plan { regions, adapted: Vec::new() }),
        },
    }
}

/// Regions on the way from the original's to smaller ones. A step does as much as is missing when it begins and not
/// more, and each begins where the one before can do no more: so no region shrinks when the limit grows.
///
/// Wide numbers throughout: what overflows must not look as if it fitted.
struct Draft<'a> {
    regions: Regions,
    numbers: &'a Numbers,
}

impl Draft<'_> {
    /// What the head room leaves.
    fn usable(&self) -> i128 {
        i128::from(self.numbers.total) - i128::from(self.regions.head_room)
    }

    /// What is left when all but the heap is paid for.
    fn left(&self) -> i128 {
        let regions = &self.regions;
        self.usable()
            - i128::from(regions.direct.bytes)
            - i128::from(regions.metaspace.bytes)
            - i128::from(regions.code_cache.bytes)
            - i128::from(regions.stack_counted) * i128::from(self.numbers.threads)
    }

    /// What the heap is to have: the user's, or its part.
    fn wanted(&self) -> i128 {
        let heap = self.regions.heap;
        if heap.origin == Origin::User { i128::from(heap.bytes) } else { self.usable().max(0) / HEAP_PART }
    }

    /// The heap the regions so far give. No more than wanted: the code cache shrinks in steps, and what is left over at
    /// one limit would be missing at the next.
    fn heap(&self) -> i128 {
        self.left().min(self.wanted())
    }

    /// The heap without which it is refused.
    fn least_heap(&self) -> i128 {
        let heap = self.regions.heap;
        i128::from(if heap.origin == Origin::User { heap.bytes } else { HEAP_LEAST })
    }

    fn missing(&self) -> i128 {
        self.wanted() - self.left()
    }

    fn count_stacks(&mut self) {
        let (missing, threads) = (self.missing(), i128::from(self.numbers.threads));
        if missing <= 0 || threads <= 0 || self.regions.stack_counted <= STACK_COUNTED {
            return;
        }
        let each = (missing + threads - 1) / threads;
        self.regions.stack_counted = less(self.regions.stack_counted, each, 1, STACK_COUNTED);
    }

    fn shrink_code_cache(&mut self, least: i64) {
        let missing = self.missing();
        let region = &mut self.regions.code_cache;
        if missing > 0 && region.origin != Origin::User {
            *region = Region::new(less(region.bytes, missing, size::MEBI, least), Origin::Calculated);
        }
    }

    fn shrink_metaspace(&mut self) {
        let missing = self.missing();
        let region = &mut self.regions.metaspace;
        // Half of the estimate, in whole KiB as printed.
        let least = (metaspace_estimate(self.numbers.classes) / 2 / size::KIBI + 1).saturating_mul(size::KIBI);
        if missing > 0 && region.origin != Origin::User && region.bytes > least {
            region.bytes = less(region.bytes, missing, size::KIBI, least);
        }
    }

    fn shrink_rest(&mut self) {
        if self.missing() <= 0 {
            return;
        }
        self.shrink_code_cache(CODE_CACHE_LEAST);
        let region = &mut self.regions.stack;
        if region.origin != Origin::User && region.bytes > STACK_LEAST {
            *region = Region::new(STACK_LEAST, Origin::Calculated);
        }
    }
}

/// So many bytes less, rounded down to a multiple of `unit`, but not below `least`.
fn less(bytes: i64, by: i128, unit: i64, least: i64) -> i64 {
    let wide = i128::from(bytes) - by;
    i64::try_from(wide - wide.rem_euclid(i128::from(unit))).unwrap_or(least).max(least)
}

/// What differs, in words.
fn changes(before: &Regions, after: &Regions) -> Vec<String> {
    let change = |before: i64, after: i64| format!("{} to {}", size::print(before), size::print(after));
    let mut words = Vec::new();
    if after.stack_counted < before.stack_counted {
        words.push(format!("stacks counted {} a thread", change(before.stack_counted, after.stack_counted)));
    }
    for (name, before, after) in [
        ("code cache", before.code_cache, after.code_cache),
        ("metaspace", before.metaspace, after.metaspace),
        ("-Xss", before.stack, after.stack),
    ] {
        if after.bytes < before.bytes {
            words.push(format!("{name} {}", change(before.bytes, after.bytes)));
        }
    }
    words
}
