//! What the program believes without reading it, in the cache and in its outputs: nothing that a loss of power, a hand or
//! a process that writes meanwhile may have changed.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::{BootJar, Done, Image, Staging, World, list, sha256_hex};

/// The time of a sealed blob.
fn sealed() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(315_532_801)
}

fn hex_of(report: &Value, layer: &str) -> String {
    let layers = report["layers"].as_array().unwrap();
    let digest = layers.iter().find(|found| found["name"] == layer).unwrap()["digest"].as_str().unwrap();
    digest.strip_prefix("sha256:").unwrap().to_owned()
}

fn hex(digest: &Value) -> String {
    digest.as_str().unwrap().strip_prefix("sha256:").unwrap().to_owned()
}

/// Overwrites a file with as many zeros, and gives it the time and the mode back that it had: what a loss of power leaves
/// of a file whose content was not on the disk yet.
fn lose(path: &Path) {
    let before = fs::metadata(path).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, vec![0; usize::try_from(before.len()).unwrap()]).unwrap();
    fs::set_permissions(path, before.permissions()).unwrap();
    fs::File::open(path).unwrap().set_modified(before.modified().unwrap()).unwrap();
}

/// A file of its own in the place of a hard link, of the same bytes, mode and time.
fn unlink(path: &Path) {
    let before = fs::metadata(path).unwrap();
    let bytes = fs::read(path).unwrap();
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, before.permissions()).unwrap();
    fs::File::open(path).unwrap().set_modified(before.modified().unwrap()).unwrap();
}

/// Has every record of the cache been made before the machine was last started.
fn restart(world: &World) {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let mut changed = 0;
    for path in list(&world.cache().join("layers/selectors")) {
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace(boot.trim(), "00000000-0000-0000-0000-000000000000")).unwrap();
        changed += usize::from(text.contains(boot.trim()));
    }
    assert!(changed > 0);
}

fn world() -> (World, PathBuf) {
    let world = World::new();
    let jar = BootJar::new().write(&world.path("app.jar"));
    (world, jar)
}

#[test]
fn what_was_sealed_before_the_machine_was_started_is_hashed_once() {
    let (world, jar) = world();
    let before = world.stage(&jar, ["-o", "oci:out"]);
    let blob = world.cache().join("layers/blobs/sha256").join(hex_of(&before, "application"));
    restart(&world);
    // Its seal holds again as soon as its last change lies a clock's tick back. Then what leaves no trace is not seen, which
    // is why the next start makes an end of seals.
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let is_sealed = |path: &PathBuf| fs::read_to_string(path).unwrap().contains(boot.trim());
    let mut rounds = 0;
    while !list(&world.cache().join("layers/selectors")).iter().all(is_sealed) {
        assert_eq!(world.digest(&jar, ["-o", "oci:out"]), before["image"]["digest"]);
        rounds += 1;
        assert!(rounds < 1000, "an unchanged blob is hashed again and again");
    }
    restart(&world);
    lose(&blob);
    let after = world.stage(&jar, ["-o", "oci:out"]);
    assert_eq!(after["image"]["digest"], before["image"]["digest"]);
    Image::read(&world.path("out"));
    let aside = world.cache().join("layers/quarantine").join(hex_of(&before, "application"));
    assert!(fs::read(aside).unwrap().iter().all(|byte| *byte == 0));
}

#[test]
fn a_blob_that_somebody_may_write_to_is_replaced_not_sealed_again() {
    let (world, jar) = world();
    let before = world.stage(&jar, ["-o", "oci:out"]);
    let blob = world.cache().join("layers/blobs/sha256").join(hex_of(&before, "application"));
    let writer = {
        fs::set_permissions(&blob, fs::Permissions::from_mode(0o644)).unwrap();
        fs::File::options().write(true).open(&blob).unwrap()
    };
    writer.set_modified(SystemTime::now()).unwrap();
    let inode = fs::metadata(&blob).unwrap().ino();
    fs::remove_dir_all(world.path("out")).unwrap();
    let after = world.stage(&jar, ["-o", "oci:out"]);
    assert_eq!(after["layers"], cached(&before)["layers"]);
    let now = fs::metadata(&blob).unwrap();
    assert_ne!(now.ino(), inode, "whoever has the old file open cannot write to this one");
    assert_eq!(now.modified().unwrap(), sealed());
    // What is written to the old one, in secret, reaches neither the cache nor the next output.
    writer.set_len(1).unwrap();
    writer.set_modified(sealed()).unwrap();
    world.stage(&jar, ["-o", "oci:next"]);
    Image::read(&world.path("out"));
    Image::read(&world.path("next"));
}

/// The report of a run that builds nothing.
fn cached(report: &Value) -> Value {
    serde_json::from_str(&report.to_string().replace("\"miss\"", "\"hit\"")).unwrap()
}

