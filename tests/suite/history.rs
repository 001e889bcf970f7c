//! What was staged before changes nothing: an empty cache and one that every other command has filled give the same
//! outputs, words and exit codes.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{BootJar, World, fake_jre, lay_out_java_v3, sha256_hex, unzip};

/// Commands, each with `-q --json` where it stages.
const COMMANDS: [&[&str]; 24] = [
    &["app.jar", "--base", "none", "-o", "oci:out"],
    &["app.jar", "--base", "none", "--compression", "zstd", "-o", "oci:out"],
    &["app.jar", "--base", "none", "--compression", "none", "-o", "oci-archive:out.tar"],
    &["app.jar", "--base", "rootfs:root.tar", "-o", "oci:out"],
    &["app.jar", "--base", "rootfs:root.tar", "--compression", "none", "-o", "oci:out"],
    &["app.jar", "--base", "oci:base", "-o", "oci:out"],
    &["app.jar", "--base", "host", "-o", "oci:out"],
    &["app.jar", "-o", "oci:out"],
    &["app.jar", "-o", "droplet:droplet"],
    &["app.jar", "--memory-calculator", "fit", "-o", "droplet:droplet"],
    &["app.jar", "--buildpack", "third", "-o", "droplet:droplet"],
    &["app.jar", "--base", "none", "--jre", "host", "-o", "oci:out"],
    &["app.jar", "--base", "none", "--jre", "17", "-o", "oci:out"],
    &["app.jar", "--base", "none", "--jre", "21", "-o", "oci:out"],
    &["app.jar", "--base", "none", "--jre", "openjdk", "-o", "oci:out"],
    &["app.jar", "--base", "none", "--jre", "host-jre", "-o", "oci:out"],
    &["app.jar", "--base", "none", "--jre", "host-jre@17", "-o", "oci:out"],
    &["app.jar", "--base", "none", "--locked", "-o", "oci:out"],
    &["app.jar", "--base", "none", "--locked", "--jre", "host-jre@17.0.1", "-o", "oci:out"],
    &["new.jar", "--base", "none", "-o", "oci:out"],
    &["plan", "app.jar", "--json"],
    &["plan", "app.jar", "--jre", "host-jre", "--json"],
    &["detect", "app.jar", "--json"],
    &["memory", "app.jar", "--limit", "512M", "--json"],
];

/// A world with all inputs and no cache; with or without a runtime that somebody added.
fn world(added: bool) -> World {
    let world = if added { World::new() } else { World::empty() };
    BootJar::new().write(&world.path("app.jar"));
    let newer = crate::support::class("demo/Main", 65, b"");
    BootJar::new().with("BOOT-INF/classes/demo/Main.class", newer).write(&world.path("new.jar"));
    fs::write(world.path("jre.zip"), fake_jre("17.0.1")).unwrap();
    unzip(&world.path("jre.zip"), &[], &world.path("java"));
    lay_out_java_v3(&world.path("third"));
    let mut tar = tar::Builder::new(fs::File::create(world.path("root.tar")).unwrap());
    let mut header = tar::Header::new_gnu();
    header.set_size(4);
    header.set_mode(0o644);
    tar.append_data(&mut header, "etc/os-release", &b"ID=x"[..]).unwrap();
    tar.finish().unwrap();
    let other = World::new();
    BootJar::new().write(&other.path("base.jar"));
    let base = format!("oci:{}", world.path("base").display());
    other.stage(&other.path("base.jar"), ["-o", &base]);
    world
}

/// What a command comes to.
#[derive(Debug, PartialEq)]
struct Outcome {
    code: Option<i32>,
    report: Value,
    said: String,
    outputs: Vec<(String, String)>,
}

fn outcome(world: &World, args: &[&str]) -> Outcome {
    for name in ["out", "out.tar", "droplet"] {
        drop(fs::remove_dir_all(world.path(name)));
        drop(fs::remove_file(world.path(name)));
    }
    let mut command = world.command();
    command.env("JAVA_HOME", world.path("java/fake")).args(args);
    if args.contains(&"-o") {
        command.args(["-q", "--json"]);
    }
    let done = crate::support::Done::of(&mut command);
    let folder = world.path("").display().to_string();
    let mut report = serde_json::from_str(&done.stdout).unwrap_or(Value::Null);
    strip(&mut report);
    let outputs = ["out/index.json", "out.tar", "droplet"].into_iter();
    let digest = |name: &str| Some((name.to_owned(), sha256_hex(&fs::read(world.path(name)).ok()?)));
    let report = serde_json::from_str(&report.to_string().replace(&folder, "/")).unwrap();
    Outcome {
        code: done.code,
        report,
        said: without_times(&done.stderr.replace(&folder, "/")),
        outputs: outputs.filter_map(digest).collect(),
    }
}

/// Takes out how long a buildpack says that it took: `(0.1s)` at the end of a line.
fn without_times(said: &str) -> String {
    let untimed = |line: &str| match line.rsplit_once(" (") {
        Some((rest, time)) if time.strip_suffix("s)").is_some_and(|time| time.parse::<f64>().is_ok()) => {
            rest.to_owned()
        }
        _ => line.to_owned(),
    };
    said.lines().map(untimed).collect::<Vec<_>>().join("\n")
}

/// Takes out what a report says of cache and clock.
fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in ["timings", "cache", "peak_anonymous_memory"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        _ => {}
    }
}

fn clear(cache: &Path, to: &World) {
    drop(fs::remove_dir_all(to.cache()));
    if cache.exists() {
        crate::support::copy_tree(cache, &to.cache());
    }
}

#[test]
fn an_empty_and_a_full_cache_give_the_same() {
    for added in [true, false] {
        let (cold, full) = (world(added), world(added));
        let first = cold.path("first");
        if added {
            crate::support::copy_tree(&cold.cache(), &first);
        }
        for args in COMMANDS {
            outcome(&full, args);
        }
        for args in COMMANDS {
            clear(&first, &cold);
            assert_eq!(outcome(&full, args), outcome(&cold, args), "{args:?}, a runtime added: {added}");
        }
    }
}
