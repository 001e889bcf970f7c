//! `stage dependency`: the offline cache of what images are made of.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{BootJar, Done, Image, Item, World, Zip, fake_jre, list, sha256_hex, unzip};

/// A catalogue with one library from a `file:` URI, one by Maven coordinates and a runtime.
fn catalogue(world: &World) -> PathBuf {
    let (library, jre) = (library(1), fake_jre("21.0.5"));
    fs::create_dir_all(world.path("shelf")).unwrap();
    fs::write(world.path("shelf/library-1.0.jar"), &library).unwrap();
    fs::write(world.path("shelf/jre.zip"), &jre).unwrap();
    let maven = world.path(".m2/repository/org/example/thing/2.0/thing-2.0.jar");
    fs::create_dir_all(maven.parent().unwrap()).unwrap();
    fs::write(&maven, self::library(2)).unwrap();
    let text = format!(
        r#"
[defaults]
library = "1.*"

[[dependency]]
id = "library"
version = "1.0"
uri = "file:{shelf}/library-1.0.jar"
sha256 = "{library}"
licence = "Apache-2.0"

[[dependency]]
id = "thing"
version = "2.0"
maven = "org.example:thing:2.0"
sha256 = "{thing}"

[[dependency]]
id = "runtime"
kind = "jre"
version = "21.0.5"
uri = "file:{shelf}/jre.zip"
sha256 = "{jre}"
prefix = "fake"

[[dependency]]
id = "wrong"
version = "1.0"
uri = "file:{shelf}/library-1.0.jar"
sha256 = "{thing}"

[[dependency]]
id = "gone"
version = "1.0"
uri = "file:{shelf}/gone.jar"
sha256 = "{thing}"
"#,
        shelf = world.path("shelf").display(),
        library = sha256_hex(&library),
        thing = sha256_hex(&self::library(2)),
        jre = sha256_hex(&jre),
    );
    let path = world.path("catalogue.toml");
    fs::write(&path, text).unwrap();
    path
}

fn library(number: u8) -> Vec<u8> {
    Zip::new([Item::new("number", [number])]).bytes()
}

fn dependency(world: &World, args: &[&str]) -> Done {
    Done::of(world.command().arg("dependency").args(args).args(["--catalogue", "catalogue.toml"]))
}

fn ids(records: &Value) -> Vec<String> {
    let text = |record: &Value, field: &str| record[field].as_str().unwrap().to_owned();
    let records = records.as_array().or(records["dependencies"].as_array()).unwrap().iter();
    records.map(|record| format!("{}@{}", text(record, "id"), text(record, "version"))).collect()
}

fn blobs(world: &World) -> Vec<PathBuf> {
    let all = list(&world.cache()).into_iter();
    all.filter(|path| path.parent().unwrap().ends_with("sha256") && path.extension().is_none()).collect()
}

