//! A builder that lacks something: room on any of its disks, files, threads. It says what it lacks, ends with an exit code of the contract, and
//! leaves nothing behind.

use crate::support::{Staging, names, require_root};

const DETECT: (&str, &str) = ("detect", "echo found");
const RELEASE: (&str, &str) = ("release", "echo '{}'");

/// A staging of 5 MB that do not shrink, which its script writes.
fn random() -> Staging {
    let compile = "head -c 5M /dev/urandom > $1/big || exit 7; head -c 3M /dev/urandom > $2/cached || exit 7";
    Staging::new().buildpack("bp", &[DETECT, ("compile", compile), RELEASE])
}

#[test]
fn a_full_disk_is_named_wherever_it_is() {
    require_root();
    for (folder, options, code, said) in [
        ("tmp", "size=4k,nr_inodes=1", 1, "mkdir "),
        ("tmp", "size=4k,nr_inodes=3", 1, "mkdir "),
        ("app", "size=1m", 223, "no space left on the disk of the build folder"),
        ("cache", "size=1m", 223, "no space left on the disk of the build cache"),
        ("out", "size=4k,nr_inodes=1", 1, "result.json: no space left on device"),
        ("out", "size=1m", 1, "Failed to compress droplet filesystem: "),
        // Room for the droplet, not for the cache.
        ("out", "size=6m", 1, "Failed to compress build artifacts: "),
    ] {
        let staging = random();
        // The disk is only there for the builder: what is left on it is looked at from inside.
        let small = format!(
            "mount -t tmpfs -o {options},mode=777 tmpfs {folder} && \"$@\"; code=$?; ls -A out tmp; exit $code"
        );
        let staged = staging.stage_below(
            &["unshare", "-m", "sh", "-c", &small, "sh"],
            env!("CARGO_BIN_EXE_stage").as_ref(),
            &[],
        );
        assert_eq!(staged.code, Some(code), "{folder} {options}: {staged:?}");
        let room = staged.stderr.to_lowercase().contains("no space left on ");
        assert!(room && staged.stderr.contains(said), "{folder} {options}: {staged:?}");
        assert!(!staged.stderr.contains("panicked"), "{folder} {options}: {staged:?}");
        let left: Vec<_> = staged.stdout.lines().filter(|line| !line.is_empty() && !line.ends_with(':')).collect();
        let kept = |name: &&str| ["result.json", "droplet"].contains(name);
        assert!(left.iter().all(kept), "{folder} {options}: {left:?}");
    }
}

/// Limits of a process, and values that end a staging sooner or later, or let it pass.
const LIMITS: [(&str, &[&str]); 3] = [
    ("fsize", &["1", "1000", "100000", "1000000", "6000000"]),
    ("nofile", &["3", "4", "6", "8", "10", "12", "16", "24"]),
    ("nproc", &["1", "2", "3", "4", "5", "8"]),
];

#[test]
fn limits_of_the_system_are_told() {
    require_root();
    for (limit, value) in LIMITS.iter().flat_map(|(limit, values)| values.iter().map(move |value| (limit, value))) {
        let staging = random();
        let program = staging.own_program();
        // Of a user whom nobody else is: the system counts all processes of one.
        let user = ["setpriv", "--reuid=64007", "--regid=64007", "--clear-groups", "prlimit"];
        let option = format!("--{limit}={value}");
        let staged = staging.stage_below(&[&user[..], &[&option]].concat(), &program, &[]);
        // The loader itself fails with 127 where it may open nothing.
        let known = matches!(staged.code, Some(0 | 1 | 222..=225)) || staged.code == Some(127) && value.len() == 1;
        assert!(known && !staged.stderr.contains("panicked"), "{option}: {staged:?}");
        assert!(staged.code == Some(0) || !staged.stderr.is_empty(), "{option}: {staged:?}");
        let left = names(&staging.path("out"));
        // A folder is opened to be emptied: what that was not possible for is the next builder's to remove.
        if *limit == "nofile" && staged.code != Some(0) {
            staging.stage_below(&user[..4], &program, &[]);
        }
        assert_eq!(names(&staging.path("tmp")), [""; 0], "{option}: {staged:?}");
        assert!(left.iter().all(|name| !name.contains(".stage-")), "{option}: {left:?}");
        assert!(staged.code == Some(0) || !left.contains(&"cache.tgz".to_owned()), "{option}: {left:?}");
        assert_eq!(staging.running(), [""; 0], "{option}");
    }
}
