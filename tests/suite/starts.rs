//! What is staged starts, or is refused with the reason, or a note says what is open: as image and as droplet.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{BootJar, Item, World, Zip, class, fake_jre};

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
fn a_jar_that_needs_what_lies_beside_it_names_the_folder_to_stage() {
    let world = World::new();
    let manifest = "Main-Class: a.Main\nClass-Path: . lib/one.jar\n";
    write(&world, &[("w/app.jar", jar(manifest, &["a/Main"]))]);
    let app = world.path("w/app.jar");
    assert!(notes(&world, &app).contains("`lib/one.jar`"));
    // Not even a run that finds everything else unchanged passes it over.
    notes(&world, &app);
    write(&world, &[("w/lib/one.jar", jar("X: y\n", &["a/Lib"]))]);
    refused(&world, &app, 1, &["`lib/one.jar`", "lies beside it", &format!("`{}`", world.path("w").display())]);
    world.run([app.to_str().unwrap(), "-o", "droplet:d.tgz"]).failed(1, &["`lib/one.jar`"]);
    world.stage(&world.path("w"), ["-o", "oci:folder"]);
    // Beside another program the folder alone says too little; what is said of it works.
    write(&world, &[("w/tool.jar", jar("Main-Class: a.Tool\n", &["a/Tool"]))]);
    refused(&world, &world.path("w"), 1, &["more than one executable jar", "it and what its `Class-Path` names alone"]);
    for name in ["app.jar", "lib/one.jar"] {
        write(&world, &[(&format!("alone/{name}"), fs::read(world.path("w").join(name)).unwrap())]);
    }
    world.stage(&world.path("alone"), ["-o", "oci:of-alone"]);
    let manifest = "Main-Class: a.Main\nClass-Path: ../lib/one.jar\n";
    write(&world, &[("w/bin/up.jar", jar(manifest, &["a/Main"]))]);
    refused(&world, &world.path("w/bin/up.jar"), 1, &["`../lib/one.jar`", "stays below its own folder"]);
}

#[test]
fn the_procfile_says_what_the_image_starts() {
    let world = World::new();
    let procfile = "worker: java -jar app.jar\nport: java -Da=$PORT -jar app.jar\nweb: java -cp app.jar a.Main --x\n";
    write(&world, &[("w/app.jar", jar("Main-Class: a.Main\n", &["a/Main"])), ("w/Procfile", procfile.into())]);
    let report = world.stage(&world.path("w"), ["-o", "oci:out"]);
    assert_eq!(report["processes"][0]["command"], serde_json::json!(["java", "-cp", "app.jar", "a.Main", "--x"]));
    assert_eq!(report["processes"][1]["command"], serde_json::json!(["java", "-jar", "app.jar"]));
    assert!(report["notes"].to_string().contains("`port` of `Procfile` is left out"), "{report}");
    write(&world, &[("w/Procfile", b"web: java -jar other.jar\n".to_vec())]);
    refused(&world, &world.path("w"), 1, &["`web`", "`other.jar`"]);
    write(&world, &[("w/Procfile", b"- web\n".to_vec())]);
    assert!(notes(&world, &world.path("w")).contains("`Procfile` is not read"));
}

#[test]
fn a_runtime_that_a_generation_of_spring_boot_is_not_known_to_run_on_is_the_last_choice() {
    let world = World::new();
    let old = BootJar::new()
        .with_manifest("Spring-Boot-Version: 3.5.16", "Spring-Boot-Version: 2.1.18")
        .with("BOOT-INF/classes/demo/Main.class", class("demo/Main", 52, b""))
        .write(&world.path("old.jar"));
    let version = |jre: &str| {
        let report = world.stage(&old, ["-o", "oci:out", "--jre", jre]);
        (report["dependencies"][0]["version"].as_str().unwrap().to_owned(), report["notes"].to_string())
    };
    let (only, said) = version("auto");
    assert_eq!(only, "17.0.1");
    assert!(said.contains("Spring Boot 2.1 is known to run on Java 12 at most"), "{said}");
    fs::write(world.path("jre.zip"), fake_jre("11.0.2")).unwrap();
    world.run(["dependency", "add", "jre.zip", "--id", "other", "--version", "11.0.2", "--prefix", "fake"]).ok();
    assert_eq!(version("auto"), ("11.0.2".to_owned(), "[]".to_owned()));
    assert!(version("17").1.contains("Java 12 at most"));
    let new = BootJar::new().write(&world.path("new.jar"));
    assert_eq!(world.stage(&new, ["-o", "oci:out"])["dependencies"][0]["version"], "17.0.1");
}

#[test]
fn a_first_generation_of_spring_boot_takes_no_newer_runtime_unless_it_is_asked_for_by_number() {
    let world = World::new();
    let old = BootJar::new()
        .with_manifest("Spring-Boot-Version: 3.5.16", "Spring-Boot-Version: 1.5.22.RELEASE")
        .with("BOOT-INF/classes/demo/Main.class", class("demo/Main", 52, b""))
        .write(&world.path("old.jar"));
    let old = old.to_str().unwrap();
    for jre in ["auto", "fake", "host"] {
        let done = world.run([old, "--base", "none", "--jre", jre, "-o", "oci:out"]);
        done.failed(30, &["Spring Boot 1.5 is not known to run on any Java after 8", "hint: ", "--jre 17"]);
        assert!(!world.path("out").exists());
    }
    let report = world.stage(Path::new(old), ["-o", "oci:out", "--jre", "17"]);
    assert!(report["notes"].to_string().contains("Spring Boot 1.5 is known to run on Java 8 at most"), "{report}");
    fs::write(world.path("jre.zip"), fake_jre("8.0.402")).unwrap();
    world.run(["dependency", "add", "jre.zip", "--id", "other", "--version", "8.0.402", "--prefix", "fake"]).ok();
    let report = world.stage(Path::new(old), ["-o", "oci:out"]);
    assert_eq!(report["dependencies"][0]["version"], "8.0.402");
}

#[test]
fn no_image_has_more_layers_than_runtimes_mount() {
    let world = World::new();
    let mut jar = BootJar::new();
    let mut index = String::new();
    for at in 0..200 {
        let name = format!("BOOT-INF/classes/file{at}");
        index.extend(["- \"layer", &at.to_string(), "\":\n  - \"", &name, "\"\n"]);
        jar = jar.with(&name, at.to_string());
    }
    let jar = jar.with("BOOT-INF/layers.idx", index).write(&world.path("app.jar"));
    let report = world.stage(&jar, ["-o", "oci:out", "--compression", "none"]);
    assert_eq!(report["layers"].as_array().unwrap().len(), 127);
    assert!(report["notes"].to_string().contains("of the application's 200 layers are one"), "{}", report["notes"]);
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
