//! The caches: corrupt, read-only, shared, and of a builder that was killed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use fs_err as fs;

use crate::support::{BootJar, JavaBuildpack, Member, Staging, World, list, names, require_root, runtime, wait_for};

const KEY: &str = "java_buildpack";

fn with_cache(cache: &Path) -> Staging {
    let cache = cache.display().to_string();
    let staging = Staging::new().key(KEY).variable("STAGE_CACHE_DIR", &cache).variable("CF_STACK", "cflinuxfs4");
    BootJar::new().explode(&staging.path("app"), 0o644);
    staging
}

#[track_caller]
fn droplet(staging: &Staging) -> Vec<u8> {
    let staged = staging.stage(&[]);
    assert_eq!(staged.code, Some(0), "{staged:?}");
    fs::read(staging.path("out/droplet")).unwrap()
}

/// The archive of the one runtime that the cache holds.
fn archive(world: &World) -> PathBuf {
    let folder = world.cache().join("dependencies/sha256");
    let found = list(&folder).into_iter().find(|path| path.extension().is_none()).unwrap();
    assert!(found.is_file());
    found
}

#[test]
fn a_corrupt_archive_of_the_offline_cache_ends_staging_and_spoils_nothing() {
    let wanted = droplet(&with_cache(World::new().cache().as_path()));
    let world = World::new();
    let staging = with_cache(&world.cache());
    let path = archive(&world);
    let good = fs::read(&path).unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bad).unwrap();
    let staged = staging.stage(&[]);
    assert_eq!(staged.code, Some(223), "{staged:?}");
    assert!(
        staged.stdout.contains("Failed to install JRE") && staged.stdout.contains("is corrupt: expected SHA-256"),
        "{staged:?}"
    );
    let command = "; run `stage dependency add FILE --id fake --version 17.0.1 --prefix fake`";
    assert!(staged.stdout.contains(command), "{staged:?}");
    assert!(!staging.path("out/droplet").exists());
    assert!(!path.exists(), "a corrupt archive stays in its place");
    fs::write(world.path("again.zip"), good).unwrap();
    let add = ["dependency", "add", "again.zip", "--id", "fake", "--version", "17.0.1", "--prefix", "fake"];
    world.run(add).ok();
    assert!(droplet(&staging) == wanted, "a corrupt archive left something behind");
}

#[test]
fn a_cache_that_may_only_be_read_is_used_by_an_ordinary_user() {
    require_root();
    let world = World::new();
    let staging = with_cache(&world.cache());
    let wanted = droplet(&staging);
    fs::set_permissions(world.path("."), std::fs::Permissions::from_mode(0o755)).unwrap();
    for path in std::iter::once(world.cache()).chain(list(&world.cache())) {
        let mode = if path.is_dir() { 0o555 } else { 0o444 };
        fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    for folder in ["out", "cache"] {
        for path in list(&staging.path(folder)).into_iter().rev() {
            if path.is_dir() { fs::remove_dir(&path).unwrap() } else { fs::remove_file(&path).unwrap() }
        }
    }
    for path in std::iter::once(staging.path("app")).chain(list(&staging.path("app"))) {
        std::os::unix::fs::lchown(&path, Some(65_534), Some(65_534)).unwrap();
    }
    let program = staging.path("stage");
    // Not by ourselves: a process that another test starts meanwhile would hold the file open for writing.
    let copy = Command::new("install").args(["-m", "755", env!("CARGO_BIN_EXE_stage")]).arg(&program).status().unwrap();
    assert!(copy.success());
    let before = list(&world.cache());
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let staged = staging.stage_below(&nobody, &program, &[]);
    assert_eq!(staged.code, Some(0), "{staged:?}");
    assert!(fs::read(staging.path("out/droplet")).unwrap() == wanted, "another droplet");
    assert_eq!(list(&world.cache()), before);
}

/// A buildpack's folder whose runtime takes a while to compress.
fn slow(staging: &Staging) {
    let mut state = 1_u64;
    let text: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        b"0123456789abcdef"[usize::try_from(state >> 60).unwrap()]
    })
    .take(16 << 20)
    .collect();
    let archive = runtime(&[Member::File("jre-17.0.20/lib/modules", 0o644, &text)]);
    JavaBuildpack::new().with("openjdk", archive).write(&staging.buildpack_folder(KEY));
}

fn start(staging: &Staging) -> Child {
    staging.builder(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn two_builders_share_an_empty_cache() {
    let folder = tempfile::tempdir().unwrap();
    let stagings = [(); 2].map(|()| with_cache(folder.path()));
    for staging in &stagings {
        JavaBuildpack::new().write(&staging.buildpack_folder(KEY));
    }
    let children = stagings.each_ref().map(start);
    for mut child in children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    let [one, other] = stagings.map(|staging| fs::read(staging.path("out/droplet")).unwrap());
    assert!(one == other);
    assert_eq!(names(&folder.path().join("layers/tmp")), [""; 0]);
}

#[test]
fn a_builder_killed_while_it_writes_a_piece_leaves_a_cache_that_works() {
    let reference = tempfile::tempdir().unwrap();
    let wanted = {
        let staging = with_cache(reference.path());
        slow(&staging);
        droplet(&staging)
    };
    let folder = tempfile::tempdir().unwrap();
    let staging = with_cache(folder.path());
    slow(&staging);
    let mut child = start(&staging);
    let pieces = folder.path().join("layers/tmp");
    let mut seen = || fs::read_dir(&pieces).is_ok_and(|entries| entries.count() > 0);
    wait_for("a piece being written", &mut seen);
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None);
    assert!(!staging.path("out/droplet").exists());
    // What is young may belong to a process that has not locked it yet.
    let long_ago = SystemTime::now() - Duration::from_hours(1);
    for path in list(&pieces) {
        fs::File::options().write(true).open(path).unwrap().file().set_modified(long_ago).unwrap();
    }
    assert!(droplet(&staging) == wanted, "another droplet after a kill");
    assert_eq!(names(&pieces), [""; 0]);
}
