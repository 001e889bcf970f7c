//! Same application, same runtime, same droplet, to the byte.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use fs_err as fs;

use crate::support::{BootJar, JavaBuildpack, Staged, Staging, World, list};

const KEY: &str = "java_buildpack";

/// What is changed, and how.
type Change = (&'static str, fn(&mut Command));

/// A staging with the data of a buildpack, and a cache of its own.
fn staging(folder: tempfile::TempDir) -> Staging {
    let staging = Staging::at(folder).key(KEY).variable("CF_STACK", "cflinuxfs4");
    BootJar::new().explode(&staging.path("app"), 0o644);
    JavaBuildpack::new().write(&staging.buildpack_folder(KEY));
    let cache = staging.path("pieces").display().to_string();
    staging.variable("STAGE_CACHE_DIR", &cache)
}

fn fresh() -> Staging {
    staging(tempfile::tempdir().unwrap())
}

#[track_caller]
fn droplet(staging: &Staging, staged: &Staged) -> Vec<u8> {
    assert_eq!(staged.code, Some(0), "{staged:?}");
    fs::read(staging.path("out/droplet")).unwrap()
}

#[test]
fn surroundings_do_not_show_in_droplets() {
    let reference = fresh();
    let wanted = droplet(&reference, &reference.stage(&[]));
    assert!(droplet(&reference, &reference.stage(&[])) == wanted, "the same folder again, pieces from the cache");
    let changes: [Change; 7] = [
        ("one thread", |run| _ = run.env("RAYON_NUM_THREADS", "1")),
        ("four threads", |run| _ = run.env("RAYON_NUM_THREADS", "4")),
        ("locale", |run| _ = run.env("LC_ALL", "tr_TR.UTF-8").env("LANG", "tr_TR.UTF-8")),
        ("time zone", |run| _ = run.env("TZ", "Pacific/Kiritimati")),
        ("date", |run| _ = run.env("SOURCE_DATE_EPOCH", "1700000000")),
        ("no cache folder", |run| _ = run.env_remove("STAGE_CACHE_DIR")),
        ("TMPDIR", |run| _ = run.env_remove("TMPDIR")),
    ];
    for (name, change) in changes {
        let other = fresh();
        let mut command = other.builder(&[]);
        change(&mut command);
        let staged = command.output().unwrap().into();
        assert!(droplet(&other, &staged) == wanted, "{name}");
    }
}

#[test]
fn umask_names_and_times_do_not_show_in_droplets() {
    let reference = fresh();
    let wanted = droplet(&reference, &reference.stage(&[]));

    let masked = fresh();
    let below = ["sh", "-c", "umask 077; exec \"$@\"", "sh"];
    let staged = masked.stage_below(&below, Path::new(env!("CARGO_BIN_EXE_stage")), &[]);
    assert!(droplet(&masked, &staged) == wanted, "umask");

    let elsewhere = staging(tempfile::Builder::new().prefix("another name ").tempdir().unwrap());
    assert!(droplet(&elsewhere, &elsewhere.stage(&[])) == wanted, "folder");

    let dated = fresh();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_007);
    for name in ["app", "buildpacks"] {
        for path in list(&dated.path(name)) {
            fs::File::open(&path).unwrap().file().set_modified(time).unwrap();
        }
    }
    assert!(droplet(&dated, &dated.stage(&[])) == wanted, "times");
}

#[test]
fn where_the_offline_cache_lies_does_not_show_in_droplets() {
    let of_cache = |world: &World| {
        let cache = world.cache().display().to_string();
        let staging = Staging::new().key(KEY).variable("STAGE_CACHE_DIR", &cache);
        BootJar::new().explode(&staging.path("app"), 0o644);
        let cold = droplet(&staging, &staging.stage(&[]));
        assert!(droplet(&staging, &staging.stage(&[])) == cold, "cold and warm");
        cold
    };
    assert!(of_cache(&World::new()) == of_cache(&World::new()), "two caches");
}
