//! Bad input: an error that names file, entry and rule, its exit code, and nothing left behind.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

use crate::support::{BootJar, Done, Image, Item, World, Zip, class, fake_jre, list, require_root};

/// A broken artifact, and what must be said of it.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    /// Rule and entry, besides the file's own name.
    said: &'static [&'static str],
}

/// The good jar with one more entry.
fn with(item: Item) -> Vec<u8> {
    with_all([item])
}

fn with_all(items: impl IntoIterator<Item = Item>) -> Vec<u8> {
    let mut zip = BootJar::new().zip();
    zip.items.extend(items);
    zip.bytes()
}

fn good() -> Vec<u8> {
    BootJar::new().bytes()
}

/// Stages what must fail and checks that it left nothing: no output, no temporary file, no other file.
fn fails(world: &World, app: &Path, code: i32, said: &[&str]) -> String {
    let before = outside_cache(world);
    let done = world.run([app.to_str().unwrap(), "--base", "none", "-o", "oci:out", "-o", "oci-archive:out.tar"]);
    done.failed(code, said);
    assert!(done.stderr.starts_with("error: "), "{}", done.stderr);
    // Who only asks for sizes reads less of it: an answer or an error, as well within the limits.
    let asked = world.run([Path::new("memory"), app, Path::new("--java=17"), Path::new("--limit=256M")]);
    assert!(matches!(asked.code, Some(0 | 1 | 20)), "{asked:?}");
    assert_eq!(outside_cache(world), before, "left behind");
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
    done.stderr
}

fn outside_cache(world: &World) -> Vec<PathBuf> {
    list(&world.path("")).into_iter().filter(|path| !path.starts_with(world.cache())).collect()
}

/// The cache that saw a failure still gives the right image.
fn still_works(world: &World) {
    let jar = BootJar::new().write(&world.path("good/app.jar"));
    let (here, elsewhere) = (world.digest(&jar, ["--paranoid", "-o", "oci:good/out"]), World::new());
    assert_eq!(here, elsewhere.digest(&jar, ["-o", "oci:out"]));
    assert_eq!(Image::read(&world.path("good/out")).digest, here);
}

fn run_cases(cases: impl IntoIterator<Item = Case>) {
    let world = World::new();
    let jar = world.path("app.jar");
    for Case { name, bytes, said } in cases {
        fs::write(&jar, bytes).unwrap();
        let file = jar.to_str().unwrap();
        let text = fails(&world, &jar, 1, &[&[file], said].concat());
        assert!(!text.contains('\u{1b}') && text.len() < 2000, "{name}: {text}");
        eprintln!("{name}:\n{text}");
    }
    still_works(&world);
}

#[test]
fn files_that_are_no_archive() {
    let truncated = |keep: f64| {
        let bytes = good();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "small"
        )]
        bytes[..(bytes.len() as f64 * keep) as usize].to_vec()
    };
    let last_byte = {
        let mut bytes = good();
        bytes.pop();
        bytes
    };
    let behind = [good(), b"more".to_vec()].concat();
    let script_only = b"#!/bin/sh\nexit 0\n".to_vec();
    let lost_start = good()[100..].to_vec();
    let no_zip = &["neither a directory nor a zip, tar or tar.gz archive"];
    run_cases([
        Case { name: "half a zip", bytes: truncated(0.5), said: &["truncated: its end record is missing", "hint: "] },
        Case { name: "a tenth of a zip", bytes: truncated(0.1), said: &["truncated"] },
        Case { name: "last byte missing", bytes: last_byte, said: &["truncated"] },
        Case { name: "bytes behind the end", bytes: behind, said: &["4 bytes behind its end record"] },
        Case { name: "first bytes missing", bytes: lost_start, said: &["zip"] },
        Case { name: "empty", bytes: Vec::new(), said: &["is empty"] },
        Case { name: "text", bytes: b"Hello, world\n".to_vec(), said: no_zip },
        Case { name: "script", bytes: script_only, said: no_zip },
        Case { name: "zeros", bytes: vec![0; 4096], said: no_zip },
        Case { name: "a class", bytes: class("A", 61, b""), said: no_zip },
        Case { name: "gzip cut off", bytes: b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03".to_vec(), said: &["gzip"] },
    ]);
}

