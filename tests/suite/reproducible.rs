//! Same application, same image, to the byte.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::{BootJar, Done, Image, Item, World, Zip, class, fixture, list, sha256_hex};

/// The digest of the synthetic application, cold, from `app.jar` in the world's folder.
fn reference() -> String {
    let world = World::new();
    let jar = BootJar::new().write(&world.path("app.jar"));
    world.digest(&jar, ["-o", "oci:out"])
}

fn digest_of(report: &Value) -> String {
    report["image"]["digest"].as_str().unwrap().to_owned()
}

/// One way in which two runs may differ.
struct Difference {
    name: &'static str,
    change: fn(&mut Command),
}

#[test]
fn surroundings_do_not_show() {
    let differences = [
        Difference { name: "LC_ALL", change: |run| _ = run.env("LC_ALL", "tr_TR.UTF-8") },
        Difference { name: "TZ", change: |run| _ = run.env("TZ", "Pacific/Kiritimati") },
        Difference { name: "one thread", change: |run| _ = run.args(["--threads", "1"]) },
        Difference { name: "two threads", change: |run| _ = run.args(["--threads", "2"]) },
        Difference { name: "seven threads", change: |run| _ = run.args(["--threads", "7"]) },
        Difference { name: "paranoid", change: |run| _ = run.arg("--paranoid") },
        Difference { name: "empty SOURCE_DATE_EPOCH", change: |run| _ = run.env("SOURCE_DATE_EPOCH", "") },
        Difference { name: "another folder", change: |run| _ = run.current_dir("/") },
        Difference {
            name: "a variable",
            change: |run| _ = run.env("JAVA_TOOL_OPTIONS", "-Xmx1g").env("USER", "somebody"),
        },
    ];
    let reference = reference();
    for Difference { name, change } in differences {
        let world = World::new();
        let jar = BootJar::new().write(&world.path("app.jar"));
        let output = format!("oci:{}", world.path("out").display());
        let report = world.report(&jar, ["-o", &output], change);
        assert_eq!(digest_of(&report), reference, "{name}");
        assert_eq!(Image::read(&world.path("out")).digest, reference, "{name}");
    }
}

#[test]
fn name_place_and_time_of_the_jar_do_not_show() {
    let reference = reference();
    for name in ["other/folder/app.jar", "other name ü.jar", "app", "app.war", "app.zip"] {
        let world = World::new();
        let jar = BootJar::new().write(&world.path(name));
        assert_eq!(world.digest(&jar, ["-o", "oci:out"]), reference, "{name}");
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_007);
        fs::File::options().write(true).open(&jar).unwrap().set_modified(time).unwrap();
        assert_eq!(world.digest(&jar, ["-o", "oci:out2"]), reference, "{name} with another time");
    }
}

#[test]
fn form_of_the_zip_does_not_show() {
    let zip = BootJar::new().zip();
    let script = {
        let mut zip = zip.clone();
        zip.prefix = b"#!/bin/bash\nexec java -jar \"$0\" \"$@\"\nexit\n".to_vec();
        zip
    };
    let shuffled = {
        let mut zip = zip.clone();
        zip.items.reverse();
        zip
    };
    let stored = {
        let mut zip = zip.clone();
        zip.items.iter_mut().for_each(|item| item.deflate = false);
        zip
    };
    let other_times = {
        let mut zip = zip.clone();
        zip.items.iter_mut().for_each(|item| item.time = (0, 0x21));
        zip
    };
    let modes = {
        let mut zip = zip;
        zip.items.iter_mut().for_each(|item| item.mode = Some(0o100_600));
        zip
    };
    let reference = reference();
    for (name, zip) in
        [("launch script", script), ("order", shuffled), ("stored", stored), ("times", other_times), ("modes", modes)]
    {
        let world = World::new();
        let jar = world.path("app.jar");
        fs::write(&jar, zip.bytes()).unwrap();
        assert_eq!(world.digest(&jar, ["-o", "oci:out"]), reference, "{name}");
    }
}

