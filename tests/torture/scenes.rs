//! The commands that write.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::audit;
use crate::part::is_long;
use crate::process::run;
use crate::random::Random;
use crate::scene::{Found, Scene};
use crate::support::{BootJar, JavaBuildpack, World, copy_tree, fake_jre, fixture, sha256_hex};

/// Every one. The arguments are those of people, but for threads: fewer make faults repeat themselves better.
pub(crate) static SCENES: [Scene; 11] = [
    Scene {
        name: "new layout",
        inputs: jar,
        before: nothing,
        arguments: &["@/app.jar", "--base", "none", "-q", "-o", "oci:%/out"],
        found: |place| vec![latest(place)],
        outputs: &["out"],
        with_runtime: true,
        uses_up: false,
        paranoid: true,
    },
    Scene {
        name: "another tag",
        inputs: jar,
        before: |place| copy_tree(&earlier("oci:@/out:old", "out"), &place.join("out")),
        arguments: &["@/app.jar", "--base", "none", "-q", "-o", "oci:%/out"],
        found: |place| vec![tagged(place, "old"), latest(place)],
        outputs: &["out"],
        with_runtime: true,
        uses_up: false,
        paranoid: true,
    },
    Scene {
        name: "layout replaced",
        inputs: jar,
        before: |place| copy_tree(&earlier("oci:@/out", "out"), &place.join("out")),
        arguments: &["@/app.jar", "--base", "none", "-q", "-o", "oci:%/out"],
        found: |place| vec![latest(place)],
        outputs: &["out"],
        with_runtime: true,
        uses_up: false,
        paranoid: true,
    },
    Scene {
        name: "archive",
        inputs: jar,
        before: nothing,
        arguments: &["@/app.jar", "--base", "none", "-q", "-o", "oci-archive:%/out.tar"],
        found: |place| vec![archive(place)],
        outputs: &["out.tar"],
        with_runtime: true,
        uses_up: false,
        paranoid: true,
    },
    Scene {
        name: "archive replaced",
        inputs: jar,
        before: |place| _ = fs::copy(earlier("oci-archive:@/out.tar", "out.tar"), place.join("out.tar")).unwrap(),
        arguments: &["@/app.jar", "--base", "none", "-q", "-o", "oci-archive:%/out.tar"],
        found: |place| vec![archive(place)],
        outputs: &["out.tar"],
        with_runtime: true,
        uses_up: false,
        paranoid: true,
    },
    Scene {
        name: "folder on a root file system",
        inputs: |place| {
            application().explode(&place.join("app"), 0o644);
            fs::write(place.join("base.tar"), root_file_system()).unwrap();
        },
        before: nothing,
        arguments: &[
            "@/app",
            "--base",
            "rootfs:@/base.tar",
            "--compression",
            "none",
            "-q",
            "-o",
            "oci:%/out",
            "-o",
            "oci-archive:%/out.tar",
        ],
        found: |place| vec![latest(place), archive(place)],
        outputs: &["out", "out.tar"],
        with_runtime: true,
        uses_up: false,
        paranoid: true,
    },
    Scene {
        name: "tar on an OCI base",
        inputs: |place| {
            fs::write(place.join("app.tar"), tar_of(&application())).unwrap();
            copy_tree(&base(), &place.join("base"));
        },
        before: nothing,
        arguments: &["@/app.tar", "--base", "oci:@/base", "--compression", "zstd", "-q", "-o", "oci:%/out"],
        found: |place| vec![latest(place)],
        outputs: &["out"],
        with_runtime: true,
        uses_up: false,
        paranoid: true,
    },
    Scene {
        name: "droplet",
        inputs: |place| {
            jar(place);
            JavaBuildpack::new().write(&place.join("buildpack"));
        },
        before: nothing,
        arguments: &["@/app.jar", "--buildpack", "@/buildpack", "-q", "-o", "droplet:%/out.tgz"],
        found: |place| vec![audit::droplet(&place.join("out.tgz"))],
        outputs: &["out.tgz"],
        with_runtime: false,
        uses_up: false,
        paranoid: true,
    },
    Scene {
        name: "dependency add",
        inputs: |place| fs::write(place.join("jre.zip"), fake_jre("17.0.2")).unwrap(),
        before: |place| drop(fs::remove_dir_all(place.join("cache/dependencies/sha256"))),
        arguments: &["dependency", "add", "@/jre.zip", "--id", "fake", "--version", "17.0.2", "--prefix", "fake"],
        found: |place| vec![dependencies(place)],
        outputs: &[],
        with_runtime: false,
        uses_up: false,
        paranoid: false,
    },
    Scene {
        name: "builder, built-in buildpack",
        inputs: |place| {
            builder_folders(place);
            JavaBuildpack::new().write(&buildpack(place));
        },
        before: builder_application,
        arguments: &BUILDER,
        found: builder_outputs,
        outputs: &["out/droplet", "out/result.json", "out/cache.tgz", "app", "artifacts"],
        with_runtime: false,
        uses_up: true,
        paranoid: false,
    },
    Scene {
        name: "builder, scripts",
        inputs: |place| {
            builder_folders(place);
            for (name, text) in [
                ("detect", "echo found"),
                ("compile", "mkdir -p $1/made $2/kept; echo made > $1/made/file; echo kept > $2/kept/file"),
                ("release", "echo 'default_process_types: {web: run}'"),
            ] {
                script(&buildpack(place).join("bin"), name, text);
            }
        },
        before: builder_application,
        arguments: &BUILDER,
        found: builder_outputs,
        outputs: &["out/droplet", "out/result.json", "out/cache.tgz", "app", "artifacts"],
        with_runtime: false,
        uses_up: true,
        paranoid: false,
    },
];

