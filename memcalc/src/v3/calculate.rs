//! The calculation.

use super::options::{Kind, Options};
use crate::outcome::Compat;
use crate::size::{self, Largest, MEBI};
use crate::{go, libjvm};
use std::fmt;

/// Where the JVM keeps class metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Java 8 and later.
    Metaspace,
    /// Java 7.
    PermGen,
}

/// What the calculation depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calculator {
    /// Total memory in bytes, head room already taken off.
    pub total: i64,
    /// Number of threads.
    pub threads: i64,
    /// Classes that will be loaded.
    pub classes: i64,
    /// Pool for class metadata.
    pub pool: Pool,
}

/// The total does not suffice. `Display` is the original's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Less than 1K after the head room was taken off; carries the total.
    TooLittle(i64),
    /// Nothing is left for the heap.
    Insufficient {
        /// Total memory in bytes.
        total: i64,
        /// Bytes of all other regions.
        allocated: i64,
        /// Those regions as text.
        regions: String,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLittle(total) => write!(f, "Too little memory to allocate: {}", print(*total)),
            Self::Insufficient { total, allocated, regions } => write!(
                f,
                "There is insufficient memory remaining for heap. Memory available for allocation {} is less than \
                 allocated memory {} ({regions})",
                print(*total),
                print(*allocated)
            ),
        }
    }
}

impl std::error::Error for Failure {}

fn print(bytes: i64) -> String {
    size::print_up_to(bytes, Largest::G)
}

/// Rounds `factor` times `bytes` half up.
pub(crate) fn scale(bytes: i64, factor: f64) -> i64 {
    go::trunc(factor * go::float(bytes) + 0.5)
}

impl Calculator {
    /// Sizes the regions the user did not fix and gives their switches in print order. A user's size of zero is replaced
    /// by the default in the sums, yet not printed.
    ///
    /// With a user's heap the original does no check at all; [`Compat::Mended`] does.
    ///
    /// # Errors
    /// [`Failure`] when the total does not suffice.
    pub fn calculate(&self, options: &Options, compat: Compat) -> Result<Vec<String>, Failure> {
        if self.total < size::KIBI {
            return Err(Failure::TooLittle(self.total));
        }
        let mut sizes = Kind::ALL.map(|kind| options.get(kind));
        let mut allocated = 0i64;
        for (kind, estimate) in self.estimates() {
            let bytes = given(sizes[kind as usize]).unwrap_or(estimate);
            sizes[kind as usize] = Some(bytes);
            allocated = allocated.wrapping_add(bytes);
        }
        let user_heap = given(sizes[Kind::Heap as usize]);
        if user_heap.is_none() || compat == Compat::Mended {
            let stack = given(sizes[Kind::Stack as usize]).unwrap_or(libjvm::STACK);
            allocated = allocated.wrapping_add(scale(stack, go::float(self.threads)));
            let heap = self.total.wrapping_sub(allocated);
            if heap < user_heap.unwrap_or(0) {
                return Err(self.insufficient(allocated, stack, &sizes));
            }
            if user_heap.is_none() {
                sizes[Kind::Stack as usize] = Some(stack);
                sizes[Kind::Heap as usize] = Some(heap);
            }
        }
        let calculated = Kind::ALL.into_iter().filter(|kind| options.get(*kind).is_none());
        Ok(calculated.filter_map(|kind| sizes[kind as usize].map(|bytes| switch(kind, bytes))).collect())
    }

    /// What the regions get by default, for the pool in use.
    fn estimates(&self) -> [(Kind, i64); 3] {
        let classes = go::float(self.classes);
        let (pool, code_cache) = match self.pool {
            Pool::Metaspace => ((Kind::Metaspace, scale(5_800, classes).wrapping_add(14_000_000)), 240 * MEBI),
            Pool::PermGen => ((Kind::PermGen, scale(6_000, classes).wrapping_add(7_000_000)), 48 * MEBI),
        };
        [(Kind::Direct, libjvm::DIRECT), pool, (Kind::CodeCache, code_cache)]
    }

    fn insufficient(&self, allocated: i64, stack: i64, sizes: &[Option<i64>; 6]) -> Failure {
        let mut regions: Vec<String> = Kind::ALL
            .into_iter()
            .filter(|kind| *kind != Kind::Stack)
            .filter_map(|kind| sizes[kind as usize].map(|bytes| switch(kind, bytes)))
            .collect();
        regions.push(format!("-Xss{} * {} threads", print(stack), self.threads));
        Failure::Insufficient { total: self.total, allocated, regions: regions.join(", ") }
    }
}

/// Zero counts as not given.
fn given(bytes: Option<i64>) -> Option<i64> {
    bytes.filter(|bytes| *bytes != 0)
}

fn switch(kind: Kind, bytes: i64) -> String {
    format!("{}{}", kind.switch(), print(bytes))
}