#[test]
fn exploded_folder_is_the_jar() {
    let reference = reference();
    for mode in [0o600, 0o664, 0o444] {
        let world = World::new();
        let folder = BootJar::new().explode(&world.path("exploded"), mode);
        assert_eq!(world.digest(&folder, ["-o", "oci:out"]), reference, "mode {mode:o}");
    }
}

#[test]
fn tar_is_the_jar() {
    let reference = reference();
    let mut builder = tar::Builder::new(Vec::new());
    for (name, data) in BootJar::new().files.iter().rev() {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o640);
        header.set_mtime(1_600_000_000);
        header.set_uid(1234);
        header.set_size(data.len() as u64);
        builder.append_data(&mut header, name, &data[..]).unwrap();
    }
    let plain = builder.into_inner().unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&plain).unwrap();
    for (name, bytes) in [("app.tar", plain), ("app.tgz", encoder.finish().unwrap())] {
        let world = World::new();
        fs::write(world.path(name), bytes).unwrap();
        assert_eq!(world.digest(&world.path(name), ["-o", "oci:out"]), reference, "{name}");
    }
}

#[test]
fn plain_jar_keeps_its_bytes_whatever_it_is_called() {
    let manifest = "Manifest-Version: 1.0\r\nMain-Class: demo.Main\r\n\r\n";
    let jar = Zip::new([
        Item::new("META-INF/MANIFEST.MF", manifest),
        Item::deflated("demo/Main.class", class("demo/Main", 61, b"plain")),
    ]);
    let digests = ["app.jar", "folder/other.jar", "no-extension"].map(|name| {
        let world = World::new();
        let path = world.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, jar.bytes()).unwrap();
        let digest = world.digest(&path, ["-o", "oci:out"]);
        assert_eq!(Image::read(&world.path("out")).workspace("application.jar"), jar.bytes());
        digest
    });
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
}

#[test]
fn umask_does_not_show() {
    let reference = reference();
    for umask in ["000", "027", "077"] {
        let world = World::new();
        let jar = BootJar::new().write(&world.path("app.jar"));
        let mut shell = world.clean("sh");
        shell.arg("-c").arg(format!("umask {umask}; exec \"$@\"")).arg("sh").arg(world.program());
        shell.arg(jar).args(["--base", "none", "--json", "-o", "oci:out", "-o", "oci-archive:out.tar"]);
        let report = Done::of(&mut shell).ok().json();
        assert_eq!(digest_of(&report), reference, "{umask}");
        assert_eq!(Image::read(&world.path("out")).digest, reference, "{umask}");
    }
}

#[test]
fn user_does_not_show() {
    let reference = reference();
    for uid in [1000, 65534] {
        let mut world = World::new();
        let jar = BootJar::new().write(&world.path("app.jar"));
        world.give_to(uid);
        let report = world.report(&jar, ["-o", "oci:out"], |run| _ = run.uid(uid).gid(uid));
        assert_eq!(digest_of(&report), reference, "uid {uid}");
    }
}

