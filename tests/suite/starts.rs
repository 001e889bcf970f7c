//! What is staged starts, or is refused with the reason, or a note says what is open: as image and as droplet.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{BootJar, Item, World, Zip, class};

const MANIFEST: &str = "META-INF/MANIFEST.MF";

/// A jar with this manifest and these classes.
fn jar(manifest: &str, classes: &[&str]) -> Vec<u8> {
    let classes = classes.iter().map(|name| Item::deflated(format!("{name}.class"), class(name, 61, b"")));
    Zip::new(std::iter::once(Item::new(MANIFEST, manifest)).chain(classes)).bytes()
}

fn write(world: &World, files: &[(&str, Vec<u8>)]) {
    for (name, bytes) in files {
        let path = world.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Neither image nor plan, for the same reason.
fn refused(world: &World, app: &Path, code: i32, said: &[&str]) {
    world.run([app.to_str().unwrap(), "--base", "none", "-o", "oci:refused"]).failed(code, said);
    assert!(!world.path("refused").exists());
    world.run(["plan", app.to_str().unwrap()]).failed(code, said);
}

/// The notes of the image.
fn notes(world: &World, app: &Path) -> String {
    world.stage(app, ["-o", "oci:noted"])["notes"].to_string()
}

#[test]
fn what_cannot_start_is_refused_by_name() {
    let world = World::new();
    let start_class = |new: &str| BootJar::new().with_manifest("Start-Class: demo.Main\r\n", new);
    let app: PathBuf = world.path("app.jar");
    for (new, said) in [
        ("", "no `Start-Class`"),
        ("Start-Class: ${start-class}\r\n", "`Start-Class: ${start-class}`"),
        ("Start-Class: demo.Gone\r\n", "`Start-Class: demo.Gone`"),
    ] {
        start_class(new).write(&app);
        refused(&world, &app, 1, &["`web`", said, "hint: "]);
        let folder = start_class(new).explode(&world.path("folder"), 0o644);
        refused(&world, &folder, 1, &["`web`", said, "hint: "]);
    }
    write(&world, &[("app.jar", jar("Main-Class: a.Main\nClass-Path: lib/gone.jar\n", &["a/Other"]))]);
    refused(&world, &app, 1, &["`a.Main`", "lib/gone.jar"]);
    write(&world, &[("app.jar", jar("Created-By: nobody\nMain-Class: a.Main", &["a/Main"]))]);
    refused(&world, &app, 20, &["`Main-Class: a.Main`, which has no line end"]);
    let quarkus = "Main-Class: io.quarkus.bootstrap.runner.QuarkusEntryPoint\nClass-Path: lib/boot/runner.jar\n";
    write(&world, &[("quarkus-run.jar", jar(quarkus, &[]))]);
    refused(&world, &world.path("quarkus-run.jar"), 1, &["`quarkus-app`", "hint: "]);
}

#[test]
fn repeated_entries_do_not_matter_to_a_jar_that_is_shipped_as_it_is() {
    let world = World::new();
    let twice = |name: &str, manifest: &str| {
        let items = ["1", "1", "2"].map(|text| Item::new("META-INF/LICENSE", text));
        let main = Item::deflated("a/Main.class", class("a/Main", 61, b""));
        let items = [Item::new(MANIFEST, manifest), main].into_iter().chain(items);
        fs::write(world.path(name), Zip::new(items).bytes()).unwrap();
        world.path(name)
    };
    let plain = twice("plain.jar", "Main-Class: a.Main\n");
    assert!(!notes(&world, &plain).contains("LICENSE"));
    let mut zip = BootJar::new().zip();
    zip.items.extend(["1", "1", "2"].map(|text| Item::new("BOOT-INF/classes/twice", text)));
    fs::write(world.path("boot.jar"), zip.bytes()).unwrap();
    assert!(notes(&world, &world.path("boot.jar")).contains("the last counts, as for Java: `BOOT-INF/classes/twice`"));
    let once = BootJar::new().with("BOOT-INF/classes/twice", "2").write(&world.path("once.jar"));
    assert_eq!(world.digest(&world.path("boot.jar"), ["-o", "oci:a"]), world.digest(&once, ["-o", "oci:b"]));
}

#[test]
fn class_path_entries_that_are_there_are_not_called_missing() {
    let world = World::new();
    for address in ["lib/one.jar", "./lib/../lib/one.jar", "file:lib/one.jar", "link/one.jar", "lib/%6fne.jar ."] {
        let manifest = format!("Main-Class: a.Main\nClass-Path: {address}\n");
        write(&world, &[("w/app.jar", jar(&manifest, &["a/Main"])), ("w/lib/one.jar", jar("X: y\n", &["a/Lib"]))]);
        if !world.path("w/link").exists() {
            std::os::unix::fs::symlink("lib", world.path("w/link")).unwrap();
        }
        let said = notes(&world, &world.path("w"));
        assert!(!said.contains("not there"), "{address}: {said}");
    }
}
