//! What the user's options say about memory beyond the sizes of regions.

use super::words;
use crate::libjvm::Request;
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
    /// `-Xms` or `-XX:InitialHeapSize=`, bytes: no heap is smaller.
    pub initial_heap: i64,
    /// `-Xms` or `-XX:MinHeapSize=`, bytes: nor smaller than this.
    pub least_heap: i64,
    /// `-XX:MaxRAMPercentage=`: the part of the limit that the heap should have.
    pub heap_percent: Option<f64>,
    /// `-Xmx`, or by its other name `-XX:MaxHeapSize=`, bytes.
    pub heap: Option<i64>,
    /// `-Xss`, or by its other name `-XX:ThreadStackSize=`, bytes.
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

/// No JVM takes a smaller heap.
const LEAST_HEAP: i64 = 2 * MEBI;

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
        for word in words::split(options) {
            found.take(&word);
        }
        found
    }

    fn take(&mut self, word: &str) {
        let collector = |name: &str| COLLECTORS.iter().find(|(known, _)| *known == name).map(|(_, found)| *found);
        let size = |text: &str| size::parse_digits(text, "kmgt").ok();
        if let Some(collector) = word.strip_prefix("-XX:+Use").and_then(collector) {
            self.collector = Some(collector);
        } else if ["-XX:-TieredCompilation", "-XX:+TieredCompilation", "-Xcomp"].contains(&word) {
            self.optimises = Some(true);
        } else if word == "-Xint" {
            self.optimises = Some(false);
        } else if let Some(text) = word.strip_prefix("-Xms") {
            self.initial_heap = size(text).unwrap_or(0);
            self.least_heap = self.initial_heap;
        } else if let Some(text) = word.strip_prefix("-Xmx") {
            self.heap = size(text).or(self.heap);
        } else if let Some(text) = word.strip_prefix("-Xss") {
            self.stack = size(text).or(self.stack);
        } else if let Some((name, text)) = word.strip_prefix("-XX:").and_then(|word| word.split_once('=')) {
            match name {
                "TieredStopAtLevel" => self.optimises = text.parse::<u8>().ok().map(|level| level >= 4),
                "InitialHeapSize" => self.initial_heap = size(text).unwrap_or(0),
                "MinHeapSize" => self.least_heap = size(text).unwrap_or(0),
                "MaxHeapSize" => self.heap = size(text).or(self.heap),
                // A number alone is of kB.
                "ThreadStackSize" => {
                    let kilobytes = text.parse::<i64>().ok().map(|number| number.saturating_mul(size::KIBI));
                    self.stack = kilobytes.or_else(|| size(text)).or(self.stack);
                }
                "MaxRAMPercentage" => {
                    self.heap_percent = text.parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
                }
                "MaxRAMFraction" => {
                    let part = text.parse::<u32>().ok().filter(|part| *part > 0);
                    self.heap_percent = part.map(|part| 100.0 / f64::from(part));
                }
                _ => {}
            }
        }
    }

    /// What the user fixed, under whichever name.
    pub(crate) fn fixed(&self, request: &Request) -> Request {
        Request { heap: self.heap.or(request.heap), stack: self.stack.or(request.stack), ..*request }
    }

    /// The least heap that the JVM starts with.
    pub(super) fn heap_floor(&self) -> i64 {
        self.initial_heap.max(self.least_heap)
    }

    /// The heap that the percentage makes of a limit.
    pub(super) fn heap_wanted(&self, total: i64) -> Option<i64> {
        self.heap_percent.map(|percent| super::needs::part(total, percent / 100.0).max(LEAST_HEAP))
    }
}
