//! Whatever inputs hold, messages stay few lines of readable text.

use std::process::Command;

use fs_err as fs;
use serde_json::{Value, json};

use crate::support::{BootJar, Done, Item, JavaBuildpack, World, Zip, change_config};

/// Longest line, characters.
const LINE: usize = 2_000;
/// Most lines.
const LINES: usize = 50;

/// Long, and with what terminals obey.
fn hostile(length: usize) -> String {
    "\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}\r\u{202e}x".chars().cycle().take(length).collect()
}

#[track_caller]
fn assert_readable(what: &str, said: &str) {
    assert!(said.lines().count() <= LINES, "{what}: {} lines\n{said}", said.lines().count());
    let longest = said.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(longest <= LINE, "{what}: a line of {longest} characters");
    let obeyed = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!said.contains(obeyed), "{what}: {said:?}");
}

/// Every text of an error's document.
fn assert_bounded(what: &str, value: &Value) {
    match value {
        Value::String(text) => assert_readable(what, text),
        Value::Array(items) => {
            assert!(items.len() <= LINES, "{what}: {} items", items.len());
            for item in items {
                assert_bounded(what, item);
            }
        }
        Value::Object(fields) => fields.values().for_each(|field| assert_bounded(what, field)),
        _ => {}
    }
}

/// Runs it for people and for programs.
fn check(what: &str, command: &dyn Fn() -> Command) {
    let done = Done::of(&mut command());
    assert_readable(what, &done.stderr);
    if done.code != Some(0) {
        assert!(done.stderr.contains("error: "), "{what}: {done:?}");
    }
    let done = Done::of(command().arg("--json"));
    assert_readable(what, &done.stderr);
    if done.code != Some(0) {
        assert_bounded(what, &done.json()["error"]);
    }
}

/// `detect`, `plan` and staging of an application in this place.
fn check_application(what: &str, world: &World, application: &str) {
    for args in [&["detect"][..], &["plan", "--explain", "--base", "none"], &["--base", "none", "-o", "oci:out"]] {
        check(&format!("{what}, {args:?}"), &|| {
            let mut command = world.command();
            command.args(args).arg(application);
            command
        });
    }
    check(&format!("{what}, droplet"), &|| {
        let mut command = world.command();
        command.args([application, "-o", "droplet:out.tgz", "--buildpack", "buildpack"]);
        command
    });
}

fn world() -> World {
    let world = World::new();
    JavaBuildpack::new().write(&world.path("buildpack"));
    BootJar::new().write(&world.path("plain.jar"));
    world
}

#[test]
fn archives_with_hostile_names() {
    let world = world();
    let long = hostile(30_000);
    let main = "Manifest-Version: 1.0\nMain-Class: demo.Main\n";
    let names = [
        long.clone(),
        "d/".repeat(15_000),
        format!("{}.class", "x".repeat(60_000)),
        "../".repeat(10_000),
        "a\nb\u{1b}[31m".to_owned(),
        "\u{9b}31m\u{202e}.class".to_owned(),
        "BOOT-INF/lib/\u{9b}31m\u{202e}.jar".to_owned(),
    ];
    for (at, name) in names.into_iter().enumerate() {
        let jar = Zip::new([Item::new("META-INF/MANIFEST.MF", main), Item::new(name, "not a jar")]);
        fs::write(world.path("app.jar"), jar.bytes()).unwrap();
        check_application(&format!("name {at}"), &world, "app.jar");
    }
    let many = (0..2_000).map(|number| Item::new(format!("BOOT-INF/lib/\u{9b}{number}.jar"), "not a jar"));
    fs::write(world.path("app.jar"), Zip::new(many).bytes()).unwrap();
    check_application("many names", &world, "app.jar");
}

#[test]
fn manifests_indexes_and_process_files_with_hostile_lines() {
    let world = world();
    let long = hostile(100_000).replace('\r', "");
    let plain = "x".repeat(100_000);
    let names = (0..5_000).map(|number| format!("lib/{number}.jar")).collect::<Vec<_>>().join(" ");
    let processes = (0..5_000).map(|number| format!("p{number}: a; b\n")).collect::<Vec<_>>().concat();
    for (what, manifest) in [
        ("main class", format!("Main-Class: {plain}\n")),
        ("main class with controls", format!("Main-Class: {long}\n")),
        ("class path", format!("Main-Class: demo.Main\nClass-Path: {names}\n")),
        ("class path with controls", format!("Main-Class: demo.Main\nClass-Path: {long}\n")),
        ("name of an attribute", format!("{plain}: x\nMain-Class: demo.Main\n")),
        ("no attribute", long.clone()),
        ("version", format!("Main-Class: demo.Main\nBuild-Jdk-Spec: {long}\n")),
    ] {
        let jar = Zip::new([Item::new("META-INF/MANIFEST.MF", format!("Manifest-Version: 1.0\n{manifest}"))]);
        fs::write(world.path("app.jar"), jar.bytes()).unwrap();
        check_application(what, &world, "app.jar");
    }
    let boot = |old: &str, new: String| BootJar::new().with_manifest(old, &new);
    for (what, jar) in [
        ("start class", boot("demo.Main", plain.clone())),
        ("start class with controls", boot("demo.Main", long.clone())),
        ("version of Boot", boot("3.5.16", long.clone())),
        ("index", BootJar::new().with("BOOT-INF/layers.idx", format!("- \"{long}\":\n  - \"BOOT-INF/\"\n"))),
        ("broken index", BootJar::new().with("BOOT-INF/layers.idx", long.clone())),
        ("class path index", BootJar::new().with("BOOT-INF/classpath.idx", format!("- \"{long}\"\n"))),
        ("process", BootJar::new().with("Procfile", format!("web: {long}\n"))),
        ("process type", BootJar::new().with("Procfile", format!("{plain}: x\n{long}: y\n"))),
        ("many processes", BootJar::new().with("Procfile", processes)),
    ] {
        jar.write(&world.path("app.jar"));
        check_application(what, &world, "app.jar");
        drop(fs::remove_dir_all(world.path("folder")));
        jar.explode(&world.path("folder"), 0o755);
        check_application(&format!("{what}, folder"), &world, "folder");
    }
}

