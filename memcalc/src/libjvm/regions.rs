//! Memory regions: what the user fixed, what is left to calculate, and whether it fits.

use super::Numbers;
use crate::{go, shellwords, size};
use std::fmt;

/// Bytes of metaspace a loaded class takes.
pub const CLASS_SIZE: i64 = 5_800;
/// Bytes of metaspace taken before any class of the application is loaded.
pub const CLASS_OVERHEAD: i64 = 14_000_000;
/// Direct memory when the user does not say.
pub const DIRECT: i64 = 10 * size::MEBI;
/// Code cache when the user does not say: the JVM's own default with tiered compilation.
pub const CODE_CACHE: i64 = 240 * size::MEBI;
/// Stack of a thread when the user does not say: the JVM's own default on 64-bit Linux.
pub const STACK: i64 = size::MEBI;

/// Where a region's size comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A fixed default.
    Default,
    /// The user's options; printed nowhere else.
    User,
    /// The calculation.
    Calculated,
}

/// A region's size and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Size in bytes; of one thread's stack for the stack.
    pub bytes: i64,
    /// Where the size comes from.
    pub origin: Origin,
}

impl Region {
    /// A region of the given size and origin.
    pub fn new(bytes: i64, origin: Origin) -> Self {
        Self { bytes, origin }
    }
}

/// The regions the user's options fix; `None` for those left to calculate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `-XX:MaxDirectMemorySize=`
    pub direct: Option<i64>,
    /// `-Xmx`
    pub heap: Option<i64>,
    /// `-XX:MaxMetaspaceSize=`
    pub metaspace: Option<i64>,
    /// `-XX:ReservedCodeCacheSize=`
    pub code_cache: Option<i64>,
    /// `-Xss`
    pub stack: Option<i64>,
}

/// Every region of a calculation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regions {
    /// Direct buffers.
    pub direct: Region,
    /// The heap.
    pub heap: Region,
    /// Class metadata.
    pub metaspace: Region,
    /// Compiled code.
    pub code_cache: Region,
    /// Stack of one thread.
    pub stack: Region,
    /// Bytes each thread's stack is counted with; the stack's size, unless adapted.
    pub stack_counted: i64,
    /// Bytes left unused.
    pub head_room: i64,
}

/// Switch prefixes with the region's name in messages, in the order the original tries them.
const OPTIONS: [(&str, &str); 5] = [
    (DIRECT_SWITCH, "direct memory"),
    (HEAP_SWITCH, "heap"),
    (METASPACE_SWITCH, "metaspace"),
    (CODE_CACHE_SWITCH, "reserved code cache"),
    (STACK_SWITCH, "stack"),
];
/// Switch of the direct memory's size.
pub const DIRECT_SWITCH: &str = "-XX:MaxDirectMemorySize=";
/// Switch of the heap's size.
pub const HEAP_SWITCH: &str = "-Xmx";
/// Switch of the metaspace's size.
pub const METASPACE_SWITCH: &str = "-XX:MaxMetaspaceSize=";
/// Switch of the code cache's size.
pub const CODE_CACHE_SWITCH: &str = "-XX:ReservedCodeCacheSize=";
/// Switch of the stack's size.
pub const STACK_SWITCH: &str = "-Xss";

impl Request {
    /// Picks the regions out of `JAVA_TOOL_OPTIONS`. The last occurrence of an option counts; what is not exactly such
    /// an option is ignored.
    ///
    /// # Errors
    /// The original's text, when quoting is unbalanced, a quoted option has blanks at its ends, or a size is too large.
    pub fn from_options(options: &str) -> Result<Self, String> {
        let words = shellwords::split(options).map_err(|error| format!("unable to parse flags\n{error}"))?;
        let mut request = Self::default();
        for word in &words {
            // Recognised when trimmed, yet parsed untrimmed.
            let Some((prefix, name)) = OPTIONS.iter().find(|(prefix, _)| recognised(word.trim(), prefix)) else {
                continue;
            };
            let bytes = option_size(word, prefix, name)?;
            let region = match *prefix {
                DIRECT_SWITCH => &mut request.direct,
                HEAP_SWITCH => &mut request.heap,
                METASPACE_SWITCH => &mut request.metaspace,
                CODE_CACHE_SWITCH => &mut request.code_cache,
                _ => &mut request.stack,
            };
            *region = Some(bytes);
        }
        Ok(request)
    }

    /// Sizes all regions; the original's calculation.
    ///
    /// # Errors
    /// [`RegionError`] when the total does not suffice.
    pub fn calculate(&self, numbers: &Numbers) -> Result<Regions, RegionError> {
        let or_default = |bytes: Option<i64>, default| {
            bytes.map_or(Region::new(default, Origin::Default), |bytes| Region::new(bytes, Origin::User))
        };
        let metaspace = self.metaspace.map_or_else(
            || Region::new(metaspace_estimate(numbers.classes), Origin::Calculated),
            |bytes| Region::new(bytes, Origin::User),
        );
        let stack = or_default(self.stack, STACK);
        let mut regions = Regions {
            direct: or_default(self.direct, DIRECT),
            heap: self.heap.map_or(Region::new(0, Origin::Calculated), |bytes| Region::new(bytes, Origin::User)),
            metaspace,
            code_cache: or_default(self.code_cache, CODE_CACHE),
            stack,
            stack_counted: stack.bytes,
            head_room: head_room(numbers),
        };
        let insufficient = |stage, required, regions| {
            Err(RegionError { stage, required, regions: Box::new(regions), numbers: *numbers })
        };
        let fixed = regions.fixed(numbers.threads);
        if fixed > numbers.total {
            return insufficient(Stage::Fixed, fixed, regions);
        }
        let non_heap = fixed.wrapping_add(regions.head_room);
        if non_heap > numbers.total {
            return insufficient(Stage::NonHeap, non_heap, regions);
        }
        if self.heap.is_none() {
            regions.heap.bytes = numbers.total.wrapping_sub(non_heap);
        }
        let all = non_heap.wrapping_add(regions.heap.bytes);
        if all > numbers.total {
            return insufficient(Stage::All, all, regions);
        }
        Ok(regions)
    }
}