/// A real application of 131 MB.
pub(crate) static REAL: Scene = Scene {
    name: "real application",
    inputs: |place| _ = fs::copy(fixture("zipkin"), place.join("app.jar")).unwrap(),
    before: nothing,
    arguments: &["@/app.jar", "--base", "none", "--compression", "none", "-q", "-o", "oci:%/out"],
    found: |place| vec![latest(place)],
    outputs: &["out"],
    with_runtime: true,
    uses_up: false,
    paranoid: true,
};

/// One of [`SCENES`]; in a long run the real application sometimes.
pub(crate) fn pick(random: &mut Random) -> &'static Scene {
    if is_long() && random.once_in(40) { &REAL } else { random.pick(&SCENES) }
}

const BUILDER: [&str; 9] = [
    "builder",
    "-buildpackOrder=java_buildpack",
    "-buildDir=@/app",
    "-buildpacksDir=@/buildpacks",
    "-buildpacksDownloadDir=@/downloads",
    "-buildArtifactsCacheDir=@/artifacts",
    "-outputDroplet=@/out/droplet",
    "-outputMetadata=@/out/result.json",
    "-outputBuildArtifactsCache=@/out/cache.tgz",
];

fn nothing(_: &Path) {}

/// Some hundred kilobytes, half of which nothing compresses.
pub(crate) fn application() -> BootJar {
    let noise = Random::new(1, "application", 0).bytes(200_000);
    BootJar::new().with("BOOT-INF/classes/noise", noise).with("BOOT-INF/classes/zeros", vec![0; 100_000])
}

fn jar(place: &Path) {
    application().write(&place.join("app.jar"));
}

/// An output of an earlier, other application, made once: the path of `name`.
fn earlier(output: &str, name: &str) -> PathBuf {
    static MADE: Mutex<BTreeMap<String, World>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let world = made.entry(output.to_owned()).or_insert_with(|| {
        let world = World::new();
        let jar = BootJar::new().with("BOOT-INF/classes/earlier", "earlier").write(&world.path("app.jar"));
        let output = output.replace('@', world.path("").to_str().unwrap().trim_end_matches('/'));
        run(world.command().arg(jar).args(["--base", "none", "-q", "-o", &output])).done();
        world
    });
    world.path(name)
}

/// An OCI layout that serves as a base: an image of another application.
pub(crate) fn base() -> PathBuf {
    earlier("oci:@/base", "base")
}

/// A tar with what passes for a root file system.
pub(crate) fn root_file_system() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let noise = Random::new(1, "root file system", 0).bytes(100_000);
    for (name, bytes) in [("etc/os-release", &b"ID=torture\n"[..]), ("bin/noise", &noise)] {
        append(&mut tar, name, bytes);
    }
    tar.into_inner().unwrap()
}

/// The application as a tar.
pub(crate) fn tar_of(application: &BootJar) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in &application.files {
        append(&mut tar, name, bytes);
    }
    tar.into_inner().unwrap()
}

fn append(tar: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(bytes.len() as u64);
    tar.append_data(&mut header, name, bytes).unwrap();
}

fn tagged(place: &Path, tag: &str) -> Option<String> {
    let folder = place.join("out");
    folder.exists().then(|| audit::layout(&folder)).and_then(|images| images.get(tag).cloned())
}

fn latest(place: &Path) -> Option<String> {
    tagged(place, "latest")
}

fn archive(place: &Path) -> Option<String> {
    let file = place.join("out.tar");
    file.exists().then(|| audit::archive(&file)["latest"].clone())
}

/// The records of the dependency cache, whose archives are there.
fn dependencies(place: &Path) -> Option<String> {
    let folder = place.join("cache/dependencies/sha256");
    let mut records: Vec<_> = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    records.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    (!records.is_empty()).then(|| sha256_hex(&fs::read(&records[0]).unwrap()))
}

/// Where the builder looks for the buildpack of [`BUILDER`].
fn buildpack(place: &Path) -> PathBuf {
    place.join("buildpacks").join(format!("{:016x}", xxhash_rust::xxh64::xxh64(b"java_buildpack", 0)))
}

/// Puts a script into a folder. It is written by another process: what a round beside this one starts meanwhile may inherit
/// a file that this one has open to write, and such a file cannot be run.
fn script(folder: &Path, name: &str, text: &str) {
    let source = folder.parent().unwrap().with_extension(name);
    fs::create_dir_all(folder).unwrap();
    fs::write(&source, format!("#!/bin/sh\n{text}\n")).unwrap();
    let copied = Command::new("install").args(["-m", "755"]).arg(source).arg(folder.join(name)).status();
    assert!(copied.unwrap().success());
}

fn builder_folders(place: &Path) {
    for name in ["buildpacks", "out"] {
        fs::create_dir(place.join(name)).unwrap();
    }
}

fn builder_application(place: &Path) {
    BootJar::new().explode(&place.join("app"), 0o644);
    fs::create_dir(place.join("artifacts")).unwrap();
}

/// Droplet, metadata and cache. The droplet of a script holds times of files that the script made: its names are judged.
fn builder_outputs(place: &Path) -> Found {
    let scripts = buildpack(place).join("bin/compile").exists();
    let judged = |path: &Path| {
        let whole = audit::droplet(path)?;
        Some(if scripts { audit::names(path) } else { whole })
    };
    // A builder that fails writes what it knows of the buildpack, and no processes.
    let result = fs::read(place.join("out/result.json")).ok().and_then(|bytes| {
        let value: serde_json::Value = serde_json::from_slice(&bytes).expect("result.json");
        (!value["process_types"].is_null()).then(|| sha256_hex(&bytes))
    });
    vec![judged(&place.join("out/droplet")), result, judged(&place.join("out/cache.tgz"))]
}
