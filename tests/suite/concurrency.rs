//! Many processes on one cache, processes that are killed, and blobs that rot.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::support::{BootJar, Done, Image, World, list, sha256_hex};

const RUNS: usize = 50;

/// Starts a run that prints its report.
fn start(world: &World, jar: &Path, output: &str) -> Child {
    let mut command = world.command();
    command.arg(jar).args(["--base", "none", "--json", "-o", output]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn finish(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["image"]["digest"].as_str().unwrap().to_owned()
}

/// The numbers of a linear congruential generator (Knuth's MMIX).
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |state| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .map(|state| state >> 33)
}

/// A jar of some hundred kilobytes that nothing compresses, so that a run takes a while.
fn heavy(seed: u64) -> BootJar {
    let noise = |seed| numbers(seed).take(400_000).map(|number| number.to_be_bytes()[7]).collect::<Vec<_>>();
    BootJar::new().with("BOOT-INF/classes/noise", noise(seed)).with("BOOT-INF/classes/more", noise(!seed))
}

#[test]
fn fifty_runs_of_one_jar_on_a_fresh_cache() {
    let world = World::new();
    let jar = heavy(1).write(&world.path("app.jar"));
    let children: Vec<_> = (0..RUNS).map(|run| start(&world, &jar, &format!("oci:out{run}"))).collect();
    let digests: BTreeSet<String> = children.into_iter().map(finish).collect();
    assert_eq!(digests.len(), 1, "{digests:?}");
    for run in 0..RUNS {
        assert!(digests.contains(&Image::read(&world.path(&format!("out{run}"))).digest));
    }
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
}

#[test]
fn fifty_runs_of_ten_jars_of_one_folder() {
    let world = World::new();
    let jars: Vec<_> = (0..10).map(|number| heavy(number).write(&world.path(&format!("{number}.jar")))).collect();
    let children: Vec<_> =
        (0..RUNS).map(|run| start(&world, &jars[run % jars.len()], &format!("oci:out{run}"))).collect();
    let digests: Vec<String> = children.into_iter().map(finish).collect();
    assert_eq!(digests.iter().collect::<BTreeSet<_>>().len(), jars.len());
    for (run, digest) in digests.iter().enumerate() {
        assert_eq!(*digest, digests[run % jars.len()]);
        assert_eq!(Image::read(&world.path(&format!("out{run}"))).digest, *digest);
    }
    for (number, jar) in jars.iter().enumerate() {
        assert_eq!(
            World::new().digest(jar, ["-o", &format!("oci:{}", world.path("alone").display())]),
            digests[number]
        );
    }
}

#[test]
fn fifty_runs_into_one_output() {
    let world = World::new();
    let jar = heavy(1).write(&world.path("app.jar"));
    for output in ["oci:out", "oci-archive:out.tar"] {
        let children: Vec<_> = (0..RUNS).map(|_| start(&world, &jar, output)).collect();
        let digests: BTreeSet<String> = children.into_iter().map(finish).collect();
        assert_eq!(digests.len(), 1);
        let inspected = world.run(["inspect", output, "--json"]).ok().json();
        assert!(digests.contains(inspected["digest"].as_str().unwrap()));
        assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
    }
    Image::read(&world.path("out"));
}

#[test]
fn different_jars_into_tags_of_one_layout() {
    let world = World::new();
    let jars: Vec<_> = (0..10).map(|number| heavy(number).write(&world.path(&format!("{number}.jar")))).collect();
    let children: Vec<_> =
        jars.iter().enumerate().map(|(number, jar)| start(&world, jar, &format!("oci:out:v{number}"))).collect();
    for (number, digest) in children.into_iter().map(finish).enumerate() {
        let inspected = world.run(["inspect", &format!("oci:out:v{number}"), "--json"]).ok().json();
        assert_eq!(inspected["digest"], digest.as_str());
    }
}

#[test]
fn dependencies_added_at_once() {
    let world = World::empty();
    fs::write(world.path("jre.zip"), crate::support::fake_jre("17.0.1")).unwrap();
    let add = ["dependency", "add", "jre.zip", "--id", "fake", "--version", "17.0.1", "--prefix", "fake"];
    let children: Vec<_> = (0..20)
        .map(|_| world.command().args(add).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    world.run(["dependency", "verify"]).ok();
    assert_eq!(world.run(["dependency", "list", "--json"]).ok().json()["dependencies"].as_array().unwrap().len(), 1);
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
}

/// Lets the clock of abandoned files run: what was left behind is a minute old.
fn age(paths: &[PathBuf]) {
    for path in paths {
        let then = SystemTime::now() - Duration::from_mins(1);
        fs::File::open(path).unwrap().set_modified(then).unwrap();
    }
}

/// How long a run on an empty cache takes on this machine now, whatever else it has to do.
fn duration_of_a_run() -> Duration {
    let world = World::new();
    let jar = heavy(7).write(&world.path("app.jar"));
    let mut command = world.command();
    command.arg(&jar).args(["--base", "none", "-q", "-o", "oci:out", "-o", "oci-archive:out.tar"]);
    let started = Instant::now();
    Done::of(&mut command).ok();
    started.elapsed()
}

#[test]
fn a_hundred_kills() {
    let world = World::new();
    let mut random = numbers(20_161_124);
    let mut killed = 0;
    let mut last = PathBuf::new();
    let mut usual = Duration::ZERO;
    for round in 0..100 {
        if round % 10 == 0 {
            usual = duration_of_a_run();
        }
        // A new jar every other round, so that layers are built and outputs are replaced.
        let jar = world.path(&format!("{}.jar", round / 2));
        if round % 2 == 0 {
            heavy(round).write(&jar);
        }
        let (layout, archive) = (world.path("out"), world.path("out.tar"));
        if round % 10 == 0 {
            drop(fs::remove_dir_all(&layout));
        }
        drop(fs::remove_file(&archive));
        // Up to somewhat more than a run takes.
        let delay = usual.mul_f64(f64::from(u32::try_from(random.next().unwrap() % 130).unwrap()) / 100.0);
        let delay = format!("{:.4}", delay.as_secs_f64() + 0.001);
        let mut timer = world.clean("timeout");
        timer.args(["-s", "KILL", &delay]).arg(world.program()).arg(&jar);
        timer.args(["--base", "none", "-q", "-o", "oci:out", "-o", "oci-archive:out.tar"]);
        let done = Done::of(&mut timer);
        // `timeout` dies by the signal it sends.
        killed += usize::from(done.code != Some(0));
        assert!(done.code == Some(0) || done.code == Some(137) || done.code.is_none(), "round {round}: {done:?}");
        for (path, output) in [(&layout, "oci:out"), (&archive, "oci-archive:out.tar")] {
            if path.exists() {
                let digest = world.run(["inspect", output, "--json"]).ok().json()["digest"].clone();
                assert!(digest.as_str().unwrap().starts_with("sha256:"), "round {round}");
            }
        }
        if layout.exists() {
            every_blob_is_whole(&layout);
        }
        last = jar;
    }
    assert!((20..100).contains(&killed), "{killed} of 100 runs were killed: the delays do not fit this machine");
    let leftovers = world.leftovers();
    age(&leftovers);

    let expected = World::new().digest(&last, ["-o", &format!("oci:{}", world.path("expected").display())]);
    drop(fs::remove_dir_all(world.path("out")));
    assert_eq!(world.digest(&last, ["-o", "oci:out", "-o", "oci-archive:out.tar"]), expected);
    assert_eq!(world.digest(&last, ["--paranoid", "-o", "oci:out"]), expected);
    assert_eq!(Image::read(&world.path("out")).digest, expected);
    world.run(["dependency", "verify"]).ok();
    for round in 0..50 {
        let jar = world.path(&format!("{round}.jar"));
        let warm = world.digest(&jar, ["-o", "oci:warm"]);
        assert_eq!(warm, world.digest(&jar, ["--paranoid", "-o", "oci:warm"]), "a poisoned cache");
    }
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new(), "of {} leftovers", leftovers.len());
}

/// Files named by digest hold what they say, whether anything refers to them or not.
fn every_blob_is_whole(layout: &Path) {
    for blob in list(&layout.join("blobs/sha256")) {
        let name = blob.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with('.') {
            assert_eq!(sha256_hex(&fs::read(&blob).unwrap()), name);
        }
    }
}

/// A name and what is done to the bytes.
type Rot = (&'static str, fn(&mut Vec<u8>));

/// Ways in which a blob rots.
const ROT: [Rot; 4] = [
    ("one bit", |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    }),
    ("truncated", |bytes| bytes.truncate(bytes.len() / 2)),
    ("empty", Vec::clear),
    ("replaced", |bytes| *bytes = b"something else".to_vec()),
];

/// Writes other bytes over a read-only file, through all of its hard links.
fn overwrite(path: &Path, change: fn(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
}

fn blob(world: &World, report: &Value, layer: &str) -> PathBuf {
    let layers = report["layers"].as_array().unwrap();
    let digest = layers.iter().find(|found| found["name"] == layer).unwrap()["digest"].as_str().unwrap();
    world.cache().join("layers/blobs/sha256").join(digest.strip_prefix("sha256:").unwrap())
}

fn cache_of<'a>(report: &'a Value, layer: &str) -> &'a Value {
    &report["layers"].as_array().unwrap().iter().find(|found| found["name"] == layer).unwrap()["cache"]
}

