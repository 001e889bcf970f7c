//! A changed class is in the image, however hard its archive hides the change.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{BootJar, Done, Image, Item, World, class, copy_tree, fixture, forge_crc32};

const MAIN: &str = "BOOT-INF/classes/demo/Main.class";

/// Two versions of a class with equal size and equal CRC-32.
fn twins() -> [Vec<u8>; 2] {
    let one = class("demo/Main", 61, b"the old constant, then four bytes: ____");
    let mut other = class("demo/Main", 61, b"the new constant, then four bytes: ____");
    let mut crc = flate2::Crc::new();
    crc.update(&one);
    let at = other.len() - 4;
    forge_crc32(&mut other, at, crc.sum());
    assert!(one != other && one.len() == other.len());
    [one, other]
}

/// The jar with one of the twins, stored: the two jars differ in nothing but the class's bytes.
fn jar(main: &[u8]) -> Vec<u8> {
    let mut zip = BootJar::new().zip();
    for item in &mut zip.items {
        if item.name == MAIN.as_bytes() {
            *item = Item::new(MAIN, main);
        }
    }
    zip.bytes()
}

fn digest(report: &Value) -> &str {
    report["image"]["digest"].as_str().unwrap()
}

/// Names of the layers that were built.
fn missed(report: &Value) -> Vec<&str> {
    let layers = report["layers"].as_array().unwrap().iter();
    layers.filter(|layer| layer["cache"] == "miss").map(|layer| layer["name"].as_str().unwrap()).collect()
}

/// Whether the run was answered by the memo of an earlier one, without opening the application.
fn recalled(report: &Value) -> bool {
    report["timings"]["phases"].get("recall").is_some()
}

/// Stages until the program takes the jar's stat record at its word, which it does once the clock has moved on.
fn stage_until_recalled(world: &World, jar: &Path) -> Value {
    for _ in 0..1000 {
        let report = world.stage(jar, ["-o", "oci:out"]);
        if recalled(&report) {
            return report;
        }
    }
    panic!("an unchanged jar was read again and again");
}

