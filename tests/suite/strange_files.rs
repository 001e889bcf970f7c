//! Whatever lies where the program reads or makes a file, it ends soon and in little memory: it says which file it is, or
//! does without it by rule, and it neither replaces it nor writes through it.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use crate::support::{BootJar, Done, JavaBuildpack, Staging, World, fake_jre, lay_out_java_v3, list, require_root};

/// Long enough for a loaded machine, far less than what is read without end takes, seconds.
const SOON: &str = "30";
/// Nothing here may need more memory, bytes.
const MEMORY: u64 = 200 << 20;
/// Bytes of a file that nobody can read to its end, and that needs no room.
const ENDLESS: u64 = 4 << 40;

/// What it is called here, and how it is made where nothing lies.
type Kind = (&'static str, fn(&Path));

/// What can lie under a name.
const KINDS: [Kind; 9] = [
    ("FIFO", |path| node(path, FileType::Fifo, 0)),
    ("socket", |path| node(path, FileType::Socket, 0)),
    ("device", |path| node(path, FileType::CharacterDevice, makedev(1, 5))),
    ("link to a device", |path| symlink("/dev/zero", path).unwrap()),
    ("endless file", |path| fs::File::create(path).unwrap().set_len(ENDLESS).unwrap()),
    ("folder", |path| fs::create_dir(path).unwrap()),
    ("link to nothing", |path| symlink("gone-with-the-wind", path).unwrap()),
    ("link to itself", |path| symlink(path.file_name().unwrap(), path).unwrap()),
    ("link up", |path| symlink("../..", path).unwrap()),
];

fn node(path: &Path, kind: FileType, device: u64) {
    mknodat(CWD, path, kind, Mode::from_raw_mode(0o644), device).unwrap();
}

/// What the program makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// An error that names the file.
    Refused,
    /// A result as without the file, or an error that names it, by what lies there.
    AnyOf,
    /// The result that a sound file gives, or an error: what the cache holds is made again or refused.
    Mended,
}
use Answer::{AnyOf, Mended, Refused};

/// A file, and the arguments of a command that reads it.
struct Place {
    lay_out: fn(&World),
    /// The file; of a folder, each of its files.
    file: &'static str,
    /// What names it in messages.
    said: &'static str,
    args: &'static [&'static str],
    answer: Answer,
}

const STAGE: &[&str] = &["app.jar", "--base", "none", "--jre", "17", "-o", "oci:out"];
const FOLDER: &[&str] = &["app", "--base", "none", "--jre", "17", "-o", "oci:out"];
const ON_BASE: &[&str] = &["app.jar", "--base", "oci:base", "-o", "oci:out"];
const DROPLET: &[&str] = &["app.jar", "--buildpack", "buildpack", "-o", "droplet:out.tgz"];

/// Documents and archives that are named.
const NAMED: [Place; 13] = [
    named(jar, "file", &["app.jar", "--base", "none", "--catalogue", "file", "-o", "oci:out"]),
    named(jar, "file", &["app.jar", "--base", "none", "--memory-profile", "file", "-o", "oci:out"]),
    named(jar, "file", &["app.jar", "--base", "rootfs:file", "-o", "oci:out"]),
    named(jar, "file", &["app.jar", "--base", "oci-archive:file", "-o", "oci:out"]),
    named(jar, "file", &["inspect", "oci-archive:file"]),
    named(jar, "file", &["inspect", "droplet:file"]),
    named(jar, "file", &["dependency", "add", "file", "--id", "x", "--version", "1"]),
    Place { answer: AnyOf, ..named(jar, "file", &["dependency", "import", "file"]) },
    Place { said: "base", ..named(base, "base/index.json", ON_BASE) },
    Place { said: "base", ..named(base, "base/oci-layout", ON_BASE) },
    Place { said: "base", ..named(base, "base/blobs/sha256", ON_BASE) },
    Place { said: "base", ..named(base, "base/blobs/sha256", &["inspect", "oci:base"]) },
    Place { said: "app.jar", ..named(jar, "app.jar", STAGE) },
];

