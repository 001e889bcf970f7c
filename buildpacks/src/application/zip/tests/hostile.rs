//! What must be refused, and how.

use proptest::prelude::*;

use super::{Item, Zip, contents, read};
use crate::application::{ArchiveError, ContentError, EntryError, Limits, OpenError, PathError, Source, zip};

/// The rule the only bad entry breaks.
fn entry_error(zip: &Zip) -> (String, EntryError) {
    match read(zip.bytes()) {
        Err(OpenError::Entry { archive, entry, source }) => {
            assert_eq!(archive, "test.jar");
            (entry, source)
        }
        other => panic!("{other:?}"),
    }
}

fn archive_error(bytes: Vec<u8>) -> ArchiveError {
    match read(bytes) {
        Err(OpenError::Archive { source, .. }) => source,
        other => panic!("{other:?}"),
    }
}

fn one(item: Item) -> Zip {
    Zip::with([Item::new("fine", "x"), item])
}

#[test]
fn refuses_names_that_leave_the_tree() {
    for (name, expected) in [
        ("../../etc/passwd", PathError::Traversal),
        ("a/../../b", PathError::Traversal),
        ("/etc/passwd", PathError::Absolute),
        ("C:/windows", PathError::Absolute),
        ("a//b", PathError::Component),
        ("./a", PathError::Component),
        ("a\\..\\b", PathError::Character),
        ("a\0b", PathError::Character),
        ("", PathError::Empty),
        (&"a".repeat(256), PathError::ComponentTooLong),
        (&"a/".repeat(2100), PathError::TooLong),
    ] {
        let (entry, error) = entry_error(&one(Item::new(name, "x")));
        assert!(matches!(error, EntryError::Path(found) if found == expected), "{name:?}: {error}");
        // Messages show both ends of a very long name, and no control characters.
        assert_eq!(entry, crate::shown::Shown(name).to_string());
    }
}

#[test]
fn tells_an_archive_cut_off_behind_a_nested_one_from_bytes_behind_the_end() {
    let nested = Zip::of([("inner", "x")]).bytes();
    let script = b"#!/bin/sh\nexit\n";
    for (prefix, relative) in [(&b""[..], false), (script, false), (script, true)] {
        let items = [Item::new("first", "x"), Item::new("lib/nested.jar", &nested), Item::new("last", "x")];
        let zip = Zip { prefix: prefix.to_vec(), relative, ..Zip::with(items) };
        let bytes = zip.bytes();
        let cut = bytes.windows(4).position(|window| window == b"last").unwrap();
        assert!(matches!(archive_error(bytes[..cut].to_vec()), ArchiveError::Truncated));
        let trailing = [&bytes[..], b"more"].concat();
        assert!(matches!(archive_error(trailing), ArchiveError::Trailing { count: 4 }));
    }
}

#[test]
fn refuses_names_of_unknown_encoding() {
    let marked = entry_error(&one(Item { flags: 1 << 11, ..Item::new(b"caf\xe9", "x") })).1;
    assert!(matches!(marked, EntryError::NotUtf8));
    let unmarked = entry_error(&one(Item::new("caf\u{e9}", "x"))).1;
    assert!(matches!(unmarked, EntryError::UnmarkedName));
}

#[test]
fn refuses_links_out_of_the_tree() {
    for target in ["/etc/passwd", "../x", "a/../../x"] {
        let error = entry_error(&one(Item { mode: Some(0o120_777), ..Item::new("link", target) })).1;
        assert!(matches!(&error, EntryError::LinkLeaves { target: found } if found == target), "{error}");
    }
    let long = Item { mode: Some(0o120_777), ..Item::new("link", "a".repeat(5000)) };
    assert!(matches!(entry_error(&one(long)).1, EntryError::LinkTarget { .. }));
    let below = Item::new("link/passwd", "x");
    let link = Item { mode: Some(0o120_777), ..Item::new("link", "fine") };
    assert!(matches!(entry_error(&Zip::with([link, below])).1, EntryError::NotADirectory { .. }));
}

#[test]
fn refuses_what_is_neither_file_nor_directory() {
    for mode in [0o010_644, 0o020_644, 0o060_644, 0o140_644] {
        let item = Item { mode: Some(mode), ..Item::new("special", "") };
        assert!(matches!(entry_error(&one(item)).1, EntryError::Special));
    }
    assert!(matches!(entry_error(&one(Item::new("directory/", "with content"))).1, EntryError::Special));
}

