//! A configuration server pushed in 2016, line by line: staged with an offline package of the Java buildpack 3.8.1, its
//! droplet started, its answer read. Recordings are of the original buildpack and builder.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::SystemTime;

use flate2::read::MultiGzDecoder;
use fs_err as fs;
use serde_json::{Value, json};

use crate::support::judges::{Podman, free_port, tool};
use crate::support::{
    Done, Item, Staging, World, Zip, lay_out_java_v3, list, mode, require_root, runs, seed_config_server, sha256_hex,
    unzip, wait_for,
};

const STDOUT: &str = include_str!("../../fixtures/golden/cloud-foundry/java-v3/config-server/stdout");
const RESULT: &str = include_str!("../../fixtures/golden/cloud-foundry/java-v3/config-server/result.json");
const STAGING_INFO: &str = include_str!("../../fixtures/golden/cloud-foundry/java-v3/config-server/staging_info.yml");
/// Mode, name and link's target of the droplet's members, but for those of the Java runtime, whose files are not those
/// of the recording's.
const DROPLET: &str = include_str!("../../fixtures/golden/cloud-foundry/java-v3/config-server/droplet");
const KEY: &str = "java_buildpack";
/// The buildpack's own stacks of 228 KB are too small for this update of Java 8.
const LARGER_STACKS: (&str, &str) = ("JBP_CONFIG_OPEN_JDK_JRE", "[memory_calculator: {memory_sizes: {stack: 256k..}}]");

/// The seed's application, unpacked as a platform does, and the buildpack. Pieces of droplets are kept in `cache`.
fn seed(cache: &Path) -> Staging {
    let staging = Staging::new()
        .key(KEY)
        .variable("CF_STACK", "cflinuxfs2")
        .variable("MEMORY_LIMIT", "256m")
        .variable("STAGE_CACHE_DIR", cache.to_str().unwrap());
    unzip(&seed_config_server(), &[], &staging.path("app"));
    fs::set_permissions(staging.path("app"), std::fs::Permissions::from_mode(0o755)).unwrap();
    lay_out_java_v3(&staging.buildpack_folder(KEY));
    staging
}

/// The buildpack's lines with durations of nothing, and the memory switches taken out.
fn lines_and_switches(stdout: &str) -> (Vec<String>, BTreeSet<String>) {
    let mut switches = BTreeSet::new();
    let line = |line: &str| {
        if let Some((start, settings)) = line.split_once("Memory Settings: ") {
            switches.extend(settings.split(' ').map(str::to_owned));
            return start.to_owned();
        }
        match line.rsplit_once(" (") {
            Some((start, duration)) if duration.ends_with("s)") => format!("{start} (0.0s)"),
            _ => line.to_owned(),
        }
    };
    (stdout.lines().map(line).collect(), switches)
}

/// A droplet's members by name: mode, and the link's target or the SHA-256 of what is in it.
fn members(droplet: &Path) -> BTreeMap<String, (String, String)> {
    let mut archive = tar::Archive::new(MultiGzDecoder::new(fs::File::open(droplet).unwrap()));
    let mut found = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        let mode = mode(entry.header());
        let content = if let Some(target) = entry.link_name_bytes() {
            format!(" -> {}", String::from_utf8_lossy(&target))
        } else {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            sha256_hex(&bytes)
        };
        assert!(found.insert(name.clone(), (mode, content)).is_none(), "{name} twice");
    }
    found
}

/// Members in the form of the recording.
fn listing(droplet: &Path) -> Vec<String> {
    let runtime = "./app/.java-buildpack/open_jdk_jre/";
    let added = |name: &str| name.starts_with("bin/java-buildpack-memory-calculator-") || name == "bin/killjava.sh";
    let is_listed = |name: &str| name.strip_prefix(runtime).is_none_or(|name| name.is_empty() || added(name));
    let members = members(droplet).into_iter().filter(|(name, _)| is_listed(name));
    members
        .map(|(name, (mode, content))| {
            let target = if mode.starts_with('l') { content } else { String::new() };
            format!("{mode} {name}{target}")
        })
        .collect()
}

/// A started application, ended with the value.
struct Running(Child);

