//! Which system calls a scene makes, and `strace` that interferes with one of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::process::run;
use crate::random::Random;
use crate::scene::Scene;

/// Calls, and the numbers of those of one thread that come after the program's start, first and last.
pub(crate) type Calls = BTreeMap<String, (usize, usize)>;

/// What the standard library does last before the program itself starts, and how often it has done it then.
const STARTED: (&str, usize) = ("sigaltstack", 2);

/// `strace` that follows threads and children, notes calls in `log` with the paths behind numbers of files, and `more`.
pub(crate) fn strace(log: &Path, calls: &str, more: &[&str]) -> Vec<String> {
    let log = log.to_str().unwrap();
    let always = ["strace", "-f", "-qq", "-y", "--seccomp-bpf", "-o", log, "-e", &format!("trace={calls}")];
    always.iter().chain(more).map(|&text| text.to_owned()).collect()
}

/// The calls that a scene makes on an undisturbed run: found out once.
pub(crate) fn made(scene: &'static Scene, warm: bool) -> Calls {
    static KNOWN: Mutex<BTreeMap<(&str, bool), Calls>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || {
        let place = scene.place(warm);
        let log = place.world.path("calls");
        run(&mut place.command(&strace(&log, "all", &[]))).done();
        counted(&fs::read_to_string(log).unwrap())
    };
    known.entry((scene.name, warm)).or_insert_with(make).clone()
}

fn counted(log: &str) -> Calls {
    let mut of_threads: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut at_start = BTreeMap::new();
    for line in log.lines() {
        let (thread, rest) = line.split_once(' ').unwrap();
        let Some((call, _)) = rest.trim_start().split_once('(') else { continue };
        if call == STARTED.0 && of_threads.get(&(thread, call)) == Some(&(STARTED.1 - 1)) && at_start.is_empty() {
            at_start = of_threads.iter().map(|((_, call), count)| ((*call).to_owned(), *count)).collect();
        }
        *of_threads.entry((thread, call)).or_default() += 1;
    }
    let mut calls = Calls::new();
    for ((_, call), count) in of_threads {
        let first = 1 + at_start.get(call).copied().unwrap_or_default();
        let known = calls.entry(call.to_owned()).or_insert((first, 0));
        known.1 = known.1.max(count);
    }
    calls.retain(|_, (first, last)| first <= last);
    calls
}

/// One of `wanted` that is among `calls`, and a number of it.
pub(crate) fn pick<'a>(calls: &Calls, wanted: &[&'a str], random: &mut Random) -> (&'a str, usize) {
    let there: Vec<&str> = wanted.iter().copied().filter(|call| calls.contains_key(*call)).collect();
    let call = *random.pick(&there);
    let (first, last) = calls[call];
    (call, first + random.below(last + 1 - first))
}
