//! FIFOs, sockets, devices, links, folders and endless files wherever a file is read or written.
//!
//! The program leaves them out, refuses them or works without them; it never waits for them, never fills memory from them,
//! and never replaces one that stands where an output is to go.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use crate::documents::{Document, documents, more_places};
use crate::mutations::{bounded, brief, judge};
use crate::part::{checked, rounds};
use crate::support::{World, list, require_root};

/// Bytes of a file that nobody can read to its end, and that needs no room.
const ENDLESS: u64 = 1 << 40;

/// A name, and how to make it at a path that is free.
type Kind = (&'static str, fn(&Path));

const KINDS: [Kind; 10] = [
    ("FIFO", |path| node(path, FileType::Fifo, 0)),
    ("socket", |path| node(path, FileType::Socket, 0)),
    ("/dev/zero", |path| node(path, FileType::CharacterDevice, makedev(1, 5))),
    ("/dev/full", |path| node(path, FileType::CharacterDevice, makedev(1, 7))),
    ("link to a device", |path| symlink("/dev/zero", path).unwrap()),
    ("link to itself", |path| symlink(path.file_name().unwrap(), path).unwrap()),
    ("link to nothing", |path| symlink("/nowhere/at/all", path).unwrap()),
    ("folder", |path| fs::create_dir(path).unwrap()),
    ("empty file", |path| fs::write(path, "").unwrap()),
    ("endless file", |path| fs::File::create(path).unwrap().set_len(ENDLESS).unwrap()),
];

fn node(path: &Path, kind: FileType, device: u64) {
    mknodat(CWD, path, kind, Mode::from_raw_mode(0o644), device).unwrap();
}

#[test]
fn places() {
    require_root();
    let places: Vec<_> = documents().into_iter().chain(more_places()).collect();
    rounds("places", 80, |random, met| {
        let document = random.pick(&places);
        let (kind, make) = *random.pick(&KINDS);
        let command = *random.pick(document.commands);
        let world = World::new();
        (document.lay_out)(&world.path(""));
        if document.file.starts_with("cache/layers") {
            bounded(&world, command);
            drop(fs::remove_dir_all(world.path("out")));
        }
        let path = file_of(document, &world, |files| random.below(files));
        drop(if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) });
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        make(&path);
        let before = fs::symlink_metadata(&path).unwrap().file_type();
        let ended = bounded(&world, command);
        let what = format!("{kind} for `{}` ({}): {command}: {}", path.display(), document.name, brief(&ended));
        checked(&what, || {
            judge(&ended);
            if document.name.starts_with("output:") && !before.is_file() {
                let after = fs::symlink_metadata(&path).map(|metadata| metadata.file_type());
                let same = after.as_ref().is_ok_and(|after| *after == before);
                assert!(same || before.is_dir(), "replaced by {after:?}");
            }
        });
        let special = before.is_fifo() || before.is_socket() || before.is_char_device();
        met.count(format!("{}, exit {}", if special { "special" } else { "other" }, ended.code.unwrap_or_default()));
        met.at_most("most memory in MiB:", ended.peak >> 20);
        met.at_most("longest in ms:", u64::try_from(ended.took.as_millis()).unwrap());
    });
}

/// The document's file, or one of its folder.
fn file_of(document: &Document, world: &World, mut pick: impl FnMut(usize) -> usize) -> PathBuf {
    let path = world.path(document.file);
    if !path.is_dir() || document.name.starts_with("output:") {
        return path;
    }
    let mut files = list(&path);
    files.retain(|path| path.is_file());
    if files.is_empty() { path } else { files.swap_remove(pick(files.len())) }
}
