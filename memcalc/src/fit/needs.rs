//! How much an application needs of each kind of memory.
//!
//! Without a measured profile the needs are estimated from its classes. The constants were fitted to the table in
//! `memcalc/data/measured.tsv`: real applications of several kinds, on Java 17, 21 and 25, under load in containers, with
//! native memory tracking; those of loaded classes to `memcalc/data/packages.tsv`. Tests compare them with these, and say how
//! far loaded classes are off for an application that was left out; `docs/memory.md` has the result.

use super::Profile;
use super::facts::{Classes, Facts};
use crate::libjvm;
use crate::size::{KIBI, MEBI};

/// How much of a kind of memory is needed, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// With less it does not run.
    pub least: i64,
    /// What is usual.
    pub usual: i64,
    /// More was never seen.
    pub most: i64,
}

/// The needs of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Classes that will be loaded.
    pub classes: Need,
    /// The heap: what is alive, and room to work.
    pub heap: Need,
    /// Class metadata.
    pub metaspace: Need,
    /// Code of the quick compiler (C1) alone.
    pub code: Need,
    /// Code of both compilers.
    pub optimised_code: Need,
    /// Direct buffers.
    pub direct: Need,
    /// Stacks of all threads.
    pub stacks: i64,
    /// The JVM's own memory, with C1 alone.
    pub native: Need,
    /// What the optimising compiler (C2) needs besides.
    pub compiler: i64,
    /// Pages of files that have to stay in memory: the JVM's code, its modules.
    pub files: Need,
}

/// Classes of the Java runtime that every application loads, and how many come with so many classes of the application:
/// `BASE + FACTOR * classes ^ EXPONENT`. Large applications load a smaller part of what they have.
const LOADED_BASE: f64 = 1_500.0;
const LOADED_FACTOR: f64 = 400.0;
const LOADED_EXPONENT: f64 = 0.3;
/// Where the libraries are known: classes of the runtime that every application loads, what comes with so many classes of
/// the application (of the runtime, arrays, proxies, lambdas), `LIKELY_FACTOR * classes ^ LIKELY_EXPONENT`, and arrays of
/// them. A test cross-checks them by leaving applications out.
const LIKELY_BASE: f64 = 1_600.0;
const LIKELY_ARRAYS: f64 = 1.07;
const LIKELY_FACTOR: f64 = 5.9;
const LIKELY_EXPONENT: f64 = 0.7;
/// Between these parts of that were the loaded classes of nearly every application, left out of the table of libraries.
const LIKELY_LEAST: f64 = 0.8;
const LIKELY_MOST: f64 = 1.2;
/// Runtimes from this release on load more classes of their own, and keep more of each.
const MORE_CLASSES: i64 = 21;
const MORE_LOADED: f64 = 270.0;
/// Between these parts of that estimate were the loaded classes of nine applications; it is off by more for others, which is
/// why it counts only where nothing but the number is known.
const LOADED_LEAST: f64 = 0.75;
const LOADED_MOST: f64 = 1.35;

/// A kind of memory that grows with the loaded classes, bytes: `base + each * classes`.
#[derive(Clone, Copy)]
struct Line {
    base: i64,
    each: i64,
}