#[test]
fn warm_cache_gives_what_cold_cache_gives() {
    for compression in ["gzip", "zstd", "none"] {
        let (world, other) = (World::new(), World::new());
        let jar = BootJar::new().write(&world.path("app.jar"));
        let args = ["--compression", compression, "-o", "oci:out"];
        let (cold, warm) = (world.stage(&jar, args), world.stage(&jar, args));
        assert_eq!(digest_of(&cold), digest_of(&warm), "{compression}");
        assert_eq!(digest_of(&other.stage(&jar, args)), digest_of(&cold), "{compression}, another cache");
        let caches = |report: &Value| -> Vec<String> {
            report["layers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|layer| layer["cache"].as_str().unwrap().to_owned())
                .collect()
        };
        assert!(caches(&cold).iter().all(|cache| cache == "miss"), "{compression}: {:?}", caches(&cold));
        assert!(caches(&warm).iter().all(|cache| cache == "hit"), "{compression}: {:?}", caches(&warm));
        let paranoid = world.stage(&jar, [&args[..], &["--paranoid"]].concat());
        assert_eq!(digest_of(&paranoid), digest_of(&cold), "{compression}, paranoid");
        let image = Image::read(&world.path("out"));
        assert_eq!(image.digest, digest_of(&cold));
        assert_eq!(image.workspace("BOOT-INF/classes/application.properties"), b"server.port=8080\n");
    }
}

#[test]
fn compression_changes_no_diff_id() {
    let world = World::new();
    let jar = BootJar::new().write(&world.path("app.jar"));
    let diff_ids = |compression: &str| -> Vec<Value> {
        let report = world.stage(&jar, ["--compression", compression, "-o", &format!("oci:{compression}")]);
        report["layers"].as_array().unwrap().iter().map(|layer| layer["diff_id"].clone()).collect()
    };
    let gzip = diff_ids("gzip");
    assert_eq!(gzip, diff_ids("zstd"));
    assert_eq!(gzip, diff_ids("none"));
}

#[test]
fn source_date_epoch_sets_the_date_and_nothing_else() {
    let world = World::new();
    let jar = BootJar::new().write(&world.path("app.jar"));
    let config = |name: &str, epoch: Option<&str>| {
        let report = world.report(&jar, ["-o", &format!("oci:{name}")], |run| {
            run.envs(epoch.map(|epoch| ("SOURCE_DATE_EPOCH", epoch)));
        });
        let image = Image::read(&world.path(name));
        assert_eq!(report["image"]["created"], image.config["created"]);
        image.config
    };
    let (plain, mut dated) = (config("plain", None), config("dated", Some("1700000000")));
    assert_eq!(plain["created"], "1980-01-01T00:00:01Z");
    assert_eq!(dated["created"], "2023-11-14T22:13:20Z");
    let mut texts = [plain.to_string(), String::new()];
    dated["created"] = plain["created"].clone();
    for (at, layer) in plain["history"].as_array().unwrap().iter().enumerate() {
        dated["history"][at]["created"] = layer["created"].clone();
    }
    texts[1] = dated.to_string();
    assert_eq!(texts[0], texts[1]);
    for wrong in ["yesterday", "1e9", "-99999999999999"] {
        let run = Done::of(world.command().arg(&jar).args(["--base", "none"]).env("SOURCE_DATE_EPOCH", wrong));
        run.failed(2, &["SOURCE_DATE_EPOCH", wrong]);
    }
}

/// The report's layers, one a line, for a golden file.
fn layer_lines(report: &Value, keep: impl Fn(&str) -> bool, field: &str) -> String {
    let layers = report["layers"].as_array().unwrap();
    let text = |layer: &Value, field: &str| layer[field].as_str().unwrap().to_owned();
    let lines = layers.iter().map(|layer| (text(layer, "name"), text(layer, field)));
    lines
        .filter(|(name, _)| keep(name))
        .fold(String::new(), |text, (name, digest)| text + "  " + &name + " " + &digest + "\n")
}

/// Compares with a golden file. A difference is a decision: say in the change log why images change, then put the new text
/// into the file.
fn assert_golden(file: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/suite/golden").join(file);
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == found, "{} differs; now it would be:\n{found}", path.display());
}

/// Every byte of an image but the launcher program's: it is compiled, and `launcher/check-reproducible.sh` is its test.
#[test]
fn synthetic_image_is_golden() {
    let mut text = String::new();
    for compression in ["gzip", "zstd", "none"] {
        let world = World::new();
        let jar = BootJar::new().write(&world.path("app.jar"));
        let report = world.stage(&jar, ["--compression", compression, "-o", "oci:out"]);
        text = text + compression + "\n" + &layer_lines(&report, |name| name != "launcher", "digest");
        let image = Image::read(&world.path("out"));
        let launcher = report["layers"].as_array().unwrap().iter().find(|layer| layer["name"] == "launcher").unwrap();
        let mut documents = format!("{}\n{}", image.manifest, image.config);
        for field in ["digest", "diff_id"] {
            documents = documents.replace(launcher[field].as_str().unwrap(), field);
        }
        documents = documents.replace(&format!("\"size\":{}", launcher["size"]), "\"size\":0");
        let config_digest = report["image"]["config_digest"].as_str().unwrap();
        let config_size = image.manifest["config"]["size"].to_string();
        documents =
            documents.replace(config_digest, "config").replace(&format!("\"size\":{config_size}"), "\"size\":0");
        text = text + "  documents without the launcher sha256:" + &sha256_hex(documents.as_bytes()) + "\n";
    }
    assert_golden("synthetic.txt", &text);
}