const fn named(lay_out: fn(&World), file: &'static str, args: &'static [&'static str]) -> Place {
    Place { lay_out, file, said: file, args, answer: Refused }
}

/// Files of an application, and beside it.
const OF_APPLICATIONS: [Place; 10] = [
    found(folder, "app/Procfile", "Procfile", FOLDER),
    found(folder, "app/.stageignore", ".stageignore", FOLDER),
    found(folder, "app/META-INF/MANIFEST.MF", "MANIFEST.MF", FOLDER),
    found(folder, "app/BOOT-INF/layers.idx", "layers.idx", FOLDER),
    found(folder, "app/BOOT-INF/classpath.idx", "classpath.idx", FOLDER),
    found(folder, "app/BOOT-INF/lib/released-1.0.jar", "released-1.0.jar", FOLDER),
    found(folder, "app/BOOT-INF/classes/demo/Main.class", "Main", FOLDER),
    found(folder, "app/BOOT-INF/lib/released-1.0.jar", "released-1.0.jar", &["memory", "app", "--limit", "512M"]),
    found(jar, "app.jar.memory-profile", "app.jar.memory-profile", STAGE),
    found(folder, "app/Procfile", "Procfile", &["detect", "app"]),
];

/// Files of a buildpack.
const OF_BUILDPACKS: [Place; 3] = [
    found(buildpack, "buildpack/VERSION", "VERSION", DROPLET),
    found(buildpack, "buildpack/manifest.yml", "manifest.yml", DROPLET),
    found(buildpack, "buildpack/dependencies", "dependencies", DROPLET),
];

/// What has the names of files that killed runs leave.
const LEFTOVERS: [Place; 5] = [
    found(jar, ".out.stage-evil", "", STAGE),
    found(jar, ".out.tar.stage-evil", "", &["app.jar", "--base", "none", "-o", "oci-archive:out.tar"]),
    found(jar, ".out.tgz.stage-evil", "", &["app.jar", "--jre", "17", "-o", "droplet:out.tgz"]),
    found(jar, "cache/layers/tmp/evil", "", STAGE),
    found(jar, "cache/dependencies/tmp/evil", "", &["dependency", "add", "jre.zip", "--id", "x", "--version", "1"]),
];

const fn found(lay_out: fn(&World), file: &'static str, said: &'static str, args: &'static [&'static str]) -> Place {
    Place { lay_out, file, said, args, answer: AnyOf }
}

/// What the cache holds.
const OF_THE_CACHE: [Place; 7] = [
    cached("cache/dependencies/sha256"),
    cached("cache/layers/memo"),
    cached("cache/layers/selectors"),
    cached("cache/layers/blobs/sha256"),
    cached("cache/layers/locks"),
    cached("cache/dependencies/tmp.lock"),
    cached("cache/CACHEDIR.TAG"),
];

const fn cached(file: &'static str) -> Place {
    Place { lay_out: jar, file, said: "", args: STAGE, answer: Mended }
}

fn jar(world: &World) {
    BootJar::new().write(&world.path("app.jar"));
    fs::write(world.path("jre.zip"), fake_jre("17.0.2")).unwrap();
}

fn folder(world: &World) {
    BootJar::new().explode(&world.path("app"), 0o644);
}

fn base(world: &World) {
    jar(world);
    world.run(["app.jar", "--base", "none", "--compression", "none", "-o", "oci:base"]).ok();
}

fn buildpack(world: &World) {
    jar(world);
    JavaBuildpack::new().write(&world.path("buildpack"));
}

/// Runs the program with bounded memory and time.
fn run(world: &World, args: &[&str]) -> Done {
    let mut command = world.clean("timeout");
    command.args(["--signal=KILL", SOON, "prlimit"]).arg(format!("--data={MEMORY}")).arg(world.program());
    // No Java of this machine: making a runtime of it takes its time.
    command.env("JAVA_HOME", world.path("no-java")).env("TMPDIR", world.path(""));
    Done::of(command.args(args))
}