/// A name and how to put bytes under a jar's name.
type Replacement = (&'static str, fn(&Path, &[u8]));

/// Ways to put other bytes under a jar's name.
const REPLACEMENTS: [Replacement; 4] = [
    ("written in place", |jar, bytes| fs::write(jar, bytes).unwrap()),
    ("written in place, time kept", |jar, bytes| {
        let time = fs::metadata(jar).unwrap().modified().unwrap();
        fs::write(jar, bytes).unwrap();
        fs::File::options().write(true).open(jar).unwrap().set_modified(time).unwrap();
    }),
    ("renamed over", |jar, bytes| {
        let other = jar.with_extension("new");
        fs::write(&other, bytes).unwrap();
        fs::rename(&other, jar).unwrap();
    }),
    ("renamed over, time kept", |jar, bytes| {
        let time = fs::metadata(jar).unwrap().modified().unwrap();
        let other = jar.with_extension("new");
        fs::write(&other, bytes).unwrap();
        fs::File::options().write(true).open(&other).unwrap().set_modified(time).unwrap();
        fs::rename(&other, jar).unwrap();
    }),
];

#[test]
fn class_of_equal_size_time_and_crc_changes_the_image_and_one_layer() {
    let [old, new] = twins();
    let [old_jar, new_jar] = [jar(&old), jar(&new)];
    assert_eq!(old_jar.len(), new_jar.len());
    assert_eq!(
        old_jar.iter().zip(&new_jar).filter(|(a, b)| a != b).count(),
        old.iter().zip(&new).filter(|(a, b)| a != b).count()
    );
    for (name, replace) in REPLACEMENTS {
        let world = World::new();
        let path = world.path("app.jar");
        fs::write(&path, &old_jar).unwrap();
        let before = stage_until_recalled(&world, &path);
        assert_eq!(Image::read(&world.path("out")).workspace(MAIN), old, "{name}");
        replace(&path, &new_jar);
        let after = world.stage(&path, ["-o", "oci:out"]);
        assert!(!recalled(&after), "{name}");
        assert_ne!(digest(&before), digest(&after), "{name}");
        assert_eq!(missed(&after), ["application"], "{name}");
        assert_eq!(Image::read(&world.path("out")).workspace(MAIN), new, "{name}");
        replace(&path, &old_jar);
        let back = world.stage(&path, ["-o", "oci:out"]);
        assert_eq!((digest(&back), missed(&back)), (digest(&before), vec![]), "{name}");
    }
}

#[test]
fn a_jar_replaced_right_after_a_run_is_seen() {
    let jars = twins().map(|class| jar(&class));
    let world = World::new();
    let path = world.path("app.jar");
    let digests: Vec<String> = (0..40)
        .map(|round| {
            let time = fs::metadata(&path).and_then(|metadata| metadata.modified());
            fs::write(&path, &jars[round % 2]).unwrap();
            if let Ok(time) = time {
                fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
            }
            world.digest(&path, ["-o", "oci:out"])
        })
        .collect();
    assert_ne!(digests[0], digests[1]);
    for (round, digest) in digests.iter().enumerate() {
        assert_eq!(*digest, digests[round % 2], "round {round}");
    }
}

#[test]
fn file_of_an_exploded_application_is_seen_when_its_time_is_kept() {
    let [old, new] = twins();
    let world = World::new();
    let folder = BootJar::new().with(MAIN, old).explode(&world.path("exploded"), 0o644);
    let before = stage_until_recalled(&world, &folder);
    REPLACEMENTS[1].1(&folder.join(MAIN), &new);
    let after = world.stage(&folder, ["-o", "oci:out"]);
    assert_ne!(digest(&before), digest(&after));
    assert_eq!(missed(&after), ["application"]);
    assert_eq!(Image::read(&world.path("out")).workspace(MAIN), new);
}

#[test]
fn files_that_come_and_go_are_seen() {
    let world = World::new();
    let folder = BootJar::new().explode(&world.path("exploded"), 0o644);
    let before = stage_until_recalled(&world, &folder);
    fs::write(folder.join("BOOT-INF/classes/more.txt"), "more").unwrap();
    let more = world.stage(&folder, ["-o", "oci:out"]);
    assert_ne!(digest(&before), digest(&more));
    fs::remove_file(folder.join("BOOT-INF/classes/more.txt")).unwrap();
    assert_eq!(digest(&world.stage(&folder, ["-o", "oci:out"])), digest(&before));
}

#[test]
fn class_in_zipkin_changed_at_equal_size_is_in_the_image() {
    let world = World::with_jre();
    let jar = world.path("zipkin.jar");
    let name = "BOOT-INF/classes/zipkin/server/ZipkinServer.class";
    let bytes = fs::read(fixture("zipkin")).unwrap();
    fs::write(&jar, &bytes).unwrap();
    let before = world.stage(&jar, ["--compression", "none", "-o", "oci:out"]);
    let old = Image::read(&world.path("out")).workspace(name);
    fs::write(&jar, with_flipped_constant(&bytes, name, &old)).unwrap();
    let after = world.stage(&jar, ["--compression", "none", "-o", "oci:out"]);
    assert_ne!(digest(&before), digest(&after));
    assert_eq!(missed(&after), ["application"]);
    let new = Image::read(&world.path("out")).workspace(name);
    assert_eq!(new.len(), old.len());
    assert_eq!(new.iter().zip(&old).filter(|(a, b)| a != b).count(), 1);
}

/// The archive with one letter of a class changed. The entry is replaced at the archive's end by a stored one; its old
/// bytes stay as a hole. The central directory keeps the entry's time.
fn with_flipped_constant(zip: &[u8], name: &str, class: &[u8]) -> Vec<u8> {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([zip[at], zip[at + 1]]));
    let u32_at = |at: usize| u32::from_le_bytes(zip[at..at + 4].try_into().unwrap()) as usize;
    let mut class = class.to_vec();
    let at = class.windows(12).position(|window| window == b"ZipkinServer").expect("its own name");
    class[at] ^= 0x20;
    let mut crc = flate2::Crc::new();
    crc.update(&class);
    let size = u32::try_from(class.len()).unwrap().to_le_bytes();

    let end = zip.len() - 22;
    let (directory, directory_bytes) = (u32_at(end + 16), u32_at(end + 12));
    let mut central = zip[directory..directory + directory_bytes].to_vec();
    let mut at = 0;
    let found = loop {
        let here = directory + at;
        let length = 46 + u16_at(here + 28) + u16_at(here + 30) + u16_at(here + 32);
        if &zip[here + 46..here + 46 + u16_at(here + 28)] == name.as_bytes() {
            break at;
        }
        at += length;
    };
    let mut out = zip[..directory].to_vec();
    let local = u32::try_from(out.len()).unwrap();
    let mut header = zip[directory + found + 6..directory + found + 16].to_vec();
    header[2] &= !8; // no data descriptor
    header[4..6].fill(0); // stored
    out.extend(b"PK\x03\x04");
    for part in [&header[..], &crc.sum().to_le_bytes(), &size, &size] {
        out.extend(part);
    }
    out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    out.extend([0, 0]);
    out.extend(name.as_bytes());
    out.extend(&class);
    central[found + 6..found + 16].copy_from_slice(&header);
    central[found + 16..found + 20].copy_from_slice(&crc.sum().to_le_bytes());
    central[found + 20..found + 24].copy_from_slice(&size);
    central[found + 24..found + 28].copy_from_slice(&size);
    central[found + 42..found + 46].copy_from_slice(&local.to_le_bytes());
    let new_directory = u32::try_from(out.len()).unwrap();
    out.extend(central);
    out.extend(&zip[end..end + 16]);
    out.extend(new_directory.to_le_bytes());
    out.extend(&zip[end + 20..]);
    out
}