/// Committed metaspace. The second is with C1 alone, which profiles less; with so much more of that for the least, all
/// applications in the table load all their classes.
const METASPACE: Line = Line { base: 3 * MEBI, each: 5_350 };
const QUICK_METASPACE: Line = Line { base: 5 * MEBI / 2, each: 4_650 };
const QUICK_METASPACE_LEAST: f64 = 1.09;
/// The same from Java 21 on, where a class takes 4 % more.
const NEWER_METASPACE_LEAST: f64 = 1.13;
/// The part of the metaspace measured with both compilers that C1 alone needs: 0.90 to 0.935 in the table.
const MEASURED_METASPACE_LEAST: f64 = 0.94;
/// Code of C1 alone. With less than the part of it that is the least, the cache is full in the end, and what is not compiled
/// by then is interpreted.
const CODE: Line = Line { base: 5 * MEBI, each: 1_050 };
const CODE_LEAST: f64 = 0.9;
/// Code of both compilers: 0.45 to 1.07 of it in the table. What is hot does not grow as the application does.
const OPTIMISED_CODE: Line = Line { base: 16 * MEBI, each: 1_050 };
/// The part of the code of both compilers that C1 alone makes: 0.3 to 0.78 in the table, 0.6 in the middle. The least of it
/// is above all of these: a measurement shorter than what follows has seen less code.
const MEASURED_CODE: f64 = 0.9;
/// The JVM's own default code cache.
pub(super) const CODE_MOST: i64 = 240 * MEBI;
/// Heap in use after a full collection.
const LIVE: Line = Line { base: MEBI, each: 2_400 };
/// The JVM's own memory with C1 alone: symbols above all.
const NATIVE: Line = Line { base: 4 * MEBI, each: 1_450 };
/// Arenas of C2 while it compiles, and what `malloc` keeps of them.
const COMPILER: i64 = 27 * MEBI;
/// Arenas of C1 at most: 9.0 MB in the table.
const QUICK_COMPILER: i64 = 9 * MEBI;
/// What the kernel has of a process, its page tables, and of a thread: 1.1 to 7.0 MB in the table.
const KERNEL: i64 = MEBI;
const KERNEL_EACH: i64 = 26 * KIBI;
/// A thread's stack, committed.
const STACK_EACH: i64 = 110 * KIBI;
/// Threads of the JVM itself, which nobody who counts an application's threads thinks of.
const OWN_THREADS: i64 = 20;
/// Pages of files. The JVM's code is larger from this release on, that of 21 is smaller than that of 17: with less it runs on
/// pages that it reads again and again.
const FILES: Need = Need { least: 10 * MEBI, usual: 18 * MEBI, most: 20 * MEBI };
const LARGER_CODE: i64 = 22;
const MORE_FILES: i64 = 6 * MEBI;
/// Direct buffers; servers with an event loop allocate them in chunks of 4 to 16 MiB.
const DIRECT: Need = Need { least: 6 * MEBI, usual: 10 * MEBI, most: 16 * MEBI };

impl Line {
    fn at(self, classes: i64) -> i64 {
        self.base + self.each * classes
    }
}

impl Need {
    fn around(usual: i64, least: f64, most: f64) -> Self {
        Self { least: part(usual, least), usual, most: part(usual, most) }
    }
}

impl Needs {
    /// The needs by the facts.
    pub fn of(facts: &Facts) -> Self {
        match &facts.profile {
            Some(profile) => Self::measured(profile, facts),
            None => Self::estimated(facts),
        }
    }

    fn estimated(facts: &Facts) -> Self {
        let classes = loaded(facts);
        let newer = is_from(MORE_CLASSES, facts);
        let quick_metaspace = if newer { NEWER_METASPACE_LEAST } else { QUICK_METASPACE_LEAST };
        Self {
            classes,
            heap: heap(LIVE.at(classes.usual), LIVE.at(classes.most)),
            metaspace: Need {
                least: part(QUICK_METASPACE.at(classes.usual), quick_metaspace),
                usual: METASPACE.at(classes.usual),
                most: METASPACE.at(classes.most),
            },
            code: Need::around(CODE.at(classes.usual), CODE_LEAST, 1.5),
            optimised_code: Need::around(OPTIMISED_CODE.at(classes.usual), 0.85, 1.15),
            direct: DIRECT,
            stacks: STACK_EACH * (facts.counted_threads() + OWN_THREADS),
            native: Need::around(NATIVE.at(classes.usual), 0.8, 1.9),
            compiler: COMPILER,
            files: files(facts),
        }
    }

