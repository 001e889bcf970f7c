//! `stage measure`: real applications run once, and what was seen of them decides about their memory.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fs_err as fs;
use serde_json::Value;

use crate::support::judges::Podman;
use crate::support::{
    BootJar, Done, Image, World, fixture, java, list, require_root, seed_config_server, wait_for, wheel,
};

/// A world with the JREs of these versions as `tried`, and a folder for temporary files.
fn world(versions: &[&str]) -> World {
    let world = World::with_jre();
    for version in versions {
        let (file, prefix) = wheel(version);
        let file = file.to_str().unwrap();
        world.run(["dependency", "add", file, "--id", "tried", "--version", version, "--prefix", prefix]).ok();
    }
    fs::create_dir(world.path("tmp")).unwrap();
    world
}

/// `stage measure` of something, as a process, in a world's folder of temporary files.
fn measure(world: &World, what: impl AsRef<Path>) -> Command {
    let mut command = world.command();
    command.env("TMPDIR", world.path("tmp")).arg("measure").arg(what.as_ref()).args(["--runner", "process"]);
    command
}

/// The seed's configuration server, a copy of its own to have files beside.
fn config_server(world: &World) -> PathBuf {
    let jar = world.path("config-server.jar");
    fs::copy(seed_config_server(), &jar).unwrap();
    jar
}

