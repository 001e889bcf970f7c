//! What must be read.

use std::time::Instant;

use proptest::prelude::*;

use super::{Item, Zip, contents, read};
use crate::application::{EntryKind, zip};

const SCRIPT: &[u8] = b"#!/bin/sh\nexec java -jar \"$0\" \"$@\"\n";

fn sample() -> Zip {
    let text = b"Manifest-Version: 1.0\n".repeat(50);
    Zip::with([
        Item { mode: Some(0o40_755), ..Item::new("META-INF/", "") },
        Item { deflate: true, descriptor: true, ..Item::new("META-INF/MANIFEST.MF", &text) },
        Item { deflate: true, ..Item::new("b", &text) },
        Item { mode: Some(0o100_755), ..Item::new("bin/run", SCRIPT) },
        Item { flags: 1 << 11, ..Item::new("a/\u{e4}", "") },
    ])
}

#[test]
fn reads_stored_and_deflated_entries_in_every_place() {
    let expected = contents(&read(sample().bytes()).unwrap());
    assert_eq!(
        expected.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["META-INF/MANIFEST.MF", "a/\u{e4}", "b", "bin/run"]
    );
    assert_eq!(expected[0].1.len(), 22 * 50);
    for prefix in [&b""[..], SCRIPT] {
        for relative in [false, true] {
            for zip64 in [false, true] {
                for comment in ["", "a comment"] {
                    let prefix = prefix.to_vec();
                    let zip = Zip { prefix, relative, zip64, comment: comment.as_bytes().to_vec(), ..sample() };
                    let entries = read(zip.bytes()).unwrap_or_else(|error| {
                        panic!("relative {relative}, zip64 {zip64}, {comment:?}: {error:?}");
                    });
                    assert_eq!(contents(&entries), expected);
                }
            }
        }
    }
}

#[test]
fn keeps_the_owners_execute_bit_only() {
    for (mode, expected) in
        [(Some(0o100_755), true), (Some(0o100_700), true), (Some(0o100_655), false), (Some(0), false), (None, false)]
    {
        let entries = read(Zip::with([Item { mode, ..Item::new("a", "x") }]).bytes()).unwrap();
        assert!(matches!(entries[0].kind, EntryKind::File { executable, .. } if executable == expected), "{mode:?}");
    }
}

/// `plexus-archiver` up to 2.x wrote directories with a mode of all ones.
#[test]
fn a_mode_without_meaning_is_no_mode() {
    let all_ones = |name| Item { mode: Some(0o177_777), ..Item::new(name, "") };
    let entries = read(Zip::with([all_ones("a/"), all_ones("a/b")]).bytes()).unwrap();
    assert!(matches!(entries[0].kind, EntryKind::Directory));
    assert!(matches!(entries[1].kind, EntryKind::File { executable: false, .. }));
}

#[test]
fn keeps_links_that_stay_inside() {
    let link = Item { mode: Some(0o120_777), deflate: true, ..Item::new("lib/a.so", "a.so.1") };
    let entries = read(Zip::with([link, Item::new("lib/a.so.1", "x")]).bytes()).unwrap();
    assert!(matches!(&entries[0].kind, EntryKind::Symlink { target } if &**target == "a.so.1"));
}

#[test]
fn an_empty_archive_has_no_entries() {
    assert!(read(Zip::default().bytes()).unwrap().is_empty());
}

#[test]
fn names_come_without_touching_the_entries() {
    let bytes = Zip { prefix: SCRIPT.to_vec(), ..sample() }.bytes();
    let mut names = Vec::new();
    let source = crate::application::Source::from_bytes(bytes, "x".as_ref());
    zip::Names::of(&source, 0..source.len()).unwrap().for_each(|name| names.push(name.to_vec())).unwrap();
    assert_eq!(names.len(), 5);
    assert_eq!(names[0], b"META-INF/");
}

/// More than 65,535 entries, with zip64 and without, as old writers did it: the count wraps.
#[test]
fn reads_a_hundred_thousand_entries() {
    let files = (0..100_000).map(|number| (format!("com/example/package{}/Class{number}.class", number % 977), "x"));
    let zip = Zip::of(files);
    for zip64 in [true, false] {
        let bytes = Zip { zip64, ..zip.clone() }.bytes();
        let start = Instant::now();
        let entries = read(bytes).unwrap();
        println!("100,000 entries, zip64 {zip64}: {:?}", start.elapsed());
        assert_eq!(entries.len(), 100_000);
        assert!(entries.is_sorted_by(|a, b| a.path < b.path));
    }
}

proptest! {
    #[test]
    fn reads_back_what_was_written(
        files in prop::collection::btree_map("[a-z]{1,8}(/[a-z]{1,8}){0,3}[.]x", (any::<Vec<u8>>(), any::<[bool; 2]>()), 1..20),
        prefix: Vec<u8>,
        flags: [bool; 2],
    ) {
        let items = files.iter().map(|(name, (data, [deflate, descriptor]))| {
            Item { deflate: *deflate, descriptor: *descriptor, ..Item::new(name, data) }
        });
        let zip = Zip { prefix, relative: flags[0], zip64: flags[1], ..Zip::with(items) };
        let entries = read(zip.bytes()).unwrap();
        let expected: Vec<_> = files.into_iter().map(|(name, (data, _))| (name, data)).collect();
        prop_assert_eq!(contents(&entries), expected);
    }
}
