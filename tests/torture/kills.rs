//! The program is killed while it writes: at random moments, and at random system calls.
//!
//! Afterwards every output is what it was or what it was to be, the cache is right, and the next run gives what an
//! undisturbed one gives and clears up.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use crate::calls::{Calls, made, pick, strace};
use crate::part::{Met, rounds};
use crate::process::{Ended, start};
use crate::random::Random;
use crate::scene::{Place, Reference};
use crate::scenes::pick as pick_scene;

/// Tries to hit a run before it ends by itself.
const TRIES: usize = 8;

/// System calls at which it is killed: those that change what others see.
const CALLS: [&str; 14] = [
    "openat",
    "write",
    "pwrite64",
    "rename",
    "renameat2",
    "link",
    "linkat",
    "fsync",
    "fdatasync",
    "mkdir",
    "unlink",
    "fchmod",
    "utimensat",
    "close",
];

#[test]
fn kills() {
    rounds("kills", 30, |random, met| {
        let scene = pick_scene(random);
        let reference = scene.reference();
        let warm = random.once_in(2);
        let place = scene.place(warm);
        let before = place.found();
        for again in 0..TRIES {
            let warm = warm || again > 0;
            let (calls, moment) = (made(scene, warm), reference.moment(warm, random));
            if killed(&place, &reference, (&calls, moment), random, met) {
                place.is_whole(&before, &reference);
                break;
            }
            place.reset();
        }
        place.recovers(&reference);
    });
}

/// Starts the scene's command and tries to kill it; whether it died before it was done.
fn killed(
    place: &Place,
    reference: &Reference,
    (calls, moment): (&Calls, Duration),
    random: &mut Random,
    met: &Met,
) -> bool {
    let (signal, name) =
        *random.pick(&[(Signal::KILL, "KILL"), (Signal::KILL, "KILL"), (Signal::TERM, "TERM"), (Signal::INT, "INT")]);
    let ended = if random.once_in(2) { by_time(place, moment, signal) } else { by_call(place, calls, random, name) };
    assert!(!ended.hung, "{name}: {ended:?}");
    if ended.code == Some(0) {
        assert_eq!(place.found(), reference.found, "outputs of a run that was not killed");
        return false;
    }
    // Some end by the signal, some catch it, clear up, and say so.
    assert!(ended.code != Some(101) && !ended.stderr.contains("panicked at"), "{ended:?}");
    met.count(format!("by {name}"));
    true
}

fn by_time(place: &Place, moment: Duration, signal: Signal) -> Ended {
    let mut running = start(&mut place.command(&[]));
    if running.runs_after(moment) {
        running.signal(signal);
    }
    running.finish()
}

fn by_call(place: &Place, calls: &Calls, random: &mut Random, signal: &str) -> Ended {
    let (call, number) = pick(calls, &CALLS, random);
    let inject = format!("inject={call}:signal={signal}:when={number}");
    start(&mut place.command(&strace(Path::new("/dev/null"), call, &["-e", &inject]))).finish()
}
