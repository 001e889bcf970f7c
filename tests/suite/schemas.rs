//! Every document has a schema, published and derived from what is printed. [`Done::json`] holds all documents of the suite
//! against theirs; here each kind is printed at least once.

use std::collections::BTreeSet;

use fs_err as fs;

use crate::support::{BootJar, JavaBuildpack, World, schemas};

#[test]
fn the_published_schemas_are_those_of_the_program() {
    let world = World::empty();
    let listed = world.run(["schema"]).ok().stdout;
    let names: BTreeSet<String> = listed.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    let files = fs::read_dir(schemas()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), names.iter().map(|name| format!("{name}.json")).collect());
    for name in names {
        let published = fs::read_to_string(schemas().join(format!("{name}.json"))).unwrap();
        let printed = world.run(["schema", &name]).ok().stdout;
        assert!(published == printed, "docs/schema/{name}.json: `stage schema {name}` prints another:\n{printed}");
    }
    world.run(["schema", "soup"]).failed(2, &["soup", "report"]);
}

#[test]
fn every_kind_of_document_follows_its_schema() {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    fs::create_dir(world.path("shop")).unwrap();
    fs::write(world.path("shop/Gemfile"), "").unwrap();
    fs::write(world.path("library.jar"), "bytes").unwrap();
    JavaBuildpack::new().write(&world.path("buildpack"));
    let other = World::new();
    let import = other.cache().join("dependencies").display().to_string();
    let mut kinds = BTreeSet::new();
    let mut document = |args: &str| {
        let document = world.run(args.split(' ').chain(["--json"])).json();
        kinds.insert(document["schema"].as_str().unwrap().to_owned());
        document
    };
    document("app.jar --base none -o oci:out");
    assert_eq!(document("app.jar -o droplet:out.tgz --buildpack buildpack")["image"], serde_json::Value::Null);
    document("app.jar --base none -o oci:out -o droplet:out.tgz --buildpack buildpack");
    document("detect app.jar");
    document("detect shop --buildpacks-dir shop");
    document("plan app.jar --base none --explain");
    document("memory app.jar --limit 1G --limit 512M");
    assert_eq!(document("memory app.jar --limit 16M")["error"]["code"], "memory.too-small");
    document("memory app.jar --java 21 --limit 100M --memory-calculator v2");
    document("inspect out");
    document("dependency list");
    document("dependency list --all");
    document("dependency add library.jar --id library --version 1.0 --licence Apache-2.0");
    document(&format!("dependency import {import}"));
    document("dependency verify");
    document("dependency remove library");
    document("dependency fetch nowhere");
    document("nowhere.jar");
    let archives = fs::read_dir(world.cache().join("dependencies/sha256")).unwrap();
    let archive = archives.map(|entry| entry.unwrap().path()).find(|path| path.extension().is_none()).unwrap();
    fs::remove_file(archive).unwrap();
    assert_eq!(document("dependency verify")["error"]["code"], "cache.corrupt");
    let all = fs::read_dir(schemas()).unwrap().map(|entry| entry.unwrap().path());
    let all = all.map(|path| format!("stage.{}/1", path.file_stem().unwrap().to_str().unwrap()));
    // What is measured is a JVM, which `measure` runs.
    assert_eq!(kinds, all.filter(|name| name != "stage.measure/1").collect());
}