#[test]
fn fetch_takes_files_and_maven_artifacts_and_remembers_where_from() {
    let world = World::empty();
    catalogue(&world);
    let fetched = dependency(&world, &["fetch", "library", "thing@2.*", "runtime@21.+", "--json"]).ok().json();
    assert_eq!(ids(&fetched), ["library@1.0", "thing@2.0", "runtime@21.0.5"]);
    let listed = dependency(&world, &["list", "--json"]).ok().json();
    assert_eq!(ids(&listed), ["library@1.0", "runtime@21.0.5", "thing@2.0"]);
    let first = &listed["dependencies"][0];
    assert_eq!(first["licence"], "Apache-2.0");
    assert_eq!(first["sha256"], sha256_hex(&library(1)).as_str());
    assert!(first["uri"].as_str().unwrap().ends_with("shelf/library-1.0.jar"), "{first}");
    let text = dependency(&world, &["list"]).ok().stdout;
    for word in ["library", "1.0", "Apache-2.0", "org.example:thing:2.0"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    // What is cached is not looked for again.
    fs::remove_dir_all(world.path("shelf")).unwrap();
    dependency(&world, &["fetch", "library"]).ok();
    assert!(dependency(&world, &["verify"]).ok().stdout.starts_with("3 archives, "));
}

#[test]
fn everything_in_the_catalogue_is_listed_on_demand() {
    let world = World::new();
    catalogue(&world);
    dependency(&world, &["fetch", "library"]).ok();
    let all = dependency(&world, &["list", "--all", "--json"]).ok().json();
    let all = all["dependencies"].as_array().unwrap();
    let cached = |id: &str| all.iter().find(|entry| entry["id"] == id).map(|entry| entry["cached"].clone());
    assert_eq!(cached("library"), Some(Value::Bool(true)));
    assert_eq!(cached("thing"), Some(Value::Bool(false)));
    for built_in in ["openjdk", "java-cfenv", "auto-reconfiguration", "postgresql-jdbc"] {
        assert!(cached(built_in).is_some(), "{built_in}");
    }
    for entry in all {
        assert_eq!(entry["sha256"].as_str().unwrap().len(), 64, "{entry}");
        assert!(entry.get("uri").or(entry.get("maven")).is_some(), "{entry}");
    }
    assert!(dependency(&world, &["list", "--all"]).ok().stdout.contains("cached"));
}

#[test]
fn wrong_bytes_are_not_kept() {
    let world = World::empty();
    catalogue(&world);
    let (expected, found) = (sha256_hex(&library(2)), sha256_hex(&library(1)));
    let wrong = dependency(&world, &["fetch", "wrong"]);
    assert_eq!(wrong.code, Some(41));
    assert!(wrong.stderr.contains(&expected) && wrong.stderr.contains(&found), "{}", wrong.stderr);
    dependency(&world, &["add", "shelf/library-1.0.jar", "--id", "x", "--version", "1", "--sha256", &expected])
        .failed(41, &["shelf/library-1.0.jar", "wrong SHA-256", &expected, &found]);
    // An id and version of the catalogue must have the catalogue's checksum.
    dependency(&world, &["add", "shelf/library-1.0.jar", "--id", "thing", "--version", "2.0"]).failed(41, &[&expected]);
    dependency(&world, &["fetch", "gone"]).failed(1, &["gone", "shelf/gone.jar"]);
    assert_eq!(blobs(&world), Vec::<PathBuf>::new());
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
}

#[test]
fn what_cannot_be_asked_for() {
    let world = World::new();
    catalogue(&world);
    dependency(&world, &["fetch", "unknown"]).failed(30, &["unknown"]);
    dependency(&world, &["fetch", "library@7.*"]).failed(30, &["library", "7.*", "1.0"]);
    dependency(&world, &["add", "shelf/jre.zip"]).ok();
    dependency(&world, &["add", "catalogue.toml"]).failed(2, &["not in the catalogue", "--id", "--version"]);
    dependency(&world, &["add", "nowhere", "--id", "x", "--version", "1"]).failed(1, &["nowhere"]);
    dependency(&world, &["add", "shelf/jre.zip", "--id", "../x", "--version", "1"]).failed(1, &["../x"]);
    dependency(&world, &["add", "shelf/jre.zip", "--id", "x", "--version", "1", "--sha256", "abc"])
        .failed(2, &["--sha256"]);
    dependency(&world, &["add", "shelf/jre.zip", "--id", "x", "--version", "1", "--kind", "soup"])
        .failed(2, &["--kind"]);
    for (text, said) in [
        ("[[dependency]]\nid = \"x\"\n", "missing field"),
        ("nonsense = 1\n", "nonsense"),
        ("[[dependency]]\nid = \"x\"\nversion = \"1\"\nsha256 = \"00\"\nuri = \"file:/x\"\n", "SHA-256"),
    ] {
        fs::write(world.path("catalogue.toml"), text).unwrap();
        dependency(&world, &["list", "--all"]).failed(1, &["catalogue.toml", said]);
    }
}

#[test]
fn import_takes_what_the_catalogue_knows_and_whole_caches() {
    let world = World::empty();
    catalogue(&world);
    fs::write(world.path("shelf/README"), "not a dependency").unwrap();
    let imported = dependency(&world, &["import", "shelf", "--json"]).ok().json();
    assert_eq!(ids(&imported["added"]), ["runtime@21.0.5", "library@1.0"]);
    assert!(imported["skipped"][0]["path"].as_str().unwrap().ends_with("README"), "{imported}");
    // Another cache, by a catalogue that knows nothing.
    let other = World::empty();
    let run = Done::of(other.command().args(["dependency", "import", "--json"]).arg(world.cache())).ok().json();
    assert_eq!(run["added"].as_array().unwrap().len(), 2, "{run}");
    other.run(["dependency", "verify"]).ok();
    let jar = BootJar::new().write(&other.path("app.jar"));
    other.stage(&jar, ["--jre", "runtime@21.0.5", "-o", "oci:out"]);
}

/// Writes a bit into a cached archive; times are kept on demand.
fn rot(path: &Path, keep_times: bool) {
    let time = fs::metadata(path).unwrap().modified().unwrap();
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
    if keep_times {
        fs::File::open(path).unwrap().set_modified(time).unwrap();
    }
}

#[test]
fn a_corrupt_runtime_is_never_used() {
    for keep_times in [false, true] {
        for staged_before in [false, true] {
            let world = World::new();
            let jar = BootJar::new().write(&world.path("app.jar"));
            if staged_before {
                world.stage(&jar, ["-o", "oci:before"]);
            }
            let blob =
                blobs(&world).into_iter().find(|path| path.starts_with(world.cache().join("dependencies"))).unwrap();
            rot(&blob, keep_times);
            let done = world.run(["app.jar", "--base", "none", "--locked", "-o", "oci:out"]);
            done.failed(41, &["fake@17.0.1", "corrupt", "expected SHA-256", "hint: "]);
            assert!(!world.path("out").exists());
            assert!(!blob.exists());
            let aside = list(&world.cache().join("dependencies/quarantine"));
            assert_eq!(aside.len(), 1, "the archive, and not its record: {aside:?}");
            // The next run knows that there was one; added again it works.
            world.run(["app.jar", "--base", "none", "--locked"]).failed(41, &["fake@17.0.1", "gone", "hint: "]);
            fs::write(world.path("jre.zip"), fake_jre("17.0.1")).unwrap();
            world.run(["dependency", "add", "jre.zip", "--id", "fake", "--version", "17.0.1", "--prefix", "fake"]).ok();
            world.stage(&jar, ["--locked", "-o", "oci:out"]);
            Image::read(&world.path("out"));
        }
    }
}

#[test]
fn verify_finds_rot() {
    let world = World::empty();
    catalogue(&world);
    dependency(&world, &["fetch", "library", "thing"]).ok();
    let blob = blobs(&world).remove(0);
    rot(&blob, true);
    let done = dependency(&world, &["verify"]);
    assert_eq!(done.code, Some(41), "{done:?}");
    assert!(done.stderr.contains("1 of 2 archives"), "{}", done.stderr);
    assert!(done.stdout.contains("In quarantine") && done.stdout.contains("run `stage dependency fetch "), "{done:?}");
    let listed = dependency(&world, &["list", "--json"]).ok().json();
    let lost = listed["dependencies"].as_array().unwrap().iter().filter(|held| held["lost"] == true).count();
    assert_eq!((ids(&listed).len(), lost), (2, 1), "{listed}");
    assert!(dependency(&world, &["list"]).ok().stdout.contains(" lost "));
    dependency(&world, &["verify"]).failed_with_answer(41, &["is gone", "stage dependency remove "]);
    dependency(&world, &["fetch", "library", "thing"]).ok();
    let whole = dependency(&world, &["verify"]).ok();
    assert!(whole.stdout.contains("which is there again"), "{whole:?}");
}

#[test]
fn a_lost_archive_is_an_error_until_it_is_there_again_or_removed() {
    let rotten = || {
        let world = World::empty();
        catalogue(&world);
        dependency(&world, &["fetch", "runtime"]).ok();
        BootJar::new().write(&world.path("app.jar"));
        unzip(&world.path("shelf/jre.zip"), &[], &world.path("java"));
        rot(&blobs(&world)[0], true);
        world
    };
    let run = |world: &World, args: &[&str]| {
        let mut command = world.command();
        command.env("JAVA_HOME", world.path("java/fake")).args(args).args(["--catalogue", "catalogue.toml"]);
        Done::of(&mut command)
    };
    let commands: [&[&str]; 4] = [
        &["app.jar", "--base", "none", "-o", "oci:out"],
        &["plan", "app.jar"],
        &["app.jar", "--base", "none", "--jre", "21", "-o", "oci:out"],
        &["memory", "app.jar", "--limit", "1G"],
    ];
    for command in commands {
        let world = rotten();
        for _ in 0..3 {
            let done = run(&world, command);
            done.failed(
                41,
                &["runtime@21.0.5", "hint: Run `stage dependency fetch runtime@21.0.5`", "remove runtime@21.0.5"],
            );
            assert!(!world.path("out").exists());
        }
    }
    let droplet = ["app.jar", "-o", "droplet:droplet"];
    let world = rotten();
    let codes: Vec<_> = (0..3).map(|_| run(&world, &droplet).code).collect();
    assert!(codes[0] != Some(0) && codes.iter().all(|code| *code == codes[0]), "{codes:?}");
    let stage = commands[0];
    let digest = |world: &World| {
        let args: Vec<_> = stage.iter().copied().chain(["--json"]).collect();
        run(world, &args).ok().json()["image"]["digest"].as_str().unwrap().to_owned()
    };
    let sound = World::empty();
    catalogue(&sound);
    dependency(&sound, &["fetch", "runtime"]).ok();
    BootJar::new().write(&sound.path("app.jar"));
    let wanted = digest(&sound);
    for mend in [
        &["dependency", "fetch", "runtime@21.0.5"][..],
        &["dependency", "add", "shelf/jre.zip"],
        &["app.jar", "--base", "none", "--fetch", "-o", "oci:out"],
        &["app.jar", "--base", "none", "--fetch", "--jre", "runtime@21.0.5", "-o", "oci:out"],
    ] {
        for twice in [false, true] {
            let world = rotten();
            if twice {
                run(&world, stage).failed(41, &[]);
            }
            run(&world, mend).ok();
            assert_eq!(digest(&world), wanted, "{mend:?}");
        }
    }
    // Removed, it is as if it had never been there.
    let world = rotten();
    run(&world, stage).failed(41, &[]);
    world.run(["dependency", "remove", "runtime@21.0.5"]).ok();
    let report = run(&world, &[stage, &["--json"]].concat()).ok().json();
    assert_eq!(report["dependencies"][0]["id"], "host-jre", "{report}");
}

#[test]
fn a_file_at_hand_must_be_what_its_id_says() {
    let world = World::empty();
    fs::write(world.path("runtime.whl"), fake_jre("21.0.5")).unwrap();
    fs::write(world.path("library.jar"), library(1)).unwrap();
    let add = |file: &str, id: &str, version: &str| {
        world.run(["dependency", "add", file, "--id", id, "--version", version, "--json"])
    };
    let tomcat = add("runtime.whl", "tomcat", "10.1.0");
    tomcat.failed(1, &["`runtime.whl` is no `tomcat`", "lib/catalina.jar", "a Java runtime in `fake`", "--id openjdk"]);
    assert_eq!(tomcat.json()["error"]["code"], "dependency.invalid");
    add("library.jar", "openjdk", "21.0.5").failed(1, &["`library.jar` is no `openjdk`", "`bin/java`", "a jar"]);
    add("runtime.whl", "openjdk", "17.0.1").failed(1, &["Java 17", "Java 21", "--version 21.0.5"]);
    assert_eq!(blobs(&world), Vec::<PathBuf>::new());
    let record = add("runtime.whl", "openjdk", "21.0.5").ok().json();
    assert_eq!((&record["kind"], &record["archive"]["prefix"]), (&Value::from("jre"), &Value::from("fake")));
    let listed = world.run(["dependency", "list"]).ok().stdout;
    assert!(listed.contains(" jre ") && listed.contains(" fake "), "{listed}");
    let jar = BootJar::new().write(&world.path("app.jar"));
    world.stage(&jar, ["--jre", "21", "-o", "oci:out"]);
}

#[test]
fn plan_makes_nothing_of_the_hosts_java() {
    let world = World::empty();
    BootJar::new().write(&world.path("app.jar"));
    fs::write(world.path("jre.zip"), fake_jre("17.0.1")).unwrap();
    unzip(&world.path("jre.zip"), &[], &world.path("java"));
    let home = world.path("java/fake");
    fs::create_dir(home.join("jmods")).unwrap();
    fs::write(home.join("jmods/java.base.jmod"), "").unwrap();
    let program = format!("#!/bin/sh\ntouch {}\nexit 1\n", world.path("linked").display());
    fs::write(home.join("bin/jlink"), program).unwrap();
    fs::set_permissions(home.join("bin/jlink"), fs::Permissions::from_mode(0o755)).unwrap();
    let run = |args: &[&str]| Done::of(world.command().env("JAVA_HOME", &home).args(args));
    for args in [&["plan", "app.jar"][..], &["plan", "app.jar", "--explain"], &["plan", "app.jar", "--jre", "host"]] {
        let said = run(args).ok().stdout;
        assert!(said.contains("host-jre 17.0.1") && said.contains("to be trimmed by jlink"), "{said}");
        assert!(said.contains("made when it is staged"), "{said}");
    }
    let plan = run(&["plan", "app.jar", "--json"]).ok().json();
    assert_eq!(plan["jre"]["dependency"]["sha256"], Value::Null, "{plan}");
    assert_eq!((&plan["jre"]["from_host"], &plan["memory"]["java_feature"]), (&Value::Bool(true), &Value::from(17)));
    assert!(!world.path("linked").exists() && !world.cache().join("dependencies").exists());
    assert_ne!(run(&["app.jar", "--base", "none"]).code, Some(0));
    assert!(world.path("linked").exists());
}

#[test]
fn what_is_wrong_with_a_variable_names_it() {
    let world = World::empty();
    BootJar::new().write(&world.path("app.jar"));
    fs::create_dir_all(world.path("home/bin")).unwrap();
    let run = |name: &str, value: &str, args: &[&str]| Done::of(world.command().env(name, value).args(args));
    let stage = ["app.jar", "--base", "none", "-o", "oci:out"];
    let home = world.path("home").display().to_string();
    run("JAVA_HOME", "/nowhere/java", &stage).failed(2, &["`JAVA_HOME`", "/nowhere/java", "is not there", "hint: "]);
    run("JAVA_HOME", &home, &stage).failed(2, &["`JAVA_HOME`", "has no `bin/java`"]);
    fs::write(world.path("home/bin/java"), "").unwrap();
    fs::set_permissions(world.path("home/bin/java"), fs::Permissions::from_mode(0o644)).unwrap();
    run("JAVA_HOME", &home, &["plan", "app.jar"]).failed(2, &["`JAVA_HOME`", "not executable"]);
    run("BP_JVM_VERSION", "x17", &stage).failed(30, &["`x17`", "`BP_JVM_VERSION`"]);
    run("BP_JVM_VERSION", "17..x", &stage).failed(2, &["`17..x`", "`BP_JVM_VERSION`"]);
    for (name, value, args) in [
        ("STAGE_LIMIT", "much", &["memory", "app.jar"][..]),
        ("STAGE_COMPRESSION", "brotli", &stage),
        ("STAGE_JSON", "perhaps", &stage),
        ("STAGE_BASE", "soup", &["plan", "app.jar"]),
        ("STAGE_WITH", "soup", &["plan", "app.jar"]),
        ("STAGE_JRE", "17..x", &["plan", "app.jar"]),
        ("STAGE_BUILDPACK", "nowhere", &stage),
    ] {
        let done = run(name, value, args);
        let value = if name == "STAGE_BUILDPACK" { "without meaning here" } else { value };
        done.failed(2, &[&format!("`{name}`"), value]);
    }
    for (name, value) in [("STAGE_CATALOGUE", "nowhere.toml"), ("STAGE_MEMORY_PROFILE", "nowhere")] {
        let done = run(name, value, &stage);
        done.failed(1, &[&format!("`{value}` is the value of the variable `{name}`")]);
    }
    // What is typed counts, and is named.
    let done = run("STAGE_LIMIT", "1G", &["memory", "app.jar", "--limit", "much"]);
    done.failed(2, &["--limit"]);
    assert!(!done.stderr.contains("STAGE_LIMIT`"), "{done:?}");
    run("STAGE_JRE", "x17", &["plan", "app.jar"]).failed(30, &["`x17`", "`STAGE_JRE`"]);
}

#[test]
fn a_record_says_where_a_lost_archive_comes_from_without_its_catalogue() {
    let world = World::empty();
    catalogue(&world);
    dependency(&world, &["fetch", "library"]).ok();
    fs::remove_file(&blobs(&world)[0]).unwrap();
    world.run(["dependency", "fetch", "library@1.0"]).ok();
    world.run(["dependency", "verify"]).ok();
    world.run(["dependency", "fetch", "library@2.0"]).failed(30, &["library"]);
}

#[test]
fn remove_takes_out_what_is_named_and_nothing_else() {
    let world = World::empty();
    catalogue(&world);
    dependency(&world, &["fetch", "library", "thing", "runtime"]).ok();
    fs::write(world.cache().join("dependencies/sha256/README"), "mine").unwrap();
    let before = list(&world.cache());
    // One unknown name, and nothing is removed.
    let unknown = world.run(["dependency", "remove", "library", "thingy", "--json"]);
    unknown.failed(30, &["`thingy`", "Did you mean `thing`?"]);
    assert_eq!(unknown.json()["error"]["code"], "dependency.unknown");
    world.run(["dependency", "remove", "runtime@17.*"]).failed(30, &["Did you mean `runtime@21.0.5`?"]);
    world.run(["dependency", "remove", "entirely-other"]).failed(30, &["stage dependency list"]);
    world.run(["dependency", "remove"]).failed(2, &[]);
    world.run(["dependency", "remove", "../sha256/README"]).failed(30, &[]);
    assert_eq!(list(&world.cache()), before);
    let digest = sha256_hex(&library(1));
    for (name, dependency) in
        [("runtime@21.*", "runtime@21.0.5"), (&digest[..12], "library@1.0"), ("thing", "thing@2.0")]
    {
        let removed = world.run(["dependency", "remove", name, "--json"]).ok().json();
        assert_eq!(removed["schema"], "stage.removed/1");
        assert_eq!(removed["removed"][0]["dependency"], dependency, "{removed}");
    }
    let left = list(&world.cache().join("dependencies/sha256"));
    assert_eq!(left, [world.cache().join("dependencies/sha256/README")]);
    assert_eq!(ids(&dependency(&world, &["list", "--json"]).ok().json()), Vec::<String>::new());
    World::empty().run(["dependency", "remove", "library"]).failed(30, &["`library`"]);
}

#[test]
fn what_nobody_can_read_any_more_is_removed_by_its_checksum() {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    let blob = blobs(&world).remove(0);
    let sha256 = blob.file_name().unwrap().to_str().unwrap().to_owned();
    fs::write(blob.with_extension("json"), "{\"id\": \"fa").unwrap();
    let remove = format!("stage dependency remove {sha256}");
    world.run(["app.jar", "--base", "none"]).failed(41, &[&remove]);
    world.run(["dependency", "remove", &sha256]).ok();
    assert!(!blob.exists() && !blob.with_extension("json").exists());
    fs::write(&blob, "left by a killed process").unwrap();
    world.run(["dependency", "remove", &sha256]).ok();
    world.run(["dependency", "verify"]).ok();
}

#[test]
fn staging_fetches_only_when_told_to() {
    let world = World::empty();
    catalogue(&world);
    BootJar::new().write(&world.path("app.jar"));
    let stage = |more: &[&str]| {
        let args =
            ["app.jar", "--base", "none", "--catalogue", "catalogue.toml", "--jre", "runtime@21.0.5", "-o", "oci:out"];
        Done::of(world.command().args(args).args(more))
    };
    let origin = format!("file:{}", world.path("shelf/jre.zip").display());
    stage(&[]).failed(30, &["`runtime` 21.0.5", &origin, "stage dependency fetch runtime@21.0.5"]);
    assert!(!world.path("out").exists());
    stage(&["--fetch"]).ok();
    stage(&["--locked"]).ok();
    Image::read(&world.path("out"));
}