#[test]
fn zipkin_is_golden() {
    let world = World::with_jre();
    let slices = ["dependencies", "spring-boot-loader", "snapshot-dependencies", "application"];
    let report = world.stage(&fixture("zipkin"), ["--compression", "none", "-o", "oci:out"]);
    let mut text = layer_lines(&report, |name| slices.contains(&name) || name == "jre" || name == "config", "diff_id");
    let gzip = world.stage(&fixture("zipkin"), ["-o", "oci:gzip"]);
    assert_eq!(text, layer_lines(&gzip, |name| slices.contains(&name) || name == "jre" || name == "config", "diff_id"));
    text += "gzip\n";
    text += &layer_lines(&gzip, |name| slices.contains(&name) || name == "jre" || name == "config", "digest");
    assert_golden("zipkin.txt", &text);
}

#[test]
fn host_base_is_the_same_every_time() {
    let (one, other) = (World::with_jre(), World::with_jre());
    let jar = BootJar::new().write(&one.path("app.jar"));
    let stage = |world: &World, more: &[&str], umask: &str| {
        let mut shell = world.clean("sh");
        shell.arg("-c").arg(format!("umask {umask}; exec \"$@\"")).arg("sh").arg(world.program()).arg(&jar);
        digest_of(&Done::of(shell.args(["--base", "host", "--json", "-o", "oci:out"]).args(more)).ok().json())
    };
    let first = stage(&one, &[], "022");
    assert_eq!(stage(&other, &["--paranoid", "--threads", "1"], "077"), first);
    fs::remove_dir_all(other.path("cache/layers")).unwrap();
    assert_eq!(stage(&other, &["--threads", "1", "--compression", "gzip"], "000"), first);
}

#[test]
fn the_cache_gets_the_layers_of_the_image_and_no_others() {
    let large = BootJar::new().with("BOOT-INF/lib/released-1.0.jar", Zip::new([Item::new("noise", noise())]).bytes());
    // Its libraries are not in the order of their names: it gets an index, which is in its last layer.
    let unordered = large
        .clone()
        .with_manifest("Spring-Boot-Classpath-Index: BOOT-INF/classpath.idx\r\n", "")
        .with("org/springframework/boot/loader/launch/ClassPathIndexFile.class", *b"reads it")
        .with("BOOT-INF/lib/a.jar", Zip::new([]).bytes())
        .without("BOOT-INF/classpath.idx");
    for (name, jar) in [("usual", large), ("unordered", unordered)] {
        for more in [&[][..], &["--platform", "cloudfoundry"]] {
            let world = World::new();
            let jar = jar.write(&world.path("app.jar"));
            let report = world.stage(&jar, [&["-o", "oci:out"], more].concat());
            let layers = report["layers"].as_array().unwrap();
            let of_image: BTreeSet<_> =
                layers.iter().map(|layer| layer["digest"].as_str().unwrap()[7..].into()).collect();
            let blobs = list(&world.cache().join("layers/blobs/sha256"));
            let cached: BTreeSet<String> =
                blobs.iter().map(|blob| blob.file_name().unwrap().to_str().unwrap().to_owned()).collect();
            assert_eq!(cached, of_image, "{name} {more:?}");
            assert!(layers.iter().all(|layer| layer["cache"] == "miss"), "{name} {more:?}: {layers:?}");
        }
    }
}

/// Bytes that nothing compresses, many times as many as the rest of a small application.
fn noise() -> Vec<u8> {
    let numbers = std::iter::successors(Some(1_u64), |at| Some(at.wrapping_mul(6_364_136_223_846_793_005) + 1));
    numbers.take(100_000).map(|number| number.to_be_bytes()[0]).collect()
}