#[test]
fn refuses_a_name_that_a_file_and_a_folder_share() {
    assert!(matches!(entry_error(&one(Item::new("fine/", ""))).1, EntryError::Duplicate));
    assert!(matches!(entry_error(&one(Item::new("fine/x", ""))).1, EntryError::NotADirectory { .. }));
}

#[test]
fn refuses_entries_that_share_bytes() {
    let twice = Item { local_name: Some(b"fine".to_vec()), same_place_as: Some(0), ..Item::new("other", "x") };
    // Local headers carry the name, so that two entries can only share one when they have the same name or overlap.
    assert!(matches!(entry_error(&one(twice)).1, EntryError::Disagree { what: "name", .. }));
    let same = Item { same_place_as: Some(0), ..Item::new("fine", "x") };
    assert!(matches!(entry_error(&one(same)).1, EntryError::Overlap { .. }));
    // The first entry's stored data reaches over the second's header.
    let mut bytes = Zip::of([("a", "x"), ("b", "yy")]).bytes();
    let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    for at in [18, 22, central + 20, central + 24] {
        bytes[at] = 30;
    }
    let error = read(bytes).unwrap_err();
    assert!(matches!(error, OpenError::Entry { source: EntryError::Overlap { .. }, .. }), "{error:?}");
}

#[test]
fn refuses_local_headers_that_disagree() {
    let item = || Item { deflate: true, ..Item::new("a", "x") };
    for (what, item) in [
        ("name", Item { local_name: Some(b"b".to_vec()), ..item() }),
        ("method", Item { local_method: Some(0), ..item() }),
        ("size", Item { local_size: Some(7), ..item() }),
    ] {
        let error = entry_error(&one(item)).1;
        assert!(matches!(error, EntryError::Disagree { what: found, .. } if found == what), "{error}");
    }
}

#[test]
fn refuses_encrypted_entries_unknown_methods_and_other_disks() {
    assert!(matches!(entry_error(&one(Item { flags: 1, ..Item::new("a", "x") })).1, EntryError::Encrypted));
    for method in [1, 9, 12, 14, 93, 99] {
        let error = entry_error(&one(Item { method: Some(method), ..Item::new("a", "x") })).1;
        assert!(matches!(error, EntryError::Method { method: found } if found == method));
    }
    let zip = Zip { disk: 1, ..Zip::of([("a", "x")]) };
    assert!(matches!(archive_error(zip.bytes()), ArchiveError::MultiDisk));
}

#[test]
fn refuses_sizes_that_cannot_be() {
    let stored = Item { size: Some(2), ..Item::new("a", "x") };
    assert!(matches!(entry_error(&one(stored)).1, EntryError::Impossible { stored: 1, size: 2 }));
    let deflated = Item { deflate: true, size: Some(1 << 20), ..Item::new("a", "x") };
    assert!(matches!(entry_error(&one(deflated)).1, EntryError::Impossible { .. }));
}

#[test]
fn lying_sizes_and_sums_show_when_the_content_is_read() {
    let zeros = vec![0; 100_000];
    for (size, expected) in [(99_999, 100_000), (100_001, 100_000), (1, 100_000)] {
        let item = Item { deflate: true, size: Some(size), ..Item::new("a", &zeros) };
        let entries = read(one(item).bytes()).unwrap();
        for result in [
            entries[0].content().unwrap().read(1 << 20).map(drop),
            entries[0].content().unwrap().copy_to(&mut std::io::sink()).map(drop),
        ] {
            let error = result.unwrap_err();
            assert!(
                matches!(error, ContentError::Size { claimed, found }
                    if claimed == u64::from(size) && (found > claimed) == (expected > size)),
                "{size}: {error}"
            );
        }
    }
    for deflate in [false, true] {
        let item = Item { deflate, crc: Some(1), ..Item::new("a", "x") };
        let entries = read(one(item).bytes()).unwrap();
        let content = entries[0].content().unwrap();
        assert!(matches!(content.read(10), Err(ContentError::Crc { claimed: 1, .. })));
        assert!(matches!(content.copy_to(&mut std::io::sink()), Err(ContentError::Crc { claimed: 1, .. })));
    }
}

