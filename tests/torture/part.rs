//! A part: so many rounds of one kind, their counts, a verdict, and how to repeat a round that failed.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::random::Random;

/// Seed of every run that names no other.
const SEED: u64 = 20_261_130;
/// Rounds from which on a run is a long one.
const LONG: u64 = 500;
/// Failed rounds that are told in full.
const TOLD: usize = 12;

/// What the rounds of a part met, counted.
#[derive(Default)]
pub(crate) struct Met {
    counts: Mutex<BTreeMap<String, u64>>,
    most: Mutex<BTreeMap<&'static str, u64>>,
}

impl Met {
    /// One more of this.
    pub(crate) fn count(&self, what: impl Into<String>) {
        *self.counts.lock().unwrap().entry(what.into()).or_default() += 1;
    }

    /// The largest of these is told.
    pub(crate) fn at_most(&self, what: &'static str, value: u64) {
        let mut most = self.most.lock().unwrap();
        let known = most.entry(what).or_default();
        *known = value.max(*known);
    }

    fn text(&self) -> String {
        let counts = self.counts.lock().unwrap();
        let mut text: Vec<_> = counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
        text.extend(self.most.lock().unwrap().iter().map(|(what, value)| format!("{what} {value}")));
        text.join(", ")
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: `{text}`")))
}

/// Whether somebody asked for a long run: then the real application takes part.
pub(crate) fn is_long() -> bool {
    number("STAGE_TORTURE_ROUNDS").is_some_and(|rounds| rounds >= LONG)
}

/// Runs a part: `few` rounds, unless the environment wants another number. A round fails by panicking.
///
/// # Panics
/// When a round failed.
pub(crate) fn rounds(name: &str, few: u64, round: impl Fn(&mut Random, &Met) + Sync) {
    let seed = number("STAGE_TORTURE_SEED").unwrap_or(SEED);
    let numbers = match number("STAGE_TORTURE_ROUND") {
        Some(only) => only..only + 1,
        None => 0..number("STAGE_TORTURE_ROUNDS").unwrap_or(few),
    };
    let (met, failed, next) = (Met::default(), Mutex::new(BTreeMap::new()), AtomicU64::new(numbers.start));
    let started = Instant::now();
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= numbers.end {
                return;
            }
            let mut random = Random::new(seed, name, number);
            if let Err(reason) = catch_unwind(AssertUnwindSafe(|| round(&mut random, &met))) {
                failed.lock().unwrap().insert(number, text_of(&*reason));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().unwrap();
    let verdict = if failed.is_empty() { "holds".to_owned() } else { format!("{} FAILED", failed.len()) };
    let count = numbers.end - numbers.start;
    let took = started.elapsed().as_secs();
    println!("torture | {name} | {count} | seed {seed}: {} | {verdict} | {took} s", met.text());
    let mut told = String::new();
    for (number, reason) in failed.iter().take(TOLD) {
        let _ = write!(
            told,
            "\n-- {name}, round {number}: {reason}\n   again: STAGE_TORTURE_SEED={seed} STAGE_TORTURE_ROUND={number} \
             cargo test -p stager --test torture {name}::"
        );
    }
    assert!(failed.is_empty(), "{} of {count} rounds failed:{told}", failed.len());
}

/// What a panic said.
fn text_of(reason: &(dyn Any + Send)) -> String {
    let text = reason.downcast_ref::<String>().cloned();
    text.or_else(|| reason.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Checks, and says what was tried when that fails.
pub(crate) fn checked(what: &str, check: impl FnOnce()) {
    if let Err(reason) = catch_unwind(AssertUnwindSafe(check)) {
        panic!("{}\n   {what}", text_of(&*reason));
    }
}