#[test]
fn rotten_blobs_of_the_cache_are_found_kept_aside_and_built_again() {
    for (name, rot) in ROT {
        for layer in ["application", "jre"] {
            let world = World::new();
            let jar = heavy(1).write(&world.path("app.jar"));
            let before = world.stage(&jar, ["-o", "oci:out"]);
            let blob = blob(&world, &before, layer);
            overwrite(&blob, rot);
            let rotten = fs::read(&blob).unwrap();
            // The output's blob is the same file on disk: it is found there as well.
            let after = world.stage(&jar, ["-o", "oci:out"]);
            assert_eq!(after["image"]["digest"], before["image"]["digest"], "{name}");
            assert_eq!(*cache_of(&after, layer), "miss", "{name}");
            assert_eq!(*cache_of(&after, "dependencies"), "hit", "{name}");
            Image::read(&world.path("out"));
            let aside = world.cache().join("layers/quarantine").join(blob.file_name().unwrap());
            assert_eq!(fs::read(aside).unwrap(), rotten, "{name}");
            assert_eq!(sha256_hex(&fs::read(&blob).unwrap()), blob.file_name().unwrap().to_str().unwrap());
            let again = world.stage(&jar, ["-o", "oci:fresh"]);
            assert_eq!(*cache_of(&again, layer), "hit", "{name}");
            Image::read(&world.path("fresh"));
        }
    }
}