#[test]
fn refuses_bombs() {
    let limits = Limits { total_bytes: 1000, ratio_free_bytes: 1000, entry_bytes: 600, ..Limits::default() };
    let read = |zip: &Zip| {
        let bytes = zip.bytes();
        let source = std::sync::Arc::new(Source::from_bytes(bytes, "bomb.jar".as_ref()));
        zip::read_within(&source, 0..source.len(), "bomb.jar", &limits)
    };
    let zeros = |size: usize| Item { deflate: true, ..Item::new("a", vec![0; size]) };
    let error = read(&one(zeros(601))).unwrap_err();
    assert!(matches!(error, OpenError::Entry { source: EntryError::TooLarge { size: 601, limit: 600 }, .. }));
    let error = read(&Zip::with([zeros(501), Item { name: b"b".to_vec(), ..zeros(500) }])).unwrap_err();
    assert!(matches!(error, OpenError::Archive { source: ArchiveError::TooLarge { limit: 1000 }, .. }));

    let few = Limits { entries: 2, ..Limits::default() };
    let source = Source::from_bytes(Zip::of([("a", ""), ("b", ""), ("c", "")]).bytes(), "many.jar".as_ref());
    let error = zip::read_within(&source.into(), 0..MANY, "many.jar", &few).unwrap_err();
    assert!(matches!(error, OpenError::Archive { source: ArchiveError::TooManyEntries { limit: 2 }, .. }));
}

/// Length of an archive with three empty entries of one letter.
const MANY: u64 = 3 * (30 + 1 + 8) + 3 * (46 + 1) + 22;

#[test]
fn refuses_broken_ends() {
    let whole = Zip::of([("a", "x"), ("b", "y")]).bytes();
    for cut in [1, 10, 22, 23, 60, whole.len() - 5] {
        let error = archive_error(whole[..whole.len() - cut].to_vec());
        assert!(matches!(error, ArchiveError::Truncated), "{cut}: {error}");
    }
    let trailing = [whole.clone(), b"\n\n".to_vec()].concat();
    assert!(matches!(archive_error(trailing), ArchiveError::Trailing { count: 2 }));
    let count = Zip { count_lie: 1, ..Zip::of([("a", "x")]) };
    assert!(matches!(archive_error(count.bytes()), ArchiveError::Count { claimed: 2, found: 1 }));
    let mut offset = whole.clone();
    let end = offset.len() - 22;
    offset[end + 16..end + 20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(archive_error(offset), ArchiveError::End { .. }));
    // Cut out bytes between: offsets point elsewhere.
    let mut middle = whole.clone();
    middle.drain(35..40);
    assert!(read(middle).is_err());
}

#[test]
fn refuses_a_comment_that_holds_another_end() {
    let inner = Zip::of([("hidden", "x")]).bytes();
    let zip = Zip { comment: inner[inner.len() - 22..].to_vec(), ..Zip::of([("a", "x")]) };
    let error = archive_error(zip.bytes());
    assert!(matches!(error, ArchiveError::TwoEnds | ArchiveError::End { .. } | ArchiveError::Directory(_)), "{error}");
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes: Vec<u8>) {
        let _ = read(bytes);
    }

    #[test]
    fn damaged_archives_never_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), zip64: bool) {
        let items = [Item { deflate: true, descriptor: true, ..Item::new("a/b", vec![7; 300]) }, Item::new("c", "x")];
        let mut bytes = Zip { zip64, ..Zip::with(items) }.bytes();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(entries) = read(bytes) {
            for entry in &entries {
                let _ = entry.content().map(|content| content.read(1 << 20).map(drop));
            }
        }
    }

    #[test]
    fn truncated_archives_are_refused(length in 0_usize..200) {
        let whole = Zip::of([("a", "x"), ("b", "y")]).bytes();
        prop_assume!(length < whole.len());
        prop_assert!(read(whole[..length].to_vec()).is_err());
    }
}

#[test]
fn the_test_writer_tells_the_truth_unless_asked() {
    assert_eq!(contents(&read(Zip::of([("a", "x")]).bytes()).unwrap()), [("a".to_owned(), b"x".to_vec())]);
}