/// Nothing is left of a measurement: no file, no process.
#[track_caller]
fn assert_nothing_is_left(world: &World) {
    assert_eq!(list(&world.path("tmp")), Vec::<PathBuf>::new());
    let folder = world.path("tmp").to_string_lossy().into_owned();
    for process in fs::read_dir("/proc").unwrap() {
        let line = fs::read(process.unwrap().path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        assert!(!line.contains(&folder), "still runs: {line}");
    }
}

fn number(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap_or_else(|| panic!("{path} in {value}"))
}

fn label(image: &Image) -> Option<&str> {
    image.config["config"]["Labels"]["stage.memory-profile"].as_str()
}

fn variable(image: &Image) -> Option<&str> {
    let all = image.config["config"]["Env"].as_array().unwrap();
    all.iter().find_map(|entry| entry.as_str().unwrap().strip_prefix("BPI_JVM_PROFILE="))
}

/// The numbers of Zipkin are those that containers under load have; staging takes them up as long as they are of this
/// build and this Java, and says so when not.
#[test]
fn zipkin_is_sized_by_what_was_seen() {
    let world = world(&["25.0.4"]);
    let zipkin = fixture("zipkin");
    let beside = ["--memory-profile", "zipkin.memory-profile"];
    let load = ["--path", "/health", "--path", "/zipkin/", "--seconds", "3"];
    let measured = Done::of(measure(&world, &zipkin).args(beside).args(load).args(["--jre", "17", "--json"])).ok();
    let seen = measured.json();
    assert_nothing_is_left(&world);
    assert_eq!(number(&seen, "/java"), 17, "{seen}");
    let mib = |path: &str| number(&seen, path) >> 20;
    assert!((9_500..13_000).contains(&number(&seen, "/loaded/classes")), "{seen}");
    assert!((45..75).contains(&mib("/loaded/metaspace")), "{seen}");
    assert!((10..45).contains(&mib("/loaded/code")), "{seen}");
    assert!((15..60).contains(&mib("/live_heap")), "{seen}");
    assert!(number(&seen, "/loaded/threads") > 200, "{seen}");
    assert!(number(&seen, "/answers/answered") > 0 && number(&seen, "/answers/failed") == 0, "{seen}");
    assert!((128..=224).contains(&mib("/least_limits/measured")), "{seen}");

    let profile = seen["profile"].as_str().unwrap();
    let stage = |more: &[&str]| {
        let mut command = world.command();
        Done::of(command.arg(&zipkin).args(["--compression", "none"]).args(more)).ok()
    };
    let report = stage(&[&beside[..], &["--jre", "17", "-o", "oci:sized", "--json"]].concat()).json();
    assert_eq!(report["memory"]["profile"], profile);
    let image = Image::read(&world.path("sized"));
    assert_eq!((label(&image), variable(&image)), (Some(profile), Some(profile)));
    let again = stage(&[&beside[..], &["--jre", "17", "-o", "oci:again", "--json"]].concat()).json();
    assert_eq!(report["image"]["digest"], again["image"]["digest"]);

    let plain = stage(&["--jre", "17", "-o", "oci:plain", "--json"]).json();
    let image = Image::read(&world.path("plain"));
    assert_eq!((label(&image), variable(&image)), (None, None));
    assert_ne!(plain["memory"]["examples"]["256M"], report["memory"]["examples"]["256M"]);

    let newer = stage(&[&beside[..], &["--jre", "tried@25.0.4", "-o", "oci:newer"]].concat());
    let note = "zipkin.memory-profile` is not used: it is of Java 17, and this is Java 25";
    assert!(newer.stdout.contains(note), "{}", newer.stdout);
    let other = BootJar::new().write(&world.path("other.jar"));
    let other = world.run([other.to_str().unwrap(), beside[0], beside[1], "-o", "oci:other"]).ok();
    assert!(other.stdout.contains("is not used: it is of another build of the application"), "{}", other.stdout);
    assert_eq!(label(&Image::read(&world.path("other"))), None);
}

/// A jar's profiles lie beside it, one for each Java; the next staging finds them by itself.
#[test]
fn a_load_of_ones_own_and_the_profile_beside_the_jar() {
    let world = world(&["1.8.0"]);
    let jar = config_server(&world);
    let load = r#"test -n "$PORT" && curl -sS --fail --noproxy '*' "$URL/account/default""#;
    let done = Done::of(measure(&world, &jar).args(["--jre", "tried@1.8.0", "--load", load])).ok();
    assert!(done.stdout.contains("config-server.jar: Java 8, ready after "), "{}", done.stdout);
    assert!(done.stdout.contains("config-server.jar.memory-profile\n"), "{}", done.stdout);
    assert!(done.stderr.contains(r#"{"name":"account""#), "{}", done.stderr);
    let file = fs::read_to_string(world.path("config-server.jar.memory-profile")).unwrap();
    assert!(file.contains("\n  \"java=8 classes=") && file.contains("\napplication = \"sha256:"), "{file}");
    let explained = world.run(["plan", "config-server.jar", "--jre", "tried@1.8.0", "--explain"]).ok();
    assert!(
        explained.stdout.contains("  memory.profile") && explained.stdout.contains("  java=8 classes="),
        "{}",
        explained.stdout
    );
    let none = ["plan", "config-server.jar", "--jre", "tried@1.8.0", "--explain", "--memory-profile", "none"];
    assert!(!world.run(none).ok().stdout.contains("memory.profile"));
    assert_nothing_is_left(&world);
}

/// What is held softly and not in use a small heap gives up: it is not alive. Who says how long it is to be held is heard.
#[test]
fn caches_are_not_alive() {
    let world = world(&[]);
    let jar = java::jar(&world, "Main-Class", "Hold", include_str!("support/Hold.java"));
    let live = |options: &str| {
        let load = ["--connections", "1", "--seconds", "2", "--limit", "1G"];
        let asked = ["--jre", "17", "--json", "--env", options];
        number(&Done::of(measure(&world, &jar).args(load).args(asked)).ok().json(), "/live_heap")
    };
    let (without, with) = (live("A=b"), live("JAVA_TOOL_OPTIONS=-XX:SoftRefLRUPolicyMSPerMB=100000"));
    assert!(without < 16 << 20, "{without}");
    assert!(with > 32 << 20, "{with}");
}

/// What an agent uses that came only with the start is in the numbers; the launcher is not to add it again.
#[test]
fn agents_of_the_start_are_noted() {
    let world = world(&[]);
    let jar = java::jar(&world, "Main-Class", "Hold", include_str!("support/Hold.java"));
    let idle = "public class Idle { public static void premain(String options) {} }";
    let agent = java::jar(&world, "Premain-Class", "Idle", idle);
    let added = format!("JAVA_TOOL_OPTIONS=-javaagent:{}=port=1", agent.display());
    let asked = ["--jre", "17", "--json", "--seconds", "1", "--env", &added];
    let seen = Done::of(measure(&world, &jar).args(asked)).ok().json();
    let size = fs::metadata(&agent).unwrap().len();
    assert!(seen["profile"].as_str().unwrap().ends_with(&format!(" agents={size}")), "{seen}");
}

/// A measurement that fails says why, stores nothing and leaves nothing.
#[test]
fn what_fails_stores_nothing() {
    let world = world(&["1.8.0"]);
    let jar = config_server(&world);
    let on_8 = ["--jre", "tried@1.8.0"];
    let failing = Done::of(measure(&world, &jar).args(on_8).args(["--load", "exit 3"]));
    failing.failed(1, &["The load command `exit 3` ended with exit status: 3"]);
    let refused = Done::of(measure(&world, &jar).args(on_8).args(["--limit", "32M"]));
    refused.failed(1, &["The application ended with exit code 82", "`--limit 2G`"]);
    let dying = Done::of(measure(&world, &jar).args(on_8).args(["--env", "SERVER_PORT=none"]));
    dying.failed(1, &["The application ended with exit code 1; it wrote last:", "`--env NAME=VALUE`"]);
    let slow = Done::of(measure(&world, &jar).args(on_8).args(["--ready-within", "0"]));
    slow.failed(1, &["was not ready after 0 s", "`--ready-within SECONDS`"]);
    assert!(!world.path("config-server.jar.memory-profile").exists());
    assert_nothing_is_left(&world);
}

#[test]
fn an_interrupted_measurement_leaves_nothing() {
    let world = world(&["1.8.0"]);
    let jar = config_server(&world);
    let mut command = measure(&world, &jar);
    let load = format!("touch loaded; sleep 600 # {}", world.path("tmp").display());
    command.args(["--jre", "tried@1.8.0", "--load", &load]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("the load", || world.path("loaded").exists());
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("error: Interrupted; the application was stopped, nothing was stored"), "{said}");
    assert!(!world.path("config-server.jar.memory-profile").exists());
    assert_nothing_is_left(&world);
}

/// An image is measured in a container, and gets its profile as label and variable; nothing else of it changes.
#[test]
fn an_image_is_measured_in_a_container() {
    require_root();
    let world = world(&["25.0.4"]);
    let podman = Podman::open();
    Done::of(world.command().arg(fixture("zipkin")).args(["--jre", "tried@25.0.4", "-o", "oci:zipkin:v1"])).ok();
    let before = Image::read(&world.path("zipkin"));
    let measured = || {
        let mut command = world.command();
        command.env("TMPDIR", world.path("tmp")).arg("measure");
        podman.measure_with(&mut command);
        command.args(["oci:zipkin:v1", "--limit", "512M", "--seconds", "2", "--path", "/health", "--json"]);
        Done::of(&mut command).ok().json()
    };
    let seen = measured();
    assert_eq!((seen["runner"].as_str(), number(&seen, "/java")), (Some("container"), 25), "{seen}");
    assert!((9_500..13_000).contains(&number(&seen, "/loaded/classes")), "{seen}");
    let after = Image::read(&world.path("zipkin"));
    let profile = seen["profile"].as_str().unwrap();
    assert_eq!((label(&after), variable(&after)), (Some(profile), Some(profile)));
    let mut config = after.config.clone();
    config["config"]["Labels"].as_object_mut().unwrap().remove("stage.memory-profile");
    config["config"]["Env"].as_array_mut().unwrap().retain(|it| !it.as_str().unwrap().starts_with("BPI_JVM_PROFILE="));
    assert_eq!(config, before.config);
    assert_eq!(before.manifest["layers"], after.manifest["layers"]);
    assert_eq!(podman.say(&world, &["ps", "--all", "--quiet"]) + &podman.say(&world, &["images", "--quiet"]), "");
    assert_nothing_is_left(&world);

    let container = podman.start_within(&world, "224m", "oci:zipkin:v1", "PORT", &[]);
    assert_eq!(container.healthy()["status"], "UP");
    assert!(!container.log().contains("memory profile is not used"), "{}", container.log());
    let second = measured()["profile"].as_str().unwrap().to_owned();
    assert_eq!(label(&Image::read(&world.path("zipkin"))), Some(second.as_str()), "the old one is replaced");
}

#[test]
fn images_that_cannot_have_a_profile() {
    let world = world(&[]);
    let jar = BootJar::new().write(&world.path("app.jar"));
    world.run([jar.to_str().unwrap(), "-o", "oci:image:v1"]).ok();
    let chosen = Done::of(measure(&world, "oci:image:v1").args(["--jre", "17"]));
    chosen.failed(2, &["`--jre` is not for images"]);
    Done::of(&mut measure(&world, "oci:image:v2")).failed(1, &["v2"]);
    Done::of(&mut measure(&world, "oci:nothing")).failed(1, &["nothing"]);
    let blobs = list(&world.path("image/blobs/sha256"));
    let layer = blobs.iter().max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let bytes = fs::read(layer).unwrap();
    fs::remove_file(layer).unwrap();
    fs::write(layer, bytes.iter().map(|byte| byte ^ 1).collect::<Vec<u8>>()).unwrap();
    Done::of(&mut measure(&world, "oci:image:v1")).failed(1, &["has other bytes"]);
    assert_nothing_is_left(&world);
}