/// What is wrong with how it ended, whatever it had to do.
fn wrong(done: &Done) -> Option<&'static str> {
    let longest = done.stderr.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    match () {
        () if matches!(done.code, None | Some(137)) => Some("it hangs"),
        () if done.code == Some(134) || done.stderr.contains("memory allocation") => Some("it wants more memory"),
        () if longest >= 2000 => Some("a long line"),
        () => None,
    }
}

/// What lies at a path, and in which state.
fn state(path: &Path) -> Option<(u64, u32, u64, u64)> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let size = if metadata.is_dir() { 0 } else { metadata.size() };
    Some((metadata.ino(), metadata.mode(), metadata.rdev(), size))
}

/// The files that are replaced, one after the other.
fn files(world: &World, file: &str) -> Vec<PathBuf> {
    let path = world.path(file);
    let all = if path.is_dir() { list(&path) } else { return vec![path] };
    let files = all.into_iter().filter(|it| it.is_file());
    // Locks and blobs of one kind are read alike.
    files.take(5).collect()
}

fn replace(path: &Path, make: fn(&Path)) {
    drop(if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) });
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    make(path);
}

/// Replaces each file of the place by each kind; what was wrong.
fn check(place: &Place) -> Vec<String> {
    require_root();
    let args = if place.answer == Mended { [place.args, &["--json"]].concat() } else { place.args.to_vec() };
    let prepared = || {
        let world = World::new();
        (place.lay_out)(&world);
        let sound = (place.answer == Mended).then(|| run(&world, &args).ok().json());
        drop(fs::remove_dir_all(world.path("out")));
        (world, sound)
    };
    let count = files(&prepared().0, place.file).len();
    assert!(count > 0, "nothing at {}", place.file);
    let mut failures = Vec::new();
    for ((kind, make), at) in KINDS.into_iter().flat_map(|kind| (0..count).map(move |at| (kind, at))) {
        let (world, sound) = prepared();
        // How many there are depends on the clock: a memo is kept only of files that were settled.
        let Some(path) = files(&world, place.file).get(at).cloned() else { continue };
        replace(&path, make);
        let before = state(&path);
        let done = run(&world, &args);
        let named = format!("{}{}", done.stdout, done.stderr).contains(place.said);
        let answered = match place.answer {
            Refused => done.code != Some(0) && named,
            AnyOf => done.code == Some(0) || named,
            Mended => done.code != Some(0) || done.json()["image"]["digest"] == sound.unwrap()["image"]["digest"],
        };
        let ours = place.file.starts_with("cache/");
        let failure = match () {
            () if !answered => Some("another answer"),
            () if done.code != Some(0) && world.path("out").exists() => Some("half an output"),
            () if path.with_file_name("gone-with-the-wind").exists() => Some("written through"),
            () if !ours && state(&path) != before => Some("replaced"),
            () => None,
        };
        let path = path.strip_prefix(world.path("")).unwrap().display();
        let failure = wrong(&done).or(failure);
        failures.extend(failure.map(|what| format!("{kind} for `{path}`, {args:?}: {what}: {done:?}")));
    }
    failures
}

