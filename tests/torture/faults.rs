//! The system fails the program: one call, or all from one on, end with an error.
//!
//! It goes on and gives the right image, or ends with an exit code and a message that names a path. It never gives another
//! image, half of one, or a cache that is wrong afterwards.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Mutex;

use crate::calls::{made, pick, strace};
use crate::part::{checked, rounds};
use crate::process::{Ended, run};
use crate::scene::{Found, Place, Reference};
use crate::scenes::SCENES;

/// Calls, and errors with which they end on real systems.
const FAULTS: [(&str, &[&str]); 34] = [
    ("openat", &["EIO", "EACCES", "EMFILE", "ENFILE", "ENOSPC", "EROFS", "ENOMEM"]),
    ("read", &["EIO", "ESTALE", "EINTR"]),
    ("pread64", &["EIO", "ESTALE"]),
    ("readv", &["EIO"]),
    ("write", &["EIO", "ENOSPC", "EDQUOT", "EFBIG", "EINTR"]),
    ("pwrite64", &["EIO", "ENOSPC", "EDQUOT"]),
    ("writev", &["EIO", "ENOSPC"]),
    ("copy_file_range", &["EIO", "ENOSPC", "EXDEV", "EOPNOTSUPP"]),
    ("sendfile", &["EIO", "ENOSPC"]),
    ("fallocate", &["EIO", "ENOSPC", "EOPNOTSUPP"]),
    ("ftruncate", &["EIO", "ENOSPC"]),
    ("rename", &["EIO", "ENOSPC", "EACCES", "EROFS"]),
    ("renameat", &["EIO", "ENOSPC", "EACCES"]),
    ("renameat2", &["EIO", "ENOSPC", "EACCES", "EINVAL"]),
    ("link", &["EIO", "ENOSPC", "EPERM", "EMLINK", "EXDEV"]),
    ("linkat", &["EIO", "ENOSPC", "EPERM", "EMLINK", "EXDEV"]),
    ("symlink", &["EIO", "ENOSPC"]),
    ("fsync", &["EIO", "ENOSPC"]),
    ("fdatasync", &["EIO", "ENOSPC"]),
    ("syncfs", &["EIO", "ENOSPC"]),
    ("mkdir", &["EIO", "ENOSPC", "EACCES"]),
    ("mkdirat", &["EIO", "ENOSPC", "EACCES"]),
    ("unlink", &["EIO", "EACCES", "EBUSY"]),
    ("unlinkat", &["EIO", "EACCES", "EBUSY"]),
    ("rmdir", &["EIO", "ENOTEMPTY"]),
    ("chmod", &["EIO", "EPERM"]),
    ("fchmod", &["EIO", "EPERM"]),
    ("utimensat", &["EIO", "EPERM"]),
    ("getdents64", &["EIO"]),
    ("statx", &["EIO", "EACCES"]),
    ("newfstatat", &["EIO", "EACCES"]),
    ("flock", &["ENOLCK", "EIO"]),
    ("clone3", &["EAGAIN", "ENOMEM"]),
    ("mmap", &["ENOMEM"]),
];

/// Calls of clearing up: when one of these fails, something may stay until the next run.
const CLEARING: [&str; 7] = ["unlink", "unlinkat", "rmdir", "openat", "getdents64", "statx", "newfstatat"];

#[test]
fn faults() {
    let different = Mutex::new(BTreeSet::new());
    rounds("faults", 40, |random, met| {
        let scene = random.pick(&SCENES);
        let warm = random.once_in(2);
        let reference = scene.reference();
        let calls: Vec<&str> = FAULTS.iter().map(|(call, _)| *call).collect();
        let (call, number) = pick(&made(scene, warm), &calls, random);
        let (_, errors) = FAULTS.iter().find(|(known, _)| *known == call).unwrap();
        let error = random.pick(errors);
        // A disk stays full; a call that is interrupted is not interrupted for ever.
        let onwards = if *error != "EINTR" && random.once_in(4) { "+" } else { "" };
        let inject = format!("inject={call}:error={error}:when={number}{onwards}");

        let place = scene.place(warm);
        let before = place.found();
        let log = place.world.path("calls");
        let ended = run(&mut place.command(&strace(&log, call, &["-e", &inject])));
        let log = fs::read_to_string(log).unwrap_or_default();
        let injected: Vec<_> = log.lines().filter(|line| line.contains("(INJECTED)")).collect();
        if injected.is_empty() {
            met.count("not reached");
            return;
        }
        different.lock().unwrap().insert((scene.name, warm, inject.clone()));
        let what = format!(
            "{}, {}, {inject}: {}\n   {}",
            scene.name,
            if warm { "warm" } else { "cold" },
            injected[0],
            ended.said()
        );
        checked(&what, || judge(&place, &before, &reference, &ended, (call, &injected)));
        met.count(if ended.code == Some(0) { "went on" } else { "ended with a message" });
    });
    println!("torture: {} different faults", different.lock().unwrap().len());
}

fn judge(place: &Place, before: &Found, reference: &Reference, ended: &Ended, fault: (&str, &[&str])) {
    let (call, injected) = fault;
    ended.sane().readable();
    place.is_whole(before, reference);
    if ended.code == Some(0) {
        assert_eq!(place.found(), reference.found, "exit 0 with other outputs");
    } else {
        let mute = injected.iter().any(|line| line.contains("write(2<") || line.contains("write(1<"));
        let folder = place.folder().display().to_string();
        let said = ended.said();
        let places =
            [folder.trim_end_matches('/'), "/proc/", "/sys/", "/etc/", "standard output", "thread", "memory", "exec: "];
        assert!(
            mute || ["clone3", "mmap"].contains(&call) || places.iter().any(|place| said.contains(place)),
            "the message names no path"
        );
        let left = place.leftovers();
        assert!(left.is_empty() || CLEARING.contains(&call) || injected.len() > 1, "left behind: {left:?}");
    }
    place.recovers(reference);
}
