//! `stage dependency`: the offline cache of what images are made of.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{BootJar, Done, Image, Item, World, Zip, fake_jre, list, sha256_hex};

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
            assert_eq!(aside.len(), 2, "the archive and its record: {aside:?}");
            // The next run no longer knows it; added again it works.
            assert_eq!(world.run(["app.jar", "--base", "none", "--locked"]).code, Some(30));
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
    assert_eq!(dependency(&world, &["list", "--json"]).ok().json()["dependencies"].as_array().unwrap().len(), 1);
    dependency(&world, &["fetch", "library", "thing"]).ok();
    dependency(&world, &["verify"]).ok();
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