    /// What was measured, with the margin that a run differs from another by.
    fn measured(profile: &Profile, facts: &Facts) -> Self {
        let code = part(profile.code, MEASURED_CODE);
        // It was measured with both compilers: without C2 there is neither what that needs nor as much of profiles.
        let without_compilers = match profile.compiler {
            Some(compiler) => profile.native - compiler,
            None => profile.native - COMPILER,
        };
        let quick_native = NATIVE.at(profile.classes).max(without_compilers).min(profile.native);
        let quick_most = part(quick_native, 1.3) + QUICK_COMPILER;
        let kernel = KERNEL + KERNEL_EACH * profile.threads;
        // A pool grows with the load.
        let threads = profile.threads.max(facts.counted_threads());
        let each = if profile.threads > 0 { profile.stacks / profile.threads } else { STACK_EACH };
        Self {
            classes: Need::around(profile.classes, 1.0, 1.1),
            // What is known to be alive needs less room above it than what is estimated.
            heap: Need { least: part(profile.live, 1.2) + 6 * MEBI, ..heap(profile.live, part(profile.live, 1.1)) },
            metaspace: Need::around(profile.metaspace, MEASURED_METASPACE_LEAST, 1.15),
            code: Need::around(code, CODE_LEAST, 1.3),
            optimised_code: Need::around(profile.code.max(CODE.base), 0.9, 1.5),
            direct: Need {
                least: profile.direct.max(DIRECT.least),
                usual: part(profile.direct, 1.2).max(DIRECT.usual),
                most: part(profile.direct, 1.5).max(DIRECT.most),
            },
            stacks: each.max(64 * KIBI).saturating_mul(threads),
            native: Need {
                least: part(quick_native, 0.8) + kernel,
                usual: quick_native + kernel,
                most: quick_most + kernel,
            },
            compiler: (part(profile.native, 1.15) - quick_most).max(0) + COMPILER / 4,
            files: files(facts),
        }
    }
}

/// What would have been measured with agents of so many bytes that come only with the start.
pub(super) fn with_agents(profile: Profile, bytes: i64) -> Profile {
    let classes = libjvm::loaded_of_agents(bytes.saturating_sub(profile.agents));
    let more = |measured: i64, line: Line| measured.saturating_add(line.each.saturating_mul(classes));
    Profile {
        classes: profile.classes.saturating_add(classes),
        metaspace: more(profile.metaspace, METASPACE),
        code: more(profile.code, OPTIMISED_CODE),
        live: more(profile.live, LIVE),
        native: more(profile.native, NATIVE),
        ..profile
    }
}

/// How many classes will be loaded.
fn loaded(facts: &Facts) -> Need {
    let count = facts.classes.counted();
    let around = |usual: f64, least: f64, most: f64| {
        let more = if is_from(MORE_CLASSES, facts) { MORE_LOADED } else { 0.0 };
        Need::around(whole(usual + more), least, most)
    };
    match facts.classes {
        Classes::Loaded(_) => Need { least: count, usual: count, most: count },
        Classes::Present(_) => {
            let usual = LOADED_BASE + LOADED_FACTOR * float(count).powf(LOADED_EXPONENT);
            around(usual, LOADED_LEAST, LOADED_MOST)
        }
        Classes::Likely { .. } => {
            let come_with = LIKELY_FACTOR * float(count).powf(LIKELY_EXPONENT);
            around(LIKELY_BASE + LIKELY_ARRAYS * float(count) + come_with, LIKELY_LEAST, LIKELY_MOST)
        }
    }
}

fn files(facts: &Facts) -> Need {
    let more = if is_from(LARGER_CODE, facts) { MORE_FILES } else { 0 };
    Need { least: FILES.least + more, usual: FILES.usual + more, most: FILES.most + more }
}

/// Where the release is not known, the larger needs count.
fn is_from(release: i64, facts: &Facts) -> bool {
    facts.java.is_none_or(|java| java >= release)
}

/// The heap for so much that is alive in it, usually and at most.
fn heap(live: i64, most: i64) -> Need {
    Need {
        least: part(live, 1.35) + 6 * MEBI,
        usual: part(live, 1.7) + 8 * MEBI,
        most: (part(most, 2.5) + 16 * MEBI).max(part(live, 1.7) + 8 * MEBI),
    }
}

pub(super) fn part(bytes: i64, part: f64) -> i64 {
    whole(float(bytes) * part)
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn float(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "far below the limits of the type, see `Profile` and `Facts`")]
fn whole(number: f64) -> i64 {
    number as i64
}
