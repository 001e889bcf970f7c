//! Sharing the total among the memory types.

use super::{Range, print, warnings};
use crate::go;
use crate::size::MEBI;
use crate::v3::scale;
use std::collections::BTreeMap;
use std::fmt;

/// Stack of a thread where its range does not say: the JVM's default.
const DEFAULT_STACK: i64 = MEBI;
const STACK: &str = "stack";

/// What the calculation depends on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// Total memory in bytes.
    pub total: i64,
    /// Number of threads; 0 has it estimated.
    pub threads: i64,
    /// Weight of each memory type.
    pub weights: BTreeMap<String, f64>,
    /// Ranges given; types without one may have any size.
    pub ranges: BTreeMap<String, Range>,
}

/// The sizes found.
#[derive(Clone, Debug, PartialEq)]
pub struct Balanced {
    /// Bytes by type; of one thread for the stack.
    pub sizes: BTreeMap<String, i64>,
    /// Doubts about the configuration, in words.
    pub warnings: Vec<String>,
}

/// Why no sizes were found. `Display` is the original's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A type's name is blank; carries it.
    BlankName(String),
    /// The limits given exceed the total; carries the ranges as text.
    Exceeded(String),
    /// The stack's limits times the number of threads overflow, which brings the original down; carries the ranges as
    /// text.
    Overflow(String),
    /// A type would get less than 1K; carries the ranges as text and its name.
    Nothing(String, String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BALANCE: &str = "Cannot balance memory: Memory allocation failed for configuration:";
        match self {
            Self::BlankName(name) => write!(
                f,
                "Cannot allocate memory: allocator not created: memory type '{name}' cannot be allocated: \
                 Bucket name must not be blank."
            ),
            Self::Exceeded(ranges) | Self::Overflow(ranges) => {
                write!(f, "{BALANCE} [{ranges}], : memory exceeded")
            }
            Self::Nothing(ranges, name) => {
                write!(f, "{BALANCE} [{ranges}], : Cannot allocate memory to '{name}' type")
            }
        }
    }
}

impl std::error::Error for Failure {}

/// A memory type while it is balanced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Its weight.
    pub weight: f64,
    /// Its range; of all threads together for the stack.
    pub range: Range,
    /// Its size so far.
    pub size: i64,
}

pub(super) type Buckets = BTreeMap<String, Bucket>;

pub(super) fn total_weight(buckets: &Buckets) -> f64 {
    buckets.values().map(|bucket| bucket.weight).sum()
}

/// The bucket's part of `memory` by weight, not rounded.
pub(super) fn share(bucket: &Bucket, memory: i64, weight: f64) -> f64 {
    (go::float(memory) * bucket.weight) / weight
}

/// Rounds half up.
pub(super) fn round(value: f64) -> i64 {
    go::trunc((0.5 + value).floor())
}

impl Configuration {
    /// Finds sizes for all types.
    ///
    /// # Errors
    /// [`Failure`] when the limits do not fit the total, or a type gets nothing.
    pub fn balance(&self) -> Result<Balanced, Failure> {
        if let Some(name) = self.weights.keys().find(|name| name.trim().is_empty()) {
            return Err(Failure::BlankName(name.clone()));
        }
        let mut buckets: Buckets = self
            .weights
            .iter()
            .map(|(name, weight)| {
                let range = self.ranges.get(name).copied().unwrap_or(Range::ANY);
                (name.clone(), Bucket { weight: *weight, range, size: 0 })
            })
            .collect();
        let threads = self.combine_stacks(&mut buckets)?;
        self.distribute(&mut buckets)?;
        if let Some((name, _)) = buckets.iter().find(|(_, bucket)| print(bucket.size) == "0") {
            return Err(Failure::Nothing(self.ranges_text(), name.clone()));
        }
        let warnings = warnings::of(&buckets, self);
        if let (Some(threads), Some(stack)) = (threads, buckets.get_mut(STACK)) {
            stack.size = scale(stack.size, 1.0 / threads);
        }
        Ok(Balanced { sizes: buckets.into_iter().map(|(name, bucket)| (name, bucket.size)).collect(), warnings })
    }

    /// Makes the stack's bucket stand for the stacks of all threads; gives their number, which need not be whole.
    fn combine_stacks(&self, buckets: &mut Buckets) -> Result<Option<f64>, Failure> {
        let weight = total_weight(buckets);
        let Some(stack) = buckets.get_mut(STACK) else { return Ok(None) };
        let threads = if self.threads == 0 {
            let each = if stack.range.lower == 0 { DEFAULT_STACK } else { stack.range.lower };
            // NaN goes through, as in the original.
            let estimate = share(stack, self.total, weight) / go::float(each);
            if estimate < 1.0 { 1.0 } else { estimate }
        } else {
            go::float(self.threads)
        };
        stack.range = stack.range.scale(threads).ok_or_else(|| Failure::Overflow(self.ranges_text()))?;
        Ok(Some(threads))
    }

    /// Shares the total by weight; types outside their range get the nearest limit and leave the round.
    fn distribute(&self, buckets: &mut Buckets) -> Result<(), Failure> {
        let mut remaining: Vec<String> = buckets.keys().cloned().collect();
        let mut left = self.total;
        while !remaining.is_empty() {
            let weight: f64 = remaining.iter().filter_map(|name| buckets.get(name)).map(|bucket| bucket.weight).sum();
            let before = remaining.len();
            let mut used = 0i64;
            remaining.retain(|name| {
                let Some(bucket) = buckets.get_mut(name) else { return false };
                bucket.size = round(share(bucket, left, weight));
                let Some(limit) = bucket.range.constrain(bucket.size) else { return true };
                bucket.size = limit;
                used = used.wrapping_add(limit);
                false
            });
            left = left.wrapping_sub(used);
            if left < 0 {
                return Err(Failure::Exceeded(self.ranges_text()));
            }
            if remaining.len() == before {
                break;
            }
        }
        Ok(())
    }

    fn ranges_text(&self) -> String {
        let ranges: Vec<String> = self.ranges.iter().map(|(name, range)| format!("{name}:{range}")).collect();
        ranges.join(" ")
    }
}