#[test]
fn names_that_are_no_paths() {
    let named = |name: &str| with(Item::new(name, "evil"));
    let bytes = |name: &[u8]| with(Item { unmarked: true, ..Item::new(name, "evil") });
    run_cases([
        Case {
            name: "zip slip",
            bytes: named("../../etc/cron.d/evil"),
            said: &["../../etc/cron.d/evil", "leaves the tree"],
        },
        Case {
            name: "zip slip inside",
            bytes: named("BOOT-INF/../../evil"),
            said: &["BOOT-INF/../../evil", "leaves the tree"],
        },
        Case { name: "absolute", bytes: named("/etc/passwd"), said: &["`/etc/passwd`", "absolute"] },
        Case { name: "drive", bytes: named("C:/evil"), said: &["`C:/evil`", "absolute"] },
        Case { name: "backslash", bytes: named("..\\evil"), said: &["backslash"] },
        Case { name: "control", bytes: named("a\nb\u{1b}[31m"), said: &["`a\\nb\\u{1b}[31m`", "control character"] },
        Case { name: "empty component", bytes: named("a//b"), said: &["`a//b`", "empty or `.` component"] },
        Case { name: "dot", bytes: named("./a"), said: &["`./a`", "empty or `.` component"] },
        Case { name: "long component", bytes: named(&"a".repeat(256)), said: &["component longer than 255 bytes"] },
        Case { name: "long name", bytes: named(&"a/".repeat(3000)), said: &["longer than 4096 bytes"] },
        Case {
            name: "not UTF-8",
            bytes: with(Item { flags: 0x800, ..Item::new(b"caf\xe9", "") }),
            said: &["not UTF-8"],
        },
        Case { name: "Latin 1", bytes: bytes(b"caf\xe9.txt"), said: &["UTF-8"] },
        Case {
            name: "UTF-8 not marked",
            bytes: bytes("café.txt".as_bytes()),
            said: &["café.txt", "not marked as UTF-8", "hint: "],
        },
        Case {
            name: "a file and a folder of one name",
            bytes: with_all([Item::new("twice", "1"), Item::new("twice/", "")]),
            said: &["`twice`", "Another entry has the same name"],
        },
        Case {
            name: "below a file",
            bytes: with_all([Item::new("file", "1"), Item::new("file/below", "2")]),
            said: &["`file`", "`file/below` lies below it"],
        },
    ]);
}

#[test]
fn links_and_special_files() {
    let mode = |mode, name: &str, target: &str| with(Item { mode: Some(mode), ..Item::new(name, target) });
    let link = |target: &str| mode(0o120_777, "link", target);
    run_cases([
        Case {
            name: "link out",
            bytes: link("../../etc/shadow"),
            said: &["`link`", "`../../etc/shadow` leaves the tree"],
        },
        Case { name: "absolute link", bytes: link("/etc/shadow"), said: &["`link`", "`/etc/shadow` leaves the tree"] },
        Case { name: "link that turns", bytes: link("BOOT-INF/../../x"), said: &["`link`", "leaves the tree"] },
        Case { name: "empty link", bytes: link(""), said: &["`link`", "target is empty"] },
        Case {
            name: "file through a link",
            bytes: with_all([
                Item { mode: Some(0o120_777), ..Item::new("link", "BOOT-INF") },
                Item::new("link/file", "x"),
            ]),
            said: &["`link`", "no directory"],
        },
        Case {
            name: "device",
            bytes: mode(0o020_666, "device", ""),
            said: &["`device`", "neither a file, a directory nor a link"],
        },
        Case { name: "fifo", bytes: mode(0o010_666, "fifo", ""), said: &["`fifo`", "neither a file"] },
    ]);
    let world = World::new();
    let folder = BootJar::new().explode(&world.path("exploded"), 0o644);
    for target in ["/etc/shadow", "../../../secret"] {
        symlink(target, folder.join("BOOT-INF/classes/link")).unwrap();
        let said = ["BOOT-INF/classes/link", target, "leaves the tree", "hint: ", ".stageignore"];
        fails(&world, &folder, 1, &said);
        fs::remove_file(folder.join("BOOT-INF/classes/link")).unwrap();
    }
    rustix::fs::mkfifoat(rustix::fs::CWD, folder.join("fifo"), 0o600.into()).unwrap();
    let report = world.stage(&folder, ["-o", "oci:fifo"]);
    assert!(report["notes"].to_string().contains("Left out, since they are sockets or FIFOs (1): `fifo`"), "{report}");
    fails(&world, Path::new("/dev/null"), 1, &["/dev/null", "neither a regular file nor a directory"]);
    still_works(&world);
}

