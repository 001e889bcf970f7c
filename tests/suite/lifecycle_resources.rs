//! A builder that lacks something: room on any of its disks. It says what it lacks, ends with an exit code of the contract, and
//! leaves nothing behind.

use crate::support::{Staging, require_root};

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
