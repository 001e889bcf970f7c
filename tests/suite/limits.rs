//! Limits of the process and of the disk: a message that names what and where, an exit code, and nothing is left.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{BootJar, Done, Image, World, require_root};

/// A jar whose layers have some megabytes, which nothing compresses.
fn large() -> BootJar {
    let mut state = 1u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    });
    BootJar::new().with("BOOT-INF/classes/noise.bin", noise.take(4 << 20).collect::<Vec<_>>())
}

fn world() -> World {
    let world = World::new();
    large().write(&world.path("app.jar"));
    world
}

/// The program below a limit of `bash`, such as `-f 100`.
fn limited(world: &World, limit: &str, args: &[&str]) -> Command {
    let mut command = world.clean("bash");
    command.args(["-c", &format!("ulimit {limit} && exec \"$@\""), "bash"]).arg(world.program()).args(args);
    command
}

const STAGE: [&str; 5] = ["app.jar", "--base", "none", "-q", "-o"];

#[test]
fn files_that_may_not_grow() {
    for output in ["oci:out", "oci-archive:out.tar", "droplet:droplet"] {
        let world = world();
        let mut args = STAGE.to_vec();
        if output.starts_with("droplet") {
            args.retain(|arg| !["--base", "none"].contains(arg));
        }
        args.push(output);
        // Blocks of 1024 bytes.
        let done = Done::of(&mut limited(&world, "-f 1000", &args));
        assert!(done.code.is_some_and(|code| code != 0), "{output}: {done:?}");
        assert!(done.stderr.contains("File too large"), "{output}: {done:?}");
        assert!(done.stderr.contains(world.path("").to_str().unwrap()) || done.stderr.contains("droplet"), "{done:?}");
        if !output.starts_with("droplet") {
            assert!(done.stderr.contains("hint: ") && done.stderr.contains("ulimit -f"), "{done:?}");
        }
        assert_eq!(world.leftovers(), Vec::<PathBuf>::new(), "{output}");
        let path = world.path(output.split_once(':').unwrap().1);
        assert!(!path.exists(), "{output}");
    }
    // Programs that it starts have the signal as they know it.
    let done = Done::of(world().command().args(["launcher", ".", "grep SigIgn /proc/self/status", ""]));
    let ignored = done.stdout.split_whitespace().last().unwrap_or_default();
    let ignored = u64::from_str_radix(ignored, 16).unwrap_or_else(|error| panic!("{error}: {done:?}"));
    assert_eq!(ignored & (1 << 24), 0, "SIGXFSZ is the 25th: {done:?}");
}

#[test]
fn few_open_files() {
    let world = world();
    let mut args = STAGE.to_vec();
    args.push("oci:out");
    let mut worked = 0;
    for limit in [4, 5, 6, 8, 10, 12, 16, 24, 64] {
        let done = Done::of(&mut limited(&world, &format!("-n {limit}"), &args));
        if done.code == Some(0) {
            worked += 1;
            Image::read(&world.path("out"));
            fs::remove_dir_all(world.path("out")).unwrap();
        } else if !done.stderr.contains("error while loading shared libraries") {
            assert!(matches!(done.code, Some(1 | 40)), "{limit}: {done:?}");
            assert!(done.stderr.contains("Too many open files"), "{limit}: {done:?}");
            assert!(!world.path("out").exists());
        }
        assert_eq!(world.leftovers(), Vec::<PathBuf>::new(), "{limit}");
    }
    assert!(worked > 0);
}

#[test]
fn few_processes() {
    require_root();
    let mut world = world();
    let expected = World::new().digest(&world.path("app.jar"), ["-o", &format!("oci:{}", world.path("all").display())]);
    let user = 4243;
    world.give_to(user);
    let mut worked = 0;
    for limit in 1..=12 {
        for cold in [true, false] {
            if cold {
                drop(fs::remove_dir_all(world.cache().join("layers")));
            }
            let mut args = STAGE.to_vec();
            args.extend(["oci:out", "--json", "--threads", "4"]);
            let mut command = limited(&world, &format!("-u {limit}"), &args);
            let done = Done::of(command.uid(user).gid(user));
            if done.code == Some(0) {
                worked += 1;
                assert_eq!(done.json()["image"]["digest"], expected.as_str(), "{limit}");
            } else {
                assert!(matches!(done.code, Some(1 | 40)), "{limit}: {done:?}");
                assert!(done.stderr.contains("Resource temporarily unavailable"), "{limit}: {done:?}");
                assert!(done.stderr.contains("hint: ") && done.stderr.contains("ulimit -u"), "{limit}: {done:?}");
            }
            assert_eq!(world.leftovers(), Vec::<PathBuf>::new(), "{limit}");
        }
    }
    assert!(worked > 8, "fewer threads do the same: {worked} runs worked");
}

#[test]
fn little_address_space() {
    let world = world();
    for (kilobytes, works) in [(100_000, false), (200_000, true)] {
        let mut args = STAGE.to_vec();
        args.extend(["oci:out", "--threads", "2"]);
        let done = Done::of(&mut limited(&world, &format!("-v {kilobytes}"), &args));
        if works {
            done.ok();
        } else {
            done.failed(40, &["bytes of address space", "on 2 threads needs", "hint: ", "ulimit -v"]);
            assert!(!world.path("out").exists());
        }
    }
}

/// Runs a shell script as root in mount namespaces of its own.
fn in_namespace(world: &World, script: &str) -> Done {
    require_root();
    let mut command = world.clean("unshare");
    command.args(["-m", "--propagation", "private", "sh", "-euc", script]).env("STAGE", world.program());
    Done::of(&mut command)
}

/// What is done with little room in the folder `small`, and the failure's exit code.
const SMALL: [(&str, &str); 3] = [
    (
        "a dependency",
        "cp -r cache small/; STAGE_CACHE_DIR=$PWD/small/cache $STAGE dependency add app.jar --id app --version 1",
    ),
    (
        "a temporary folder",
        "mount --bind cache cache; mount -o remount,bind,ro cache; TMPDIR=$PWD/small $STAGE app.jar --base none -o oci:out",
    ),
    ("a droplet", "$STAGE app.jar -o droplet:small/droplet"),
];

#[test]
fn little_room() {
    for (name, script) in SMALL {
        let world = world();
        fs::create_dir(world.path("small")).unwrap();
        let done = in_namespace(
            &world,
            &format!(
                "mount -t tmpfs -o size=2m tmpfs small\ncode=0; {{ {script}; }} || code=$?\n\
                 find small -type f ! -path 'small/cache/*' >&2; find small -path '*/tmp/*' >&2; exit $code"
            ),
        );
        assert!(done.code.is_some_and(|code| code != 0), "{name}: {done:?}");
        let said = done.stderr.to_lowercase();
        assert!(said.contains("no space left on device") && said.contains("small"), "{name}: {done:?}");
        let left: Vec<&str> = done.stderr.lines().filter(|line| line.starts_with("small")).collect();
        assert_eq!(left, Vec::<&str>::new(), "{name}");
        assert!(!world.path("out").exists());
    }
}