#[track_caller]
fn check_all(places: &[Place]) {
    let failures: Vec<String> = places.iter().flat_map(check).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn files_that_are_named_are_regular_or_an_error() {
    check_all(&NAMED);
}

#[test]
fn files_of_an_application_are_regular_or_told() {
    check_all(&OF_APPLICATIONS);
}

#[test]
fn files_of_a_buildpack_are_regular_or_told() {
    check_all(&OF_BUILDPACKS);
}

#[test]
fn what_has_the_name_of_a_leftover_holds_nobody_up() {
    check_all(&LEFTOVERS);
}

#[test]
fn files_of_the_cache_are_mended_or_told() {
    check_all(&OF_THE_CACHE);
}

#[test]
fn outputs_replace_no_more_than_files_and_links_to_files() {
    require_root();
    for (args, file) in [
        (&["app.jar", "--base", "none", "-o", "oci-archive:out.tar"][..], "out.tar"),
        (&["app.jar", "--jre", "17", "-o", "droplet:out.tgz"], "out.tgz"),
        (&["app.jar", "--base", "none", "--report", "report.json", "-o", "oci:out"], "report.json"),
        (&["app.jar", "--base", "none", "-o", "oci:out"], "out"),
    ] {
        // Streams are written into by rule: who reads nothing waits. An endless file is a file, a folder one for layouts.
        for (kind, make) in KINDS.into_iter().filter(|(kind, _)| !matches!(*kind, "FIFO" | "endless file" | "folder")) {
            let world = World::new();
            jar(&world);
            let path = world.path(file);
            make(&path);
            let before = state(&path);
            let done = run(&world, args);
            assert_eq!(wrong(&done), None, "{kind} for {file}: {done:?}");
            assert_eq!(state(&path), before, "{kind} for {file}: {done:?}");
            assert!(done.code == Some(0) || done.stderr.contains(file), "{kind} for {file}: {done:?}");
        }
    }
}

type LayOut<'a> = &'a dyn Fn(&Staging);

/// Runs the builder on a buildpack of its own; nothing hangs.
#[track_caller]
fn builder(staging: &Staging, what: &str) -> (Option<i32>, String) {
    let limit = format!("--data={MEMORY}");
    let wrapper = ["timeout", "--signal=KILL", SOON, "prlimit", &limit];
    let staged = staging.stage_below(&wrapper, env!("CARGO_BIN_EXE_stage").as_ref(), &[]);
    assert!(staged.signal.is_none() && staged.code != Some(137), "{what}: it hangs: {staged:?}");
    assert!(staged.code != Some(134) && !staged.stderr.contains("panicked"), "{what}: {staged:?}");
    assert!(staged.code == Some(0) || !(staged.stdout + &staged.stderr).is_empty(), "{what}: no message");
    (staged.code, staged.stderr)
}

#[test]
fn a_builder_is_held_up_by_no_file_of_its_inputs() {
    require_root();
    let fifth = |staging: &Staging| JavaBuildpack::new().write(&staging.buildpack_folder("java_buildpack"));
    let third = |staging: &Staging| lay_out_java_v3(&staging.buildpack_folder("java_buildpack"));
    let rows: [(LayOut<'_>, &str); 9] = [
        (&fifth, "app/Procfile"),
        (&fifth, "app/META-INF/MANIFEST.MF"),
        (&fifth, "buildpack/VERSION"),
        (&fifth, "buildpack/manifest.yml"),
        (&fifth, "cache/java_buildpack"),
        (&third, "buildpack/config/version.yml"),
        (&third, "buildpack/config/open_jdk_jre.yml"),
        (&third, "buildpack/config/components.yml"),
        (&third, "app/META-INF/MANIFEST.MF"),
    ];
    for (lay_out, file) in rows {
        for (kind, make) in KINDS {
            let staging = Staging::new().key("java_buildpack").variable("CF_STACK", "cflinuxfs4");
            BootJar::new().explode(&staging.path("app"), 0o644);
            lay_out(&staging);
            let path = match file.strip_prefix("buildpack/") {
                Some(file) => staging.buildpack_folder("java_buildpack").join(file),
                None => staging.path(file),
            };
            replace(&path, make);
            let before = state(&path);
            let what = format!("{kind} for {file}");
            builder(&staging, &what);
            if !file.starts_with("cache/") {
                assert_eq!(state(&path), before, "{what}");
            }
        }
    }
}

#[test]
fn a_launcher_is_held_up_by_no_file_of_its_droplet() {
    for file in ["staging_info.yml", "app/Procfile", "app/.java-buildpack.log"] {
        for (kind, make) in KINDS {
            let staging = Staging::new();
            replace(&staging.path(file), make);
            let program = staging.program();
            let mut command = std::process::Command::new("timeout");
            command.args(["--signal=KILL", SOON]).arg(program.get_program()).args(["launcher", "app", "true", ""]);
            command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let output = command.current_dir(staging.path("")).output().unwrap();
            assert!(!matches!(output.status.code(), None | Some(137)), "{kind} for {file}: {output:?}");
        }
    }
}