#[test]
fn files_with_hostile_names() {
    let world = world();
    let name = "\u{1b}[31m\n\u{9b}\u{202e}".repeat(12);
    let folder = BootJar::new().explode(&world.path("folder"), 0o755);
    fs::write(folder.join(&name), "x").unwrap();
    check_application("in a folder", &world, "folder");
    check_application("not there", &world, &name);
    fs::write(world.path(&name), "no archive").unwrap();
    check_application("no application", &world, &name);
    fs::copy(world.path("plain.jar"), world.path(&format!("{name}.jar"))).unwrap();
    check_application("an application", &world, &format!("{name}.jar"));
    for args in [["inspect", &name], ["dependency", "add"], ["dependency", "import"]] {
        check(args[0], &|| {
            let mut command = world.command();
            command.args(args).arg(&name);
            command
        });
    }
}

/// An image whose config was changed.
fn layout(world: &World, change: impl Fn(&mut Value)) {
    drop(fs::remove_dir_all(world.path("base")));
    world.run(["plain.jar", "--base", "none", "-o", "oci:base"]).ok();
    change_config(&world.path("base"), change);
}

#[test]
fn bases_with_hostile_configs() {
    let world = world();
    let long = hostile(100_000);
    for (what, path, value) in [
        ("user", "/config/User", json!(long)),
        ("variable", "/config/Env", json!([long, "A=\0"])),
        ("system", "/os", json!(long)),
        ("architecture", "/architecture", json!(long)),
        ("diff IDs", "/rootfs/diff_ids", json!([long])),
        ("labels", "/config/Labels", json!({ "x": long })),
        ("history", "/history", json!([{ "created_by": long }])),
        ("entry point", "/config/Entrypoint", json!([long])),
    ] {
        layout(&world, |config| *config.pointer_mut(path).unwrap() = value.clone());
        for args in [&["inspect", "base"][..], &["plain.jar", "--base", "oci:base", "-o", "oci:out"]] {
            check(&format!("{what}, {args:?}"), &|| {
                let mut command = world.command();
                command.args(args);
                command
            });
        }
        let shown = world.run(["inspect", "base"]).stdout;
        assert_readable(&format!("{what}, shown"), &shown);
    }
}

#[test]
fn hostile_options_variables_and_files_of_settings() {
    let world = world();
    let long = hostile(100_000);
    let run = |what: &str, change: &dyn Fn(&mut Command)| {
        check(what, &|| {
            let mut command = world.command();
            command.args(["plain.jar", "--base", "none", "-o", "oci:out"]);
            change(&mut command);
            command
        });
    };
    for option in
        ["--jre", "--env", "--main-class", "--base", "--with", "--catalogue", "--compression", "--expect-digest"]
    {
        run(option, &|command| _ = command.arg(format!("{option}={long}")));
    }
    for name in ["BP_JVM_VERSION", "SOURCE_DATE_EPOCH", "STAGE_JRE", "STAGE_COMPRESSION", "STAGE_THREADS", "JAVA_HOME"]
    {
        run(name, &|command| _ = command.env(name, &long));
    }
    run("output", &|command| _ = command.args(["-o", &format!("oci-archive:{}", hostile(3_000))]));
    let sha256 = "00".repeat(32);
    let entry = |key: &str, value: &str| {
        let mut entry = toml::Table::new();
        for (name, text) in [("id", "x"), ("version", "1"), ("uri", "https://example.invalid/"), ("sha256", &*sha256)] {
            entry.insert(name.to_owned(), text.into());
        }
        entry.insert(key.to_owned(), value.into());
        toml::Table::from_iter([("dependency".to_owned(), toml::Value::Array(vec![entry.into()]))]).to_string()
    };
    let keys = ["id", "version", "kind", "uri", "maven", "sha256", "os", "licence"];
    let mut catalogues: Vec<_> = keys.map(|key| (key, entry(key, &long))).into();
    catalogues.extend([
        ("key", entry(&long, "x")),
        ("no TOML", long.clone()),
        ("deep", format!("a = {}", "[".repeat(50_000))),
    ]);
    for (what, text) in catalogues {
        fs::write(world.path("catalogue.toml"), text).unwrap();
        run(what, &|command| _ = command.args(["--catalogue", "catalogue.toml", "--jre", "x@1"]));
    }
    let quoted = serde_json::to_string(&long).unwrap();
    for (what, text) in [
        ("no YAML", long.clone()),
        ("deep YAML", "[".repeat(50_000)),
        ("language", format!("language: {quoted}\n")),
        ("name", format!("language: java\ndependencies:\n- name: {quoted}\n  version: {quoted}\n")),
        ("file", format!("language: java\ndependencies:\n- name: openjdk\n  version: 17.0.1\n  file: {quoted}\n")),
    ] {
        fs::write(world.path("buildpack/manifest.yml"), text).unwrap();
        check(what, &|| {
            let mut command = world.command();
            command.args(["plain.jar", "-o", "droplet:out.tgz", "--buildpack", "buildpack"]);
            command
        });
    }
}