/// A name, what is done to a layout, and what the run says of it.
type Damage = (&'static str, fn(&Path, &Value), &'static str);

fn blob_in(layout: &Path, hex: &str) -> PathBuf {
    layout.join("blobs/sha256").join(hex)
}

/// Cuts a file in half.
fn halve(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

/// Zeros in the place of a file's second half.
fn lose_end(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0);
    fs::write(path, bytes).unwrap();
}

/// What a loss of power leaves of an output.
const DAMAGES: [Damage; 14] = [
    ("empty index", |out, _| fs::write(out.join("index.json"), "").unwrap(), "index.json` was cut off"),
    ("index of zeros", |out, _| lose(&out.join("index.json")), "index.json` was cut off"),
    ("half an index", |out, _| halve(&out.join("index.json")), "index.json` was cut off"),
    ("half a marker", |out, _| halve(&out.join("oci-layout")), "oci-layout` was cut off"),
    ("zeros behind an index", |out, _| lose_end(&out.join("index.json")), "index.json` was cut off"),
    ("no index", |out, _| fs::remove_file(out.join("index.json")).unwrap(), ""),
    ("empty marker", |out, _| fs::write(out.join("oci-layout"), "").unwrap(), "oci-layout` was cut off"),
    ("marker of zeros", |out, _| lose(&out.join("oci-layout")), "oci-layout` was cut off"),
    ("both", |out, _| ["oci-layout", "index.json"].map(|name| lose(&out.join(name))).into_iter().collect(), "cut off"),
    ("manifest", |out, report| lose(&blob_in(out, &hex(&report["image"]["digest"]))), "1 blob in"),
    ("config", |out, report| lose(&blob_in(out, &hex(&report["image"]["config_digest"]))), "1 blob in"),
    (
        "linked layer",
        |out, report| lose(&blob_in(out, &hex_of(report, "application"))),
        // The cache's blob is the same file: nothing shows that it changed, but for the start of the machine.
        "1 blob in",
    ),
    (
        "layer of its own",
        |out, report| {
            let blob = blob_in(out, &hex_of(report, "application"));
            unlink(&blob);
            lose(&blob);
        },
        "1 blob in",
    ),
    (
        "truncated layer",
        |out, report| {
            let blob = blob_in(out, &hex_of(report, "application"));
            unlink(&blob);
            fs::set_permissions(&blob, fs::Permissions::from_mode(0o644)).unwrap();
            fs::File::options().write(true).open(&blob).unwrap().set_len(7).unwrap();
        },
        "1 blob in",
    ),
];

#[test]
fn what_a_loss_of_power_leaves_of_an_output_is_mended() {
    for (name, damage, said) in DAMAGES {
        let (world, jar) = world();
        let before = world.stage(&jar, ["-o", "oci:out"]);
        damage(&world.path("out"), &before);
        restart(&world);
        let after = world.stage(&jar, ["-o", "oci:out"]);
        assert_eq!(Image::read(&world.path("out")).digest, before["image"]["digest"].as_str().unwrap(), "{name}");
        assert!(after["notes"].to_string().contains(said), "{name}: {}", after["notes"]);
        let again = world.stage(&jar, ["-o", "oci:out"]);
        assert_eq!(again["notes"], before["notes"], "{name}: it is said once");
        assert_eq!(world.leftovers(), Vec::<PathBuf>::new(), "{name}");
    }
}

#[test]
fn other_images_of_a_layout_are_mended_from_the_cache_or_named() {
    let world = World::new();
    let other = BootJar::new().with("BOOT-INF/classes/other", "other").write(&world.path("other.jar"));
    let jar = BootJar::new().write(&world.path("app.jar"));
    let before = world.stage(&other, ["-o", "oci:out:other"]);
    for own in [true, false] {
        let blob = blob_in(&world.path("out"), &hex_of(&before, "application"));
        unlink(&blob);
        lose(&blob);
        let report = world.stage(&jar, ["-o", "oci:out"]);
        if own {
            assert!(report["notes"].to_string().contains("1 blob in"), "{}", report["notes"]);
            assert_eq!(sha256_hex(&fs::read(&blob).unwrap()), hex_of(&before, "application"));
            fs::remove_dir_all(world.cache().join("layers")).unwrap();
        } else {
            let notes = report["notes"].to_string();
            assert!(notes.contains("The image `other`") && notes.contains(&hex_of(&before, "application")), "{notes}");
        }
    }
    lose(&blob_in(&world.path("out"), &hex(&before["image"]["digest"])));
    let notes = world.stage(&jar, ["-o", "oci:out"])["notes"].to_string();
    assert!(notes.contains("The image `other`") && notes.contains("manifest"), "{notes}");
}