#[test]
fn headers_that_lie() {
    const NAME: &str = "BOOT-INF/classes/data.bin";
    let entry = || Item::deflated(NAME, vec![42; 5000]);
    let stored = || Item::new(NAME, vec![42; 5000]);
    let overlap = with_all([stored(), Item { same_place_as: Some(8), ..stored() }]);
    let shared = {
        let mut zip = BootJar::new().zip();
        let at = zip.items.len();
        zip.items.extend([
            stored(),
            Item { same_place_as: Some(at), local_name: None, ..Item::new("other", vec![42; 5000]) },
        ]);
        zip.bytes()
    };
    assert!(overlap.len() < good().len() + 11_000);
    run_cases([
        Case { name: "size too small", bytes: with(Item { size: Some(4999), ..entry() }), said: &[NAME, "4999"] },
        Case { name: "size too large", bytes: with(Item { size: Some(5001), ..entry() }), said: &[NAME, "5001"] },
        Case {
            name: "stored size",
            bytes: with(Item { size: Some(4999), ..stored() }),
            said: &[NAME, "4999", "impossible"],
        },
        Case {
            name: "impossible size",
            bytes: with(Item { size: Some(900_000_000), ..entry() }),
            said: &[NAME, "impossible"],
        },
        Case {
            name: "CRC-32",
            bytes: with(Item { crc: Some(1), ..entry() }),
            said: &[NAME, "CRC-32 claimed 00000001"],
        },
        Case {
            name: "CRC-32, stored",
            bytes: with(Item { crc: Some(1), ..stored() }),
            said: &[NAME, "CRC-32 claimed 00000001"],
        },
        Case {
            name: "broken stream",
            bytes: with(Item { stored: Some(vec![0xff; 100]), ..entry() }),
            said: &[NAME, "broken"],
        },
        Case {
            name: "other local name",
            bytes: with(Item { local_name: Some(b"BOOT-INF/classes/evil.bin".to_vec()), ..entry() }),
            said: &[NAME, "name differs", "evil.bin"],
        },
        Case { name: "encrypted", bytes: with(Item { flags: 1, ..entry() }), said: &[NAME, "encrypted", "hint: "] },
        Case { name: "strongly encrypted", bytes: with(Item { flags: 0x41, ..entry() }), said: &[NAME, "encrypted"] },
        Case { name: "method", bytes: with(Item { method: Some(14), ..entry() }), said: &[NAME, "method 14"] },
        Case { name: "overlap", bytes: overlap, said: &[NAME, "overlap"] },
        Case { name: "shared bytes", bytes: shared, said: &["`other`"] },
    ]);
}

