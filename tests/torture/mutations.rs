//! Documents and archives with random changes, and archives that lie, given to everything that reads them.
//!
//! Whatever they hold: an answer or a message, in bounded time and memory; short lines without control characters; and what
//! was staged is whole.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::audit;
use crate::documents::documents;
use crate::part::{checked, rounds};
use crate::process::{Ended, MEMORY, run};
use crate::support::{World, list};

#[test]
fn mutations() {
    let documents = documents();
    rounds("mutations", 100, |random, met| {
        let document = random.pick(&documents);
        let world = World::new();
        (document.lay_out)(&world.path(""));
        let command = random.pick(document.commands);
        if document.file.starts_with("cache/layers") {
            bounded(&world, command);
        }
        let path = world.path(document.file);
        let mut files: Vec<PathBuf> = if path.is_dir() { list(&path) } else { vec![path] };
        files.retain(|path| path.is_file());
        let path = random.pick(&files[..]).clone();
        let mut bytes = fs::read(&path).unwrap();
        let ways: Vec<_> = (0..=random.below(3)).map(|_| (document.change)(&mut bytes, random)).collect();
        // By another file: what is in a cache is read-only.
        fs::remove_file(&path).unwrap();
        fs::write(&path, &bytes).unwrap();
        let ended = bounded(&world, command);
        let what =
            format!("{}: `{}`: {}: {command}: {}", document.name, path.display(), ways.join(", "), brief(&ended));
        checked(&what, || {
            judge(&ended);
            if ended.code == Some(0) && command.ends_with("oci:@/out") {
                let folder = world.path("out");
                assert!(document.file.starts_with("out") || !audit::layout(&folder).is_empty());
            }
        });
        met.count(format!("exit {}", ended.code.unwrap_or_default()));
        met.at_most("most memory in MiB:", ended.peak >> 20);
        met.at_most("longest in ms:", u64::try_from(ended.took.as_millis()).unwrap());
    });
}

/// Nothing hangs, dies, grows, or writes what cannot be read.
#[track_caller]
pub(crate) fn judge(ended: &Ended) {
    ended.sane().readable();
    assert!(ended.peak <= MEMORY, "{} MiB of memory", ended.peak >> 20);
    assert!(!ended.stderr.contains("memory allocation"), "more memory than {} MiB wanted", MEMORY >> 20);
    assert!(ended.code == Some(0) || !ended.said().trim().is_empty(), "no message");
}

/// Runs the command with a bound to its memory.
pub(crate) fn bounded(world: &World, command: &str) -> Ended {
    let folder = world.path("").display().to_string();
    let mut bounded: Command = world.clean("prlimit");
    bounded.arg(format!("--data={MEMORY}")).arg(world.program());
    // No Java of this machine: making a runtime of it takes its time.
    bounded.env("JAVA_HOME", world.path("java")).env("TMPDIR", world.path(""));
    bounded.args(command.split(' ').map(|argument| argument.replace('@', folder.trim_end_matches('/'))));
    run(&mut bounded)
}

/// How it ended, without what may be very long.
pub(crate) fn brief(ended: &Ended) -> String {
    let text: String = ended.stderr.chars().take(1000).collect();
    format!(
        "exit {:?}, signal {:?}, after {:?}, {} MiB: {text:?}",
        ended.code,
        ended.signal,
        ended.took,
        ended.peak >> 20
    )
}
