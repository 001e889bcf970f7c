//! Disks that are small and limits that are low: what every system has too little of at some time.
//!
//! As with [`crate::faults`]: the right image, or a message; nothing half, nothing left, and a cache that is right.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::part::{Met, checked, rounds};
use crate::process::run;
use crate::random::Random;
use crate::scene::Scene;
use crate::scenes::SCENES;
use crate::support::require_root;

/// A file system of its own, gone with the value.
struct Disk(PathBuf);

impl Disk {
    fn mount(path: PathBuf, options: &str) -> Self {
        let arguments = ["-t", "tmpfs", "-o", options, "tmpfs"].map(OsStr::new);
        assert!(runs("mount", &[&arguments[..], &[path.as_ref()]].concat()), "mount of {}", path.display());
        Self(path)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        runs("umount", &["--lazy".as_ref(), self.0.as_ref()]);
    }
}

#[test]
fn limits() {
    require_root();
    rounds("limits", 40, |random, met| {
        let scene = random.pick(&SCENES);
        if random.once_in(2) { small_disk(scene, random, met) } else { low_limit(scene, random, met) }
    });
}

fn small_disk(scene: &'static Scene, random: &mut Random, met: &Met) {
    let reference = scene.reference();
    let mut place = scene.place(false);
    let folder = *random.pick(&["cache", "temporary", "small"]);
    let path = place.world.path(folder);
    let size = format!("size={}k", 4 * (1 + random.below(300)));
    let options = if random.once_in(4) { format!("nr_inodes={}", 2 + random.below(60)) } else { size };
    let aside = place.world.path("aside");
    fs::create_dir_all(&path).unwrap();
    assert!(runs("cp", &["-a".as_ref(), path.as_ref(), aside.as_ref()]));
    let _disk = Disk::mount(path.clone(), &format!("{options},mode=777"));
    // What is there already moves to the small disk, if it fits.
    if !runs("cp", &["-a".as_ref(), aside.join(".").as_ref(), path.as_ref()]) {
        return;
    }
    if folder == "small" && !scene.uses_up && !scene.outputs.is_empty() {
        for output in scene.outputs.iter().filter(|output| place.outputs.join(output).exists()) {
            if !runs("cp", &["-a".as_ref(), place.outputs.join(output).as_ref(), path.as_ref()]) {
                return;
            }
        }
        place.outputs.clone_from(&path);
    }
    let before = place.found();
    let ended = place.run();
    let what = format!("{}: {folder} on a disk with {options}: {ended:?}", scene.name);
    checked(&what, || {
        ended.sane().readable();
        place.is_whole(&before, &reference);
        if ended.code == Some(0) {
            assert_eq!(place.found(), reference.found, "exit 0 with other outputs");
        } else {
            assert!(ended.said().to_lowercase().contains("no space left"), "the message does not say why");
            let left = place.leftovers();
            assert!(left.is_empty(), "left behind: {left:?}");
        }
    });
    met.count(if ended.code == Some(0) { "disks that sufficed" } else { "full disks" });
    // With room again the same cache is as good as any.
    assert!(runs("mount", &["-o".as_ref(), "remount,size=64m,nr_inodes=10000".as_ref(), path.as_ref()]));
    checked(&what, || place.recovers(&reference));
}

fn runs(program: &str, arguments: &[&OsStr]) -> bool {
    Command::new(program).args(arguments).output().unwrap().status.success()
}

/// Users of whom each runs one program: the number of a user's threads is counted over all of its programs.
static USERS: AtomicU32 = AtomicU32::new(0);

fn low_limit(scene: &'static Scene, random: &mut Random, met: &Met) {
    let reference = scene.reference();
    let mut place = scene.place(random.once_in(2));
    let before = place.found();
    let (limit, mut wrapper) = match random.below(4) {
        0 => (format!("--fsize={}", random.below(600_000)), vec![]),
        1 => (format!("--nofile={}", 5 + random.below(40)), vec![]),
        2 => (format!("--as={}", (8 << 20) + random.below(400 << 20)), vec![]),
        _ => {
            let user = 70_000 + USERS.fetch_add(1, Ordering::Relaxed) % 10_000;
            place.world.give_to(user);
            let user = [format!("--reuid={user}"), format!("--regid={user}"), "--clear-groups".to_owned()];
            let wrapper = std::iter::once("setpriv".to_owned()).chain(user).collect();
            (format!("--nproc={}", 1 + random.below(12)), wrapper)
        }
    };
    wrapper.extend(["prlimit".to_owned(), limit.clone()]);
    let ended = run(&mut place.command(&wrapper));
    if ended.code == Some(127) || ended.said().contains("while loading shared libraries") {
        met.count("too low to start at all");
        return;
    }
    let what = format!("{}: {limit}: {ended:?}", scene.name);
    if limit.starts_with("--as") && ended.signal == Some(6) && ended.stderr.starts_with("memory allocation of") {
        // Rust's library ends a program that way, and stable Rust has nothing to say against it: see docs/robustness.md.
        met.count("--as aborted by Rust's library");
        checked(&what, || {
            place.is_whole(&before, &reference);
            place.recovers(&reference);
        });
        return;
    }
    checked(&what, || {
        ended.sane().readable();
        place.is_whole(&before, &reference);
        if ended.code == Some(0) {
            assert_eq!(place.found(), reference.found, "exit 0 with other outputs");
        } else {
            assert!(!ended.said().trim().is_empty(), "no message");
            let left = place.leftovers();
            // Who may open no more files cannot look into the folder that is to go; the next run does.
            assert!(left.is_empty() || limit.starts_with("--nofile"), "left behind: {left:?}");
        }
        place.recovers(&reference);
    });
    let (name, _) = limit.split_once('=').unwrap();
    met.count(format!("{name} {}", if ended.code == Some(0) { "sufficed" } else { "told" }));
}
