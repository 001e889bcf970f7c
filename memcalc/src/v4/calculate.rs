//! The calculation.

use super::Options;
use crate::libjvm::{
    CODE_CACHE, CODE_CACHE_SWITCH, DIRECT, DIRECT_SWITCH, HEAP_SWITCH, METASPACE_SWITCH, STACK, STACK_SWITCH,
    metaspace_estimate,
};
use crate::{go, size};
use std::fmt;

/// What the calculation depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calculator {
    /// Percent of the total left unallocated.
    pub head_room: i64,
    /// Regions the user fixed.
    pub options: Options,
    /// Classes that will be loaded.
    pub classes: i64,
    /// User threads.
    pub threads: i64,
    /// Total memory in bytes.
    pub total: i64,
}

/// The total does not suffice. `Display` is the original's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insufficient {
    /// Bytes required.
    pub required: i64,
    /// Bytes available.
    pub available: i64,
    regions: Vec<String>,
    threads: i64,
}

impl fmt::Display for Insufficient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "required memory {} is greater than {} available for allocation: {} x {} threads",
            size::print(self.required),
            size::print(self.available),
            self.regions.join(", "),
            self.threads
        )
    }
}

impl std::error::Error for Insufficient {}

impl Calculator {
    /// Sizes the regions the user did not fix and gives their switches, in the original's order.
    ///
    /// # Errors
    /// [`Insufficient`] when everything together exceeds the total.
    pub fn calculate(&self) -> Result<Vec<String>, Insufficient> {
        let options = &self.options;
        let direct = options.direct.unwrap_or(DIRECT);
        let metaspace = options.metaspace.unwrap_or_else(|| metaspace_estimate(self.classes));
        let code_cache = options.code_cache.unwrap_or(CODE_CACHE);
        let stack = options.stack.unwrap_or(STACK);

        let overhead = self
            .head_room_bytes()
            .wrapping_add(direct)
            .wrapping_add(metaspace)
            .wrapping_add(code_cache)
            .wrapping_add(stack.wrapping_mul(self.threads));
        let switch = |name: &str, bytes| format!("{name}{}", size::print(bytes));
        let insufficient = |required, heap: Option<i64>| {
            let mut regions = vec![switch(DIRECT_SWITCH, direct)];
            regions.extend(heap.map(|heap| switch(HEAP_SWITCH, heap)));
            regions.push(switch(METASPACE_SWITCH, metaspace));
            regions.push(switch(CODE_CACHE_SWITCH, code_cache));
            regions.push(switch(STACK_SWITCH, stack));
            Insufficient { required, available: self.total, regions, threads: self.threads }
        };
        if overhead > self.total {
            return Err(insufficient(overhead, None));
        }
        let heap = options.heap.unwrap_or_else(|| self.total.wrapping_sub(overhead));
        let all = overhead.wrapping_add(heap);
        if all > self.total {
            return Err(insufficient(all, Some(heap)));
        }
        let regions = [
            (DIRECT_SWITCH, options.direct, direct),
            (METASPACE_SWITCH, options.metaspace, metaspace),
            (CODE_CACHE_SWITCH, options.code_cache, code_cache),
            (STACK_SWITCH, options.stack, stack),
            (HEAP_SWITCH, options.heap, heap),
        ];
        Ok(regions
            .into_iter()
            .filter(|(_, user, _)| user.is_none())
            .map(|(name, _, bytes)| switch(name, bytes))
            .collect())
    }

    fn head_room_bytes(&self) -> i64 {
        go::trunc(go::float(self.total) * (go::float(self.head_room) / 100.0))
    }
}