/// A disk that flips a bit leaves size and times as they were: only `--paranoid` sees that, and it must.
#[test]
fn rot_that_leaves_no_trace_is_found_by_paranoid() {
    let world = World::new();
    let jar = heavy(1).write(&world.path("app.jar"));
    let before = world.stage(&jar, ["-o", "oci:out"]);
    let blob = blob(&world, &before, "application");
    let time = fs::metadata(&blob).unwrap().modified().unwrap();
    overwrite(&blob, ROT[0].1);
    fs::File::open(&blob).unwrap().set_modified(time).unwrap();
    let after = world.stage(&jar, ["--paranoid", "-o", "oci:fresh"]);
    assert_eq!(after["image"]["digest"], before["image"]["digest"]);
    assert_eq!(*cache_of(&after, "application"), "miss");
    Image::read(&world.path("fresh"));
}

#[test]
fn cache_records_that_rot_or_vanish_cost_time_only() {
    let world = World::new();
    let jar = heavy(1).write(&world.path("app.jar"));
    let before = world.digest(&jar, ["-o", "oci:out"]);
    for folder in ["layers/selectors", "layers/memo", "layers/blobs", "layers"] {
        for text in ["", "{", "[]", "{\"inputs\":[],\"result\":{}}"] {
            for file in list(&world.cache().join(folder)) {
                if file.extension().is_some_and(|extension| extension == "json") {
                    fs::write(file, text).unwrap();
                }
            }
            assert_eq!(world.digest(&jar, ["-o", "oci:out"]), before, "{folder} `{text}`");
        }
        fs::remove_dir_all(world.cache().join(folder)).unwrap();
        assert_eq!(world.digest(&jar, ["-o", "oci:out"]), before, "without {folder}");
        Image::read(&world.path("out"));
    }
}