impl Running {
    /// Waits until the path answers with 200, and returns the answer.
    fn answer(&self, world: &World, port: u16, path: &str, log: &Path) -> Value {
        let url = format!("http://127.0.0.1:{port}{path}");
        let mut found = None;
        wait_for("an answer", || {
            assert!(runs(&self.0.id().to_string()), "{}", fs::read_to_string(log).unwrap());
            let curl =
                Done::of(tool(world, "curl").args(["-sS", "--fail", "--noproxy", "*", "--max-time", "10", &url]));
            found = (curl.code == Some(0)).then(|| curl.json());
            found.is_some()
        });
        found.unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The launcher has become the JVM.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What the configuration server knows of the account service: first the file of the profile, then that of all.
#[track_caller]
fn assert_is_configuration(answer: &Value) {
    assert_eq!((&answer["name"], &answer["profiles"]), (&json!("account-service"), &json!(["cloud"])), "{answer}");
    let sources = json!([
        {
            "name": "classpath:/config/account-service-cloud.properties",
            "source": {"account.audit": "true", "account.page-size": "50"},
        },
        {
            "name": "classpath:/config/account-service.properties",
            "source": {"account.currency": "EUR", "account.page-size": "20"},
        },
    ]);
    assert_eq!(answer["propertySources"], sources);
}

/// Files and when they were written.
fn written(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let files = list(folder).into_iter().filter(|path| path.is_file());
    files.map(|path| (path.clone(), fs::metadata(&path).unwrap().modified().unwrap())).collect()
}

#[test]
fn the_transcript_is_the_originals() {
    let cache = tempfile::tempdir().unwrap();
    let staging = seed(cache.path());
    let staged = staging.stage(&["-skipDetect=false"]);
    assert_eq!((staged.code, &*staged.stderr), (Some(0), ""), "{}", staged.stdout);
    assert_eq!(lines_and_switches(&staged.stdout), lines_and_switches(STDOUT));
    assert_eq!(fs::read_to_string(staging.path("out/result.json")).unwrap(), RESULT);
    assert_eq!(staging.member("./staging_info.yml"), STAGING_INFO);
    assert_eq!(listing(&staging.path("out/droplet")), DROPLET.lines().collect::<Vec<_>>());
}

#[test]
fn a_second_staging_gives_the_same_droplet_and_compresses_no_runtime() {
    let cache = tempfile::tempdir().unwrap();
    let stage = || {
        let staging = seed(cache.path());
        let staged = staging.stage(&["-skipDetect=true"]);
        assert_eq!(staged.code, Some(0), "{}{}", staged.stdout, staged.stderr);
        (sha256_hex(&fs::read(staging.path("out/droplet")).unwrap()), written(&cache.path().join("layers/blobs")))
    };
    let (first, pieces) = stage();
    assert!(!pieces.is_empty());
    assert_eq!(stage(), (first, pieces));
}

/// Nothing but the runtime lies in the buildpack's folder then.
#[test]
fn droplets_of_a_plain_application_name_every_folder() {
    let (world, cache) = (World::empty(), tempfile::tempdir().unwrap());
    let staging = Staging::new()
        .app("META-INF/MANIFEST.MF", "Main-Class: demo.Main\n")
        .app("demo/Main.class", "")
        .key(KEY)
        .variable("MEMORY_LIMIT", "256m")
        .variable("STAGE_CACHE_DIR", cache.path().to_str().unwrap());
    lay_out_java_v3(&staging.buildpack_folder(KEY));
    let staged = staging.stage(&["-skipDetect=true"]);
    assert_eq!(staged.code, Some(0), "{}{}", staged.stdout, staged.stderr);
    let manifest = Item::new("META-INF/MANIFEST.MF", "Main-Class: demo.Main\n");
    let jar = Zip::new([manifest, Item::new("demo/Main.class", "")]);
    fs::write(world.path("app.jar"), jar.bytes()).unwrap();
    let mut artifact = world.command();
    artifact.args(["app.jar", "-o", "droplet:droplet.tgz", "--buildpack"]).arg(staging.buildpack_folder(KEY));
    Done::of(artifact.env("STAGE_CACHE_DIR", cache.path()).env("MEMORY_LIMIT", "256m")).ok();
    for droplet in [staging.path("out/droplet"), world.path("droplet.tgz")] {
        let members = members(&droplet);
        assert_eq!(members["./app/.java-buildpack/"].0, "drwxr-xr-x");
        for name in members.keys().filter_map(|name| Some(name.trim_end_matches('/').rsplit_once('/')?.0)) {
            assert!(members.contains_key(&format!("{name}/")), "{}: {name}", droplet.display());
        }
    }
}

#[test]
fn stacks_of_228_kilobytes_are_refused_by_this_java() {
    let cache = tempfile::tempdir().unwrap();
    let staging = seed(cache.path());
    assert_eq!(staging.stage(&["-skipDetect=true"]).code, Some(0));
    let done = Done::of(staging.launcher(&["app", "", ""]).env("PORT", "1"));
    assert_eq!(done.code, Some(1), "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.ends_with("\nThe stack size specified is too small, Specify at least 232k\n"),
        "{}",
        done.stdout
    );
    assert!(done.stderr.starts_with("Error: Could not create the Java Virtual Machine.\n"), "{}", done.stderr);
}

#[test]
fn with_larger_stacks_it_starts_in_256_megabytes_and_answers() {
    let (world, cache) = (World::empty(), tempfile::tempdir().unwrap());
    let staging = seed(cache.path()).variable(LARGER_STACKS.0, LARGER_STACKS.1);
    let staged = staging.stage(&["-skipDetect=true"]);
    assert_eq!(staged.code, Some(0), "{}{}", staged.stdout, staged.stderr);
    let switches = ["-Xms97344K", "-Xmx97344K", "-XX:MaxMetaspaceSize=64M", "-XX:MetaspaceSize=64M", "-Xss256K"];
    assert_eq!(lines_and_switches(&staged.stdout).1, switches.map(str::to_owned).into());

    let port = free_port();
    let log = staging.path("log");
    let mut launcher = staging.launcher(&["app", "", ""]);
    launcher.env("PORT", port.to_string()).stderr(fs::File::create(&log).unwrap().into_file());
    launcher.stdout(fs::OpenOptions::new().append(true).open(&log).unwrap().into_file());
    let running = Running(launcher.spawn().unwrap());
    assert_is_configuration(&running.answer(&world, port, "/account-service/cloud", &log));
    let arguments = fs::read_to_string(format!("/proc/{}/cmdline", running.0.id())).unwrap();
    for switch in switches {
        assert!(arguments.split('\0').any(|word| word == switch), "{arguments}");
    }
}

#[test]
fn it_answers_in_a_container_of_256_megabytes() {
    require_root();
    let (world, cache) = (World::empty(), tempfile::tempdir().unwrap());
    let staging = seed(cache.path()).variable(LARGER_STACKS.0, LARGER_STACKS.1);
    assert_eq!(staging.stage(&["-skipDetect=true"]).code, Some(0));
    let home = staging.unpack_droplet();

    let podman = Podman::open();
    let places = [(&*home, "/home/vcap"), (Path::new(env!("CARGO_BIN_EXE_stage")), "/tmp/lifecycle/launcher:ro")];
    let script = "cd /home/vcap && exec /tmp/lifecycle/launcher app '' ''";
    let container =
        podman.run_over_host(&world, "256m", &places, &[("MEMORY_LIMIT", "256m")], &["/bin/bash", "-c", script]);
    assert_is_configuration(&container.answer("/account-service/cloud"));
    let peak = container.peak_memory();
    eprintln!("peak of the control group: {} of 256 MB", peak >> 20);
    assert!(peak <= 256 << 20, "{peak}");
    assert_eq!(container.user(), ("2000".to_owned(), "2000".to_owned()));
    assert_eq!(container.stop(), "143 false", "exit code, and whether it was killed for its memory");
}

#[test]
fn the_jar_itself_becomes_the_same_droplet_without_the_contract() {
    let (world, cache) = (World::empty(), tempfile::tempdir().unwrap());
    let staging = seed(cache.path());
    assert_eq!(staging.stage(&["-skipDetect=false"]).code, Some(0));
    let done = Done::of(
        world
            .command()
            .arg(seed_config_server())
            .args(["-o", "droplet:droplet.tgz", "--buildpack"])
            .arg(staging.buildpack_folder(KEY))
            .env("STAGE_CACHE_DIR", cache.path())
            .envs([("MEMORY_LIMIT", "256m"), ("CF_STACK", "cflinuxfs2")]),
    )
    .ok();
    assert!(done.stderr.contains("Memory Settings: -Xms104169K"), "{}", done.stderr);
    let (by_contract, by_jar) = (members(&staging.path("out/droplet")), members(&world.path("droplet.tgz")));
    let differing: Vec<_> = by_contract
        .keys()
        .chain(by_jar.keys())
        .filter(|name| by_contract.get(*name) != by_jar.get(*name))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|name| (name, by_contract.get(name), by_jar.get(name)))
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
}