/// Whatever is wrong with a jar, the program says so or stages it: it never fails by a defect of its own.
#[test]
fn damaged_jars_are_refused_or_staged() {
    let world = World::new();
    let jar = world.path("app.jar");
    let good = good();
    let mut state = 20_161_124_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut codes = std::collections::BTreeMap::new();
    for round in 0..400 {
        let mut bytes = good.clone();
        for _ in 0..=round % 3 {
            // Half of the damage goes to the directory, where it does most.
            let length = bytes.len();
            let at = if round % 2 == 0 { length - 1 - random(700) } else { random(length) };
            match random(4) {
                0 => bytes[at] ^= 1 << random(8),
                1 => bytes[at] = [0, 0xff, 0x7f, 0x80][random(4)],
                2 => drop(bytes.drain(at..(at + 1 + random(40)).min(length))),
                _ => {
                    let from = random(length - 50);
                    let piece = bytes[from..from + random(50)].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        fs::write(&jar, bytes).unwrap();
        let done = world.run(["app.jar", "--base", "none", "-q", "-o", "oci:out"]);
        *codes.entry(done.code).or_insert(0) += 1;
        assert_eq!(world.path("out").exists(), done.code == Some(0), "round {round}: {done:?}");
        if done.code == Some(0) {
            Image::read(&world.path("out"));
            fs::remove_dir_all(world.path("out")).unwrap();
        } else {
            assert!(done.stderr.contains("app.jar"), "round {round}: {done:?}");
        }
    }
    assert!(codes.keys().all(|code| matches!(code, Some(0 | 1 | 20))), "{codes:?}");
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
    still_works(&world);
}

/// A library that was staged before and comes again under a wrong checksum is not taken from the cache unread.
#[test]
fn headers_that_lie_about_what_is_cached() {
    let world = World::new();
    let item = || Item::new("BOOT-INF/lib/cached.jar", Zip::new([Item::new("A.class", class("A", 52, b""))]).bytes());
    let jar = world.path("app.jar");
    fs::write(&jar, with(item())).unwrap();
    world.stage(&jar, ["-o", "oci:before"]);
    fs::write(&jar, with(Item { crc: Some(1), ..item() })).unwrap();
    fails(&world, &jar, 1, &["BOOT-INF/lib/cached.jar", "CRC-32 claimed 00000001"]);
}

#[test]
fn bombs() {
    // 64 MiB of zeros in 65 kB, forty times: 2.6 GB in 2.6 MB.
    let zeros = {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut encoder, &vec![0; 64 << 20]).unwrap();
        encoder.finish().unwrap()
    };
    let part = |name: String, size: u32| Item {
        stored: Some(zeros.clone()),
        size: Some(size),
        crc: Some(0),
        deflate: true,
        ..Item::new(name, "")
    };
    let honest = with_all((0..40).map(|number| part(format!("BOOT-INF/classes/{number}"), 64 << 20)));
    let liar = with(part("BOOT-INF/classes/liar".into(), 1000));
    run_cases([
        Case { name: "honest bomb", bytes: honest, said: &["The files claim more than 1073741824 bytes together"] },
        Case { name: "lying bomb", bytes: liar, said: &["BOOT-INF/classes/liar", "claimed 1000"] },
    ]);
}

#[test]
fn a_hundred_thousand_entries_work() {
    let world = World::new();
    let entries = (0..100_000).map(|number| Item::new(format!("BOOT-INF/classes/d{}/f{number}", number % 300), "x"));
    let jar = world.path("app.jar");
    fs::write(&jar, with_all(entries)).unwrap();
    world.stage(&jar, ["--compression", "none", "-o", "oci:out"]);
    let files = Image::read(&world.path("out")).files();
    assert!(files.contains_key("workspace/BOOT-INF/classes/d299/f99899"));
    assert!(files.len() > 100_300);
}

#[test]
fn manifests_without_a_main_class() {
    let boot = BootJar::new().with_manifest("Main-Class: org.springframework.boot.loader.launch.JarLauncher\r\n", "");
    let plain = Zip::new([
        Item::new("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\n\r\n"),
        Item::new("A.class", class("A", 52, b"")),
    ]);
    let absent = BootJar::new().with_manifest("launch.JarLauncher", "launch.NoLauncher");
    let none = Zip::new([Item::new("A.class", class("A", 52, b""))]);
    let world = World::new();
    let jar = world.path("app.jar");
    for (bytes, said) in [
        (boot.bytes(), &["has no `Main-Class`: Spring Boot's plugin did not add its launcher"][..]),
        (plain.bytes(), &["`META-INF/MANIFEST.MF` has no `Main-Class`"]),
        (absent.bytes(), &["org.springframework.boot.loader.launch.NoLauncher", "is not there"]),
        (none.bytes(), &["there is no `META-INF/MANIFEST.MF`"]),
        (Zip::default().bytes(), &["there is no `META-INF/MANIFEST.MF`"]),
    ] {
        fs::write(&jar, bytes).unwrap();
        let text = fails(&world, &jar, 20, &[&[jar.to_str().unwrap(), "No buildpack takes"], said].concat());
        assert_eq!(text.matches("hint: Looked for ").count(), 3, "{text}");
    }
    let broken = BootJar::new().with("META-INF/MANIFEST.MF", "no colon here\r\n\r\n");
    fails(&world, &broken.write(&jar), 1, &["META-INF/MANIFEST.MF", jar.to_str().unwrap()]);
    still_works(&world);
}

#[test]
fn folders_without_anything_known() {
    let world = World::new();
    let folder = world.path("folder");
    fs::create_dir(&folder).unwrap();
    let empty = fails(&world, &folder, 20, &["No buildpack takes", folder.to_str().unwrap()]);
    assert_eq!(empty.matches("hint: Looked for ").count(), 3, "{empty}");
    fs::write(folder.join("README"), "nothing").unwrap();
    fails(&world, &folder, 20, &["a Spring Boot executable", "an executable jar", "there is no jar at the top"]);
    fs::write(folder.join("lib.jar"), Zip::new([Item::new("A.class", class("A", 52, b""))]).bytes()).unwrap();
    fails(&world, &folder, 20, &["none of the 1 jars at the top names a `Main-Class`"]);
    let main = |class_name: &str| {
        let manifest = format!("Manifest-Version: 1.0\r\nMain-Class: {class_name}\r\n\r\n");
        Zip::new([
            Item::new("META-INF/MANIFEST.MF", manifest),
            Item::new(format!("{class_name}.class"), class(class_name, 52, b"")),
        ])
        .bytes()
    };
    fs::write(folder.join("one.jar"), main("One")).unwrap();
    fs::write(folder.join("two.jar"), main("Two")).unwrap();
    fails(&world, &folder, 1, &["more than one executable jar", "one.jar", "two.jar", "hint: "]);
    fails(&world, &world.path("nowhere.jar"), 1, &["nowhere.jar"]);
    let detect = world.run(["detect", world.path("folder").to_str().unwrap()]);
    detect.failed(1, &["more than one"]);
}

#[test]
fn class_files_newer_than_any_runtime() {
    let world = World::new();
    let jar = BootJar::new()
        .with("BOOT-INF/classes/demo/Main.class", class("demo/Main", 80, b""))
        .write(&world.path("app.jar"));
    let run = |more: &[&str]| Done::of(world.command().arg(&jar).args(["--base", "none", "-o", "oci:out"]).args(more));
    // The host may have a Java, which is not new enough either.
    run(&[]).failed(30, &["needs Java 36 or later", "fake@17.0.1"]);
    run(&["--jre", "17"]).failed(1, &["needs Java 36 or later", "fake@17.0.1", "Java 17"]);
    run(&["--locked"]).failed(30, &["Java"]);
    let older = BootJar::new()
        .with("BOOT-INF/classes/demo/Main.class", class("demo/Main", 69, b""))
        .write(&world.path("25.jar"));
    let text = Done::of(world.command().arg(&older).args(["--base", "none", "--locked"])).stderr;
    assert!(text.contains("25") && text.contains("stage dependency fetch "), "{text}");
    assert!(!world.path("out").exists());
    still_works(&world);
}

#[test]
fn what_is_no_image_is_said_to_be_what_it_is() {
    let world = World::new();
    let jar = BootJar::new().write(&world.path("app.jar"));
    BootJar::new().explode(&world.path("folder"), 0o644);
    world.stage(&jar, ["-o", "oci:image:v1", "-o", "oci-archive:image.tar:v1"]);
    for name in ["app.jar", "folder"] {
        let said = format!("`{name}` is an application, not an image");
        let stage = format!("`stage {name}`");
        world.run(["inspect", name]).failed(1, &[&said, &stage]);
        for kind in ["oci", "oci-archive", "rootfs"] {
            let base = format!("{kind}:{name}");
            world.run(["app.jar", "--base", &base, "-o", "oci:out"]).failed(1, &[&said, &stage]);
        }
    }
    world.run(["inspect", "oci:image.tar"]).failed(1, &["`oci-archive:image.tar`"]);
    world.run(["inspect", "oci-archive:image"]).failed(1, &["`oci:image`"]);
    world.run(["inspect", "imag"]).failed(1, &["no file or folder `imag`", "`image`?"]);
    world.run(["measure", "ap.jar"]).failed(1, &["no file or folder `ap.jar`", "`app.jar`?"]);
    // What is an image and lacks something says what.
    world.run(["inspect", "oci:image:v2"]).failed(1, &["v2"]);
    world.run(["inspect", "image"]).ok();
    world.run(["inspect", "image.tar"]).ok();
    assert!(!world.path("out").exists());
}

#[test]
fn runtimes_that_are_none() {
    let world = World::empty();
    let add = |bytes: Vec<u8>, more: &[&str]| {
        fs::write(world.path("jre.zip"), bytes).unwrap();
        let args = ["dependency", "add", "jre.zip", "--id", "x", "--version", "17", "--kind", "jre"];
        Done::of(world.command().args(args).args(more))
    };
    let none = Zip::new([Item::new("some/file", "x")]).bytes();
    add(none, &[]).failed(1, &["jre.zip", "no `x`", "`bin/java`", "such as `some/file`"]);
    add(fake_jre("17"), &["--prefix", "other"]).failed(1, &["nothing below `other`"]);
    add(b"no archive".to_vec(), &[]).failed(1, &["x@17"]);
    add(Zip::new([Item::new("../x", "")]).bytes(), &[]).failed(1, &["../x"]);
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
    add(fake_jre("21"), &[]).failed(1, &["Java 17", "Java 21", "--version 21"]);
    add(fake_jre("17"), &["--prefix", "fake"]).ok();
    add(fake_jre("17"), &[]).ok();
}

#[test]
fn files_nobody_may_read() {
    let mut world = World::new();
    let jar = BootJar::new().write(&world.path("app.jar"));
    let folder = BootJar::new().explode(&world.path("exploded"), 0o644);
    world.give_to(1000);
    std::os::unix::fs::chown(&jar, Some(0), Some(0)).unwrap();
    fs::set_permissions(&jar, fs::Permissions::from_mode(0o600)).unwrap();
    let class = folder.join("BOOT-INF/classes/demo/Main.class");
    fs::set_permissions(&class, fs::Permissions::from_mode(0o000)).unwrap();
    let run =
        |app: &Path| Done::of(world.command().arg(app).args(["--base", "none", "-o", "oci:out"]).uid(1000).gid(1000));
    run(&jar).failed(1, &[jar.to_str().unwrap(), "Permission denied"]);
    run(&folder).failed(1, &[class.to_str().unwrap(), "Permission denied"]);
    fs::set_permissions(&class, fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(folder.join("BOOT-INF/lib"), fs::Permissions::from_mode(0o100)).unwrap();
    run(&folder).failed(1, &["BOOT-INF/lib", "Permission denied"]);
    assert!(!world.path("out").exists());
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
}

/// Runs a shell script as root in mount namespaces of its own.
fn in_namespace(world: &World, script: &str) -> Done {
    require_root();
    let mut command = world.clean("unshare");
    command.args(["-m", "--propagation", "private", "sh", "-euc", script]).env("STAGE", world.program());
    Done::of(&mut command)
}

/// A jar whose layers have some megabytes, which nothing compresses.
fn large() -> BootJar {
    let mut state = 1u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    });
    BootJar::new().with("BOOT-INF/classes/noise.bin", noise.take(8 << 20).collect::<Vec<_>>())
}

#[test]
fn full_disks() {
    for place in ["cache", "output"] {
        for output in ["oci:small/out", "oci-archive:small/out.tar"] {
            let world = World::new();
            large().write(&world.path("app.jar"));
            fs::create_dir(world.path("small")).unwrap();
            let cache =
                if place == "cache" { "cp -r cache small/; export STAGE_CACHE_DIR=$PWD/small/cache" } else { "" };
            let done = in_namespace(
                &world,
                &format!(
                    "mount -t tmpfs -o size=4m tmpfs small\n{cache}\n\
                     code=0; $STAGE app.jar --base none -o {output} || code=$?\n\
                     find small ! -path 'small/cache/*' >&2; find small -path '*/tmp/*' >&2; exit $code"
                ),
            );
            assert_eq!(done.code, Some(40), "{place} {output}: {}", done.stderr);
            assert!(
                done.stderr.contains("No space left on device") && done.stderr.contains("small/"),
                "{}",
                done.stderr
            );
            let left: Vec<&str> = done.stderr.lines().filter(|line| line.starts_with("small")).collect();
            assert_eq!(
                left,
                if place == "cache" { vec!["small", "small/cache"] } else { vec!["small"] },
                "{}",
                done.stderr
            );
            if place == "output" {
                let done = world.run(["app.jar", "--base", "none", "-o", "oci:out"]).ok();
                assert!(done.stdout.contains("hit"), "{}", done.stdout);
            }
        }
    }
}

#[test]
fn caches_that_cannot_be_written() {
    let jar = BootJar::new();
    let expected = {
        let world = World::new();
        world.digest(&jar.write(&world.path("app.jar")), ["-o", "oci:out"])
    };
    // Mounted read-only, with and without layers in it.
    for warm in [false, true] {
        let world = World::new();
        let path = jar.write(&world.path("app.jar"));
        if warm {
            world.stage(&path, ["-o", "oci:before"]);
        }
        let before = list(&world.cache());
        let done = in_namespace(
            &world,
            "mount --bind cache cache; mount -o remount,bind,ro cache; exec $STAGE app.jar --base none --json -o oci:out",
        );
        let report = done.ok().json();
        assert_eq!(report["image"]["digest"], expected.as_str());
        assert!(report["notes"].to_string().contains("cannot be written"), "{}", report["notes"]);
        assert_eq!(list(&world.cache()), before);
        assert_eq!(Image::read(&world.path("out")).digest, expected);
    }
    // Another user's.
    let mut world = World::new();
    jar.write(&world.path("app.jar"));
    world.open_to_all();
    let mine = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(mine.path(), Some(1000), Some(1000)).unwrap();
    require_root();
    let output = format!("oci:{}/out", mine.path().display());
    let report = world.report(&world.path("app.jar"), ["-o", &output], |run| _ = run.uid(1000).gid(1000));
    assert_eq!(report["image"]["digest"], expected.as_str());
    // No cache at all, and no place for one.
    let done = Done::of(world.command().args([
        "app.jar",
        "--base",
        "none",
        "--locked",
        "--cache-dir",
        "/proc/cache",
        "-o",
        "oci:out",
    ]));
    done.failed(40, &["/proc/cache", "--cache-dir DIR"]);
}

#[test]
fn outputs_that_are_something_else() {
    let world = World::new();
    let jar = BootJar::new().write(&world.path("app.jar"));
    let run = |output: &str| Done::of(world.command().arg(&jar).args(["--base", "none", "-o", output]));
    // A folder with foreign files.
    let foreign = world.path("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.txt"), "years of work").unwrap();
    run("oci:foreign").failed(1, &["foreign", "is not an OCI image layout; nothing in it was changed", "hint: "]);
    assert_eq!(list(&foreign), [foreign.join("thesis.txt")]);
    // A file.
    fs::write(world.path("file"), "x").unwrap();
    run("oci:file").failed(1, &["file"]);
    run("oci:file/below").failed(1, &["`file`"]);
    assert_eq!(fs::read(world.path("file")).unwrap(), b"x");
    // A folder where a file should go.
    run("oci-archive:foreign").failed(2, &["The output `foreign` is a folder"]);
    assert_eq!(list(&foreign), [foreign.join("thesis.txt")]);
    // A layout of somebody else keeps what it has.
    let layout = world.path("layout");
    fs::create_dir(&layout).unwrap();
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    fs::write(layout.join("index.json"), "no JSON").unwrap();
    run("oci:layout").failed(1, &["index.json", "is not an OCI image index"]);
    assert_eq!(fs::read(layout.join("index.json")).unwrap(), b"no JSON");
    // An empty folder is as good as none.
    fs::create_dir(world.path("empty")).unwrap();
    run("oci:empty").ok();
    Image::read(&world.path("empty"));
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
}