/// Builds the project of `fixtures/one-constant` with Maven, which has everything it needs in the local repository once
/// `./check` or a first run has put it there.
fn maven(project: &Path) -> PathBuf {
    let run = |offline: &[&str]| {
        let mut command = Command::new("mvn");
        command.args(["-q", "-B"]).args(offline).arg("package").current_dir(project);
        command.output().unwrap()
    };
    if !run(&["-o"]).status.success() {
        let output = run(&[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    project.join("target/app.jar")
}

#[test]
fn rebuild_by_maven_with_constant_times_is_seen() {
    let world = World::new();
    let project = world.path("project");
    copy_tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/one-constant"), &project);
    let source = project.join("src/main/java/demo/Main.java");
    let class = "BOOT-INF/classes/demo/Main.class";
    let contains = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());

    let jar = maven(&project);
    let before = stage_until_recalled(&world, &jar);
    let old = Image::read(&world.path("out")).workspace(class);
    assert!(contains(&old, "constant-0001"));

    let text = fs::read_to_string(&source).unwrap();
    fs::write(&source, text.replace("constant-0001", "constant-0002")).unwrap();
    let (time, size) = (fs::metadata(&jar).unwrap().modified().unwrap(), fs::metadata(&jar).unwrap().len());
    fs::remove_dir_all(project.join("target")).unwrap();
    let jar = maven(&project);
    fs::File::options().write(true).open(&jar).unwrap().set_modified(time).unwrap();
    assert!(fs::metadata(&jar).unwrap().len().abs_diff(size) < 8, "constant times, one constant");

    let after = world.stage(&jar, ["-o", "oci:out"]);
    assert_ne!(digest(&before), digest(&after));
    assert_eq!(missed(&after), ["application"]);
    let new = Image::read(&world.path("out")).workspace(class);
    assert!(contains(&new, "constant-0002") && !contains(&new, "constant-0001"));
    assert_eq!(old.len(), new.len());
    Done::of(world.command().args(["inspect", "oci:out"])).ok();
}
