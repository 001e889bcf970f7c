//! What the user's options say about memory beyond the sizes of regions.

use crate::libjvm::Request;
use crate::shellwords;
use crate::size::{self, MEBI};

/// A garbage collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collector {
    /// Serial, and others that need next to nothing for themselves.
    Serial,
    /// G1.
    G1,
    /// Parallel, CMS.
    Parallel,
    /// Z.
    Z,
    /// Shenandoah.
    Shenandoah,
}

/// What the user chose.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Options {
    /// The collector.
    pub collector: Option<Collector>,
    /// Whether the optimising compiler runs.
    pub optimises: Option<bool>,
    /// `-Xms` and its like: no heap is smaller, bytes.
    pub initial_heap: i64,
    /// `-XX:MaxRAMPercentage=`: the part of the limit that the heap should have.
    pub heap_percent: Option<f64>,
    /// `-XX:MaxHeapSize=`, another name of `-Xmx`, bytes.
    pub heap: Option<i64>,
    /// `-XX:ThreadStackSize=`, another name of `-Xss`, bytes.
    pub stack: Option<i64>,
}

/// Names behind `-XX:+Use` and `-XX:-Use`.
const COLLECTORS: [(&str, Collector); 8] = [
    ("SerialGC", Collector::Serial),
    ("EpsilonGC", Collector::Serial),
    ("G1GC", Collector::G1),
    ("ParallelGC", Collector::Parallel),
    ("ParallelOldGC", Collector::Parallel),
    ("ConcMarkSweepGC", Collector::Parallel),
    ("ZGC", Collector::Z),
    ("ShenandoahGC", Collector::Shenandoah),
];

/// Sizes of the first heap.
const INITIAL_HEAP: [&str; 3] = ["-Xms", "-XX:InitialHeapSize=", "-XX:MinHeapSize="];

impl Collector {
    /// What it needs for itself whatever the heap, bytes, and one for how many bytes of the heap besides. From
    /// `memcalc/data/collectors.tsv`; G1 gets more with a large heap than was seen, for what it remembers of references.
    pub(super) fn needs(self) -> Option<(i64, i64)> {
        match self {
            Self::Serial => None,
            Self::G1 => Some((30 * MEBI, 12)),
            Self::Parallel => Some((10 * MEBI, 28)),
            Self::Z => Some((72 * MEBI, 64)),
            Self::Shenandoah => Some((6 * MEBI, 36)),
        }
    }
}

impl Options {
    /// Reads them; of several that contradict the last counts, as in the JVM. What is malformed is the JVM's to refuse.
    pub fn read(options: &str) -> Self {
        let mut found = Self::default();
        for word in shellwords::split(options).unwrap_or_default() {
            found.take(word.trim());
        }
        found
    }

    fn take(&mut self, word: &str) {
        let named = |name: &str| COLLECTORS.iter().find(|(known, _)| *known == name).map(|(_, collector)| *collector);
        if let Some(collector) = word.strip_prefix("-XX:+Use").and_then(named) {
            self.collector = Some(collector);
        } else if let Some(level) = word.strip_prefix("-XX:TieredStopAtLevel=") {
            self.optimises = level.parse::<u8>().ok().map(|level| level >= 4);
        } else if word == "-Xint" || word == "-client" {
            self.optimises = Some(false);
        } else if ["-XX:-TieredCompilation", "-XX:+TieredCompilation", "-Xcomp"].contains(&word) {
            self.optimises = Some(true);
        } else if let Some(percent) = word.strip_prefix("-XX:MaxRAMPercentage=") {
            self.heap_percent = percent.parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
        } else if let Some(part) = word.strip_prefix("-XX:MaxRAMFraction=") {
            self.heap_percent = part.parse::<u32>().ok().filter(|part| *part > 0).map(|part| 100.0 / f64::from(part));
        } else if let Some(text) = word.strip_prefix("-XX:MaxHeapSize=") {
            self.heap = size::parse_digits(text, "kmgt").ok();
        } else if let Some(text) = word.strip_prefix("-XX:ThreadStackSize=") {
            // A number alone is of kB.
            self.stack = size::parse_digits(text, "kmgt").ok().map(|size| match text.parse::<i64>() {
                Ok(kilobytes) => kilobytes.saturating_mul(size::KIBI),
                Err(_) => size,
            });
        } else if let Some(text) = INITIAL_HEAP.iter().find_map(|prefix| word.strip_prefix(prefix)) {
            self.initial_heap = size::parse_digits(text, "kmgt").unwrap_or(0);
        }
    }

    /// What the user fixed, under whichever name.
    pub(super) fn fixed(&self, request: &Request) -> Request {
        Request { heap: request.heap.or(self.heap), stack: request.stack.or(self.stack), ..*request }
    }

    /// The heap that the percentage makes of a limit.
    pub(super) fn heap_wanted(&self, total: i64) -> Option<i64> {
        self.heap_percent.map(|percent| super::needs::part(total, percent / 100.0))
    }
}