#[test]
fn an_index_that_is_somebody_elses_is_refused() {
    for text in ["no JSON", "[]", "7", "null", "{\"manifests\":7}", "\0x"] {
        let (world, jar) = world();
        world.stage(&jar, ["-o", "oci:out"]);
        fs::write(world.path("out/index.json"), text).unwrap();
        for marker in ["{\"imageLayoutVersion\":\"1.0.0\"}", ""] {
            fs::write(world.path("out/oci-layout"), marker).unwrap();
            let run = Done::of(world.command().arg(&jar).args(["--base", "none", "-o", "oci:out"]));
            run.failed(1, &["index.json", "is not an OCI image index", "hint: "]);
            assert_eq!(fs::read_to_string(world.path("out/index.json")).unwrap(), text);
            assert_eq!(fs::read_to_string(world.path("out/oci-layout")).unwrap(), marker);
        }
    }
}

#[test]
fn paranoid_believes_nothing_in_cache_and_output() {
    for own in [true, false] {
        let (world, jar) = world();
        let before = world.stage(&jar, ["-o", "oci:out"]);
        for layer in ["application", "jre", "launcher"] {
            let blob = blob_in(&world.path("out"), &hex_of(&before, layer));
            if own {
                unlink(&blob);
            }
            lose(&blob);
        }
        world.stage(&jar, ["--paranoid", "-o", "oci:out", "-o", "oci-archive:out.tar"]);
        assert_eq!(Image::read(&world.path("out")).digest, before["image"]["digest"].as_str().unwrap());
        let unpacked = world.path("unpacked");
        fs::create_dir(&unpacked).unwrap();
        Done::of(world.clean("tar").args(["xf", "out.tar", "-C", "unpacked"])).ok();
        Image::read(&unpacked);
    }
}

#[test]
fn a_copy_on_another_disk_is_hashed_once_and_then_remembered() {
    let (world, jar) = world();
    let elsewhere = tempfile::tempdir_in("/dev/shm").unwrap();
    let output = format!("oci:{}/out", elsewhere.path().display());
    let before = world.stage(&jar, ["-o", &output]);
    let blob = blob_in(&elsewhere.path().join("out"), &hex_of(&before, "application"));
    assert_eq!(fs::metadata(&blob).unwrap().nlink(), 1, "/dev/shm is a disk of its own");
    let memos = || list(&world.cache().join("layers/memo")).len();
    let few = memos();
    let mut rounds = 0;
    while memos() < few + before["layers"].as_array().unwrap().len() {
        world.stage(&jar, ["-o", &output]);
        rounds += 1;
        assert!(rounds < 1000, "an unchanged blob is hashed again and again");
    }
    lose(&blob);
    world.stage(&jar, ["-o", &output]);
    Image::read(&elsewhere.path().join("out"));
}

#[test]
fn what_has_the_name_of_a_leftover_and_is_none_blocks_nothing() {
    let (world, jar) = world();
    world.stage(&jar, ["-o", "oci:there"]);
    let names = [
        ".new.stage-x",
        ".file.stage-x",
        "there/.new-x",
        "there/blobs/sha256/.new-x",
        "cache/layers/tmp/x",
        "cache/dependencies/tmp/x",
    ];
    let fifo = |path: &Path| rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RUSR).unwrap();
    for name in names {
        fs::create_dir_all(world.path(name).parent().unwrap()).unwrap();
        fifo(&world.path(name));
    }
    world.stage(&jar, ["-o", "oci:new", "-o", "oci-archive:file", "-o", "oci:there:other"]);
    let staging = Staging::new().buildpack("bp", &[("detect", "exit 0"), ("compile", "exit 0"), ("release", "exit 0")]);
    fs::create_dir_all(staging.path("out")).unwrap();
    for name in ["out/.droplet.stage-x", "out/.result.json.stage-x", "out/.cache.tgz.stage-x"] {
        fifo(&staging.path(name));
    }
    staging.stage(&["-skipDetect=true"]);
    assert!(staging.path("out/droplet").is_file());
}

#[test]
fn the_same_bytes_from_other_inputs_leave_the_blob_that_a_base_is_linked_to() {
    let (world, jar) = world();
    let folder = BootJar::new().explode(&world.path("folder"), 0o644);
    world.stage(&folder, ["-o", "oci:base"]);
    let inode = |name: &str| {
        fs::metadata(blob_in(&world.path(name), &hex_of(&world.stage(&folder, ["-o", "oci:base"]), "dependencies")))
            .unwrap()
            .ino()
    };
    let before = inode("base");
    // Stored in a jar, the library has another identity and gives another key of the same blob.
    Done::of(world.command().arg(&jar).args(["--base", "oci:base", "-o", "oci:out"])).ok();
    assert_eq!(inode("base"), before);
}