/// Bytes of metaspace for so many loaded classes.
pub fn metaspace_estimate(classes: i64) -> i64 {
    CLASS_SIZE.wrapping_mul(classes).wrapping_add(CLASS_OVERHEAD)
}

/// Bytes left unused.
fn head_room(numbers: &Numbers) -> i64 {
    go::trunc((go::float(numbers.head_room) / 100.0) * go::float(numbers.total))
}

fn recognised(word: &str, prefix: &str) -> bool {
    word.strip_prefix(prefix)
        .is_some_and(|rest| !matches!(size::parse_digits(rest, "kmgt"), Err(size::DigitsError::Pattern)))
}

fn option_size(word: &str, prefix: &str, name: &str) -> Result<i64, String> {
    let mismatch =
        || format!("unable to parse {name}\n{word} does not match {name} pattern ^{prefix}(([\\d]+)([kmgtKMGT]?))$");
    let rest = word.strip_prefix(prefix).ok_or_else(mismatch)?;
    size::parse_digits(rest, "kmgt").map_err(|error| match error {
        size::DigitsError::Pattern => mismatch(),
        size::DigitsError::TooLarge(digits) => {
            format!("unable to parse {name}\nunable to parse {name} size\nmemory size \"{digits}\" is not an integer")
        }
    })
}

impl Regions {
    /// The regions that another program's switches give, but for those that the user fixed.
    pub(crate) fn of_switches(user: &Request, switches: &str, numbers: &Numbers) -> Self {
        let given = Request::from_options(switches).unwrap_or_default();
        let region = |fixed: Option<i64>, calculated: Option<i64>| match fixed {
            Some(bytes) => Region::new(bytes, Origin::User),
            None => Region::new(calculated.unwrap_or_default(), Origin::Calculated),
        };
        let stack = region(user.stack, given.stack);
        Self {
            direct: region(user.direct, given.direct),
            heap: region(user.heap, given.heap),
            metaspace: region(user.metaspace, given.metaspace),
            code_cache: region(user.code_cache, given.code_cache),
            stack,
            stack_counted: stack.bytes,
            head_room: head_room(numbers),
        }
    }

    /// Sum of all regions but heap and head room.
    pub fn fixed(&self, threads: i64) -> i64 {
        self.direct
            .bytes
            .wrapping_add(self.metaspace.bytes)
            .wrapping_add(self.code_cache.bytes)
            .wrapping_add(self.stack_counted.wrapping_mul(threads))
    }

    /// Sum of everything accounted for.
    pub fn sum(&self, threads: i64) -> i64 {
        self.fixed(threads).wrapping_add(self.head_room).wrapping_add(self.heap.bytes)
    }

    /// The switches the user did not give, in the original's order.
    pub fn calculated_switches(&self) -> Vec<String> {
        [
            (DIRECT_SWITCH, self.direct),
            (HEAP_SWITCH, self.heap),
            (METASPACE_SWITCH, self.metaspace),
            (CODE_CACHE_SWITCH, self.code_cache),
            (STACK_SWITCH, self.stack),
        ]
        .into_iter()
        .filter(|(_, region)| region.origin != Origin::User)
        .map(|(switch, region)| format!("{switch}{}", size::print(region.bytes)))
        .collect()
    }
}

/// Which sum exceeded the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Direct memory, metaspace, code cache, stacks.
    Fixed,
    /// Those and the head room.
    NonHeap,
    /// Those and the user's heap.
    All,
}

/// The total does not suffice. `Display` is the original's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionError {
    /// Which sum exceeded the total.
    pub stage: Stage,
    /// That sum in bytes.
    pub required: i64,
    /// The regions as far as calculated.
    pub regions: Box<Regions>,
    /// The numbers they were calculated from.
    pub numbers: Numbers,
}

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let regions = &self.regions;
        let what = match self.stage {
            Stage::Fixed => "fixed",
            Stage::NonHeap => "non-heap",
            Stage::All => "all",
        };
        write!(
            f,
            "{what} memory regions require {} which is greater than {} available for allocation: ",
            size::print(self.required),
            size::print(self.numbers.total)
        )?;
        if self.stage == Stage::All {
            write!(f, "{HEAP_SWITCH}{}, ", size::print(regions.heap.bytes))?;
        }
        if self.stage != Stage::Fixed {
            write!(f, "{} headroom, ", size::print(regions.head_room))?;
        }
        write!(
            f,
            "{DIRECT_SWITCH}{}, {METASPACE_SWITCH}{}, {CODE_CACHE_SWITCH}{}, {STACK_SWITCH}{} * {} threads",
            size::print(regions.direct.bytes),
            size::print(regions.metaspace.bytes),
            size::print(regions.code_cache.bytes),
            size::print(regions.stack.bytes),
            self.numbers.threads
        )
    }
}

impl std::error::Error for RegionError {}
