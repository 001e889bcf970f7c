//! Buildpack scripts of the builder: limits, isolation, and that none of their processes outlives it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use fs_err as fs;

use crate::support::{Staged, Staging, names, require_root, wait_for};

const DETECT: (&str, &str) = ("detect", "echo found");
const RELEASE: (&str, &str) = ("release", "echo '{}'");
/// A script that does not end, with a process below it that left its group and session.
const ENDLESS: &str = "setsid sleep 1000 & echo $$ > $1/pid; sleep 1000";

fn assert_nothing_runs(staging: &Staging) {
    assert_eq!(staging.running(), [""; 0]);
}

/// Somebody else ends what a killed builder leaves.
fn wait_for_the_end(staging: &Staging) {
    wait_for("the end of the scripts", || staging.running().is_empty());
    wait_for("the end of temporary files", || staging.left().is_empty());
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_script_beyond_its_time_is_ended_with_all_it_started() {
    let supply = ("supply", "true");
    for (phase, code, scripts, more) in [
        ("detect", 222, vec![("detect", ENDLESS)], vec![]),
        ("compile", 223, vec![DETECT, ("compile", ENDLESS), RELEASE], vec![]),
        ("finalize", 223, vec![DETECT, ("finalize", ENDLESS), RELEASE], vec![]),
        ("supply", 223, vec![DETECT, ("supply", ENDLESS), ("finalize", "true"), RELEASE], vec![]),
        ("release", 224, vec![DETECT, ("compile", "true"), ("release", ENDLESS)], vec![]),
        ("supply", 225, vec![("supply", ENDLESS)], vec![supply, ("finalize", "true"), RELEASE]),
    ] {
        let mut staging = Staging::new().buildpack("slow", &scripts);
        let mut flags = vec!["-scriptTimeout=500ms"];
        if !more.is_empty() {
            staging = staging.buildpack("last", &more);
            flags.push("-skipDetect");
        }
        let staged = staging.stage(&flags);
        assert_eq!(staged.code, Some(code), "{phase}: {staged:?}");
        let report = format!(
            "Script '{}/bin/{phase}' of buildpack 'slow' was ended in phase {phase}: it ran longer than the time limit of \
             500ms (-scriptTimeout, STAGE_SCRIPT_TIMEOUT)\n",
            staging.buildpack_folder("slow").display()
        );
        assert!(staged.stderr.contains(&report), "{}", staged.stderr);
        if code != 222 {
            assert!(staged.stderr.trim_end().ends_with("time limit of 500ms exceeded"), "{}", staged.stderr);
        }
        assert_nothing_runs(&staging);
        assert_eq!(names(&staging.path("tmp")), [""; 0]);
        assert!(!staging.path("out/droplet").exists());
    }
}

#[test]
fn the_next_buildpack_is_asked_when_one_takes_too_long_to_detect() {
    let staging = Staging::new()
        .buildpack("slow", &[("detect", "sleep 1000")])
        .buildpack("quick", &[DETECT, ("compile", "true"), RELEASE])
        .variable("STAGE_SCRIPT_TIMEOUT", "1s");
    let staged = staging.stage(&[]);
    assert_eq!(staged.code, Some(0), "{staged:?}");
    assert!(staged.stderr.contains("of buildpack 'slow' was ended in phase detect"), "{}", staged.stderr);
    assert_eq!(staging.result()["lifecycle_metadata"]["buildpack_key"], "quick");
}

#[test]
fn scripts_are_asked_to_end_before_they_are_ended() {
    let polite = "trap 'echo asked > $1/asked; exit 1' TERM; echo started; sleep 1000 & wait";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", polite)]);
    assert_eq!(staging.stage(&["-scriptTimeout", "300ms"]).code, Some(223));
    assert!(staging.path("app/asked").exists());

    let deaf = "trap '' TERM; while true; do sleep 0.1; done";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", deaf)]);
    assert_eq!(staging.stage(&["--scriptTimeout=300ms"]).code, Some(223));
    assert_nothing_runs(&staging);
}

#[test]
fn flags_win_over_variables_and_zero_is_no_limit() {
    let staging = Staging::new()
        .buildpack("bp", &[DETECT, ("compile", "sleep 0.3"), RELEASE])
        .variable("STAGE_SCRIPT_TIMEOUT", "1ms")
        .variable("STAGE_SCRIPT_DISK_LIMIT", "1K");
    let staged = staging.stage(&["-scriptTimeout=0", "-scriptDiskLimit=0"]);
    assert_eq!(staged.code, Some(0), "{staged:?}");
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    let staging = || Staging::new().buildpack("bp", &[DETECT]);
    for (flag, message) in [
        ("-scriptTimeout=5", "invalid value \"5\" for flag -scriptTimeout: parse error\nUsage of builder:\n"),
        (
            "-scriptDiskLimit=5X",
            "invalid value \"5X\" for flag -scriptDiskLimit: a size such as 512M or 1.5G is needed\nUsage of builder:\n",
        ),
        ("-isolate=maybe", "invalid boolean value \"maybe\" for -isolate: parse error\nUsage of builder:\n"),
    ] {
        let staged = staging().stage(&[flag]);
        assert_eq!(staged.code, Some(2), "{staged:?}");
        assert!(staged.stderr.starts_with(message), "{}", staged.stderr);
        assert!(!staged.stderr.contains("  -script"), "the usage text is the original's");
    }
    let size = "a size such as 512M or 1.5G is needed";
    for (name, reason) in
        [("STAGE_SCRIPT_TIMEOUT", "parse error"), ("STAGE_SCRIPT_DISK_LIMIT", size), ("STAGE_ISOLATE", "parse error")]
    {
        let staged = staging().variable(name, "x").stage(&[]);
        assert_eq!(staged.code, Some(2), "{staged:?}");
        assert_eq!(staged.stderr, format!("invalid value \"x\" for environment variable {name}: {reason}\n"));
    }
}

#[test]
fn a_builder_that_is_told_to_end_leaves_nothing() {
    for (signal, name) in [(15, "-TERM"), (2, "-INT"), (1, "-HUP")] {
        let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", ENDLESS)]);
        let builder = staging.start(&[], "pid");
        assert!(Command::new("kill").args([name, &builder.id().to_string()]).status().unwrap().success());
        let staged: Staged = builder.wait_with_output().unwrap().into();
        assert_eq!(staged.signal, Some(signal), "{staged:?}");
        assert_nothing_runs(&staging);
        assert_eq!(staging.left(), [""; 0]);
    }
}

#[test]
fn a_builder_that_is_told_to_end_ends_its_downloads() {
    // A `git` of our own that never comes back.
    let staging = Staging::new().key("https://127.0.0.1:1/bp");
    let programs = staging.path("programs");
    fs::create_dir(&programs).unwrap();
    let endless = ENDLESS.replace("$1", &staging.path("app").display().to_string());
    fs::write(programs.join("git"), format!("#!/bin/bash\n{endless}\n")).unwrap();
    mode(&programs.join("git"), 0o755);
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let staging = staging.variable("PATH", &path);
    let builder = staging.start(&[], "pid");
    assert!(Command::new("kill").args(["-TERM", &builder.id().to_string()]).status().unwrap().success());
    let staged: Staged = builder.wait_with_output().unwrap().into();
    assert_eq!(staged.signal, Some(15), "{staged:?}");
    assert_nothing_runs(&staging);
    assert_eq!(staging.left(), [""; 0]);
}

#[test]
fn a_killed_builder_takes_its_scripts_with_it() {
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", ENDLESS)]);
    let mut builder = staging.start(&[], "pid");
    builder.kill().unwrap();
    builder.wait().unwrap();
    wait_for_the_end(&staging);
}

/// The child of a process that has one.
fn child_of(parent: u32) -> u32 {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap();
    children.trim().parse().unwrap()
}

#[test]
fn a_killed_guard_takes_its_scripts_with_it() {
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", ENDLESS)]);
    let builder = staging.start(&[], "pid");
    let guard = child_of(builder.id());
    assert!(Command::new("kill").args(["-KILL", &guard.to_string()]).status().unwrap().success());
    let staged: Staged = builder.wait_with_output().unwrap().into();
    assert_eq!(staged.code, Some(223), "{staged:?}");
    assert_eq!(staged.stderr, "Failed to compile droplet: Failed to compile droplet: signal: killed\n");
    assert_nothing_runs(&staging);
}

#[test]
fn a_script_that_dies_by_a_signal_is_told_as_the_original_does() {
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", "kill -KILL $$")]);
    let staged = staging.stage(&[]);
    assert_eq!(staged.code, Some(223));
    assert_eq!(staged.stderr, "Failed to compile droplet: Failed to compile droplet: signal: killed\n");
}

#[test]
fn what_a_script_leaves_running_ends_with_it() {
    // It would hold the output of `release` open and write into a droplet that is being packed.
    let leaves = "setsid sleep 1000 & echo '{}'";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", "true"), ("release", leaves)]);
    let staged = staging.stage(&[]);
    assert_eq!(staged.code, Some(0), "{staged:?}");
    assert_nothing_runs(&staging);
}

#[test]
fn a_script_that_fills_the_disk_is_ended() {
    let fills = "setsid sleep 1000 & head -c 30M /dev/zero > $2/big; sleep 1000";
    let staging = Staging::new().app("some", "text").buildpack("bp", &[DETECT, ("compile", fills)]);
    let staged = staging.stage(&["-scriptDiskLimit=20M"]);
    assert_eq!(staged.code, Some(223), "{staged:?}");
    let cache = staging.path("cache").display().to_string();
    assert!(staged.stderr.contains("of buildpack 'bp' was ended in phase compile: "), "{}", staged.stderr);
    assert!(
        staged.stderr.contains(" bytes are more than the limit of 20971520; the build cache "),
        "{}",
        staged.stderr
    );
    assert!(staged.stderr.contains(&cache), "{}", staged.stderr);
    assert!(staged.stderr.contains("(-scriptDiskLimit, STAGE_SCRIPT_DISK_LIMIT)\n"), "{}", staged.stderr);
    assert_nothing_runs(&staging);
    assert!(!staging.path("out/droplet").exists());
}

#[test]
fn a_script_that_is_quicker_than_the_watch_does_not_get_away_with_it() {
    let fills = "truncate -s 30M $1/big";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", fills)]);
    let staged = staging.variable("STAGE_SCRIPT_DISK_LIMIT", "20M").stage(&[]);
    assert_eq!(staged.code, Some(223), "{staged:?}");
    assert!(staged.stderr.contains("the build folder "), "{}", staged.stderr);
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", fills), RELEASE]);
    assert_eq!(staging.stage(&["-scriptDiskLimit=40M"]).code, Some(0));
}

/// Says whether it has a network, its buildpack may be written, and what is in `/tmp`.
const LOOK: &str = "ip=$(awk 'NR>2 {print $1}' /proc/net/dev | tr -d '\\n '); echo \"network $ip\"; \
    touch $0.x 2>/dev/null && echo writable; \
    python3 -c 'import socket as s; a=s.socket(); a.bind((\"127.0.0.1\", 0)); a.listen(); \
    s.create_connection(a.getsockname()); print(\"loopback\")'; \
    ls -A /tmp | tr '\\n' ' '; echo; touch /tmp/left $1/built $2/cached $3/supplied $TMPDIR/temporary; pwd";
const LOOK_AGAIN: &str = "test -e /tmp/left && echo kept >&2; echo '{}'";

fn looking(staging: Staging) -> Staging {
    staging.buildpack("bp", &[DETECT, ("supply", LOOK), ("finalize", "true"), ("release", LOOK_AGAIN)])
}

fn assert_isolated(staging: &Staging, staged: &Staged) {
    assert_eq!(staged.code, Some(0), "{staged:?}");
    let root = staging.path("app").parent().unwrap().to_owned();
    // Of the host's temporary files the script sees the one folder that leads to the staging.
    let top = root.strip_prefix("/tmp").unwrap().components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
    let wanted = format!("network lo:\nloopback\n{top} \n{}\n", root.display());
    assert_eq!(staged.stdout, wanted, "{}", staged.stderr);
    assert!(staged.stderr.starts_with("kept\n"), "{}", staged.stderr);
    assert!(staging.droplet().contains(&"./app/built".to_owned()));
    assert!(staging.droplet().contains(&"./deps/supplied".to_owned()));
    assert!(staging.cache().contains(&"./final/cached".to_owned()));
    assert_eq!(names(&staging.path("tmp")), [""; 0]);
    assert!(!Path::new("/tmp/left").exists());
}

#[test]
fn isolated_scripts_have_no_network_and_a_tmp_of_their_own() {
    require_root();
    let staging = looking(Staging::at(tempfile::tempdir_in("/tmp").unwrap()));
    assert_isolated(&staging, &staging.stage(&["--isolate"]));
}

#[test]
fn isolation_works_for_an_ordinary_user() {
    require_root();
    let staging = looking(Staging::at(tempfile::tempdir_in("/tmp").unwrap())).variable("STAGE_ISOLATE", "1");
    let staged = as_nobody(&staging, &[]);
    assert_isolated(&staging, &staged);
}

/// Runs the builder as a user without rights.
fn as_nobody(staging: &Staging, flags: &[&str]) -> Staged {
    let program = staging.path("stage");
    // Not by ourselves: a process that another test starts meanwhile would hold the file open for writing.
    let copy = Command::new("install").args(["-m", "755", env!("CARGO_BIN_EXE_stage")]).arg(&program).status().unwrap();
    assert!(copy.success());
    staging.stage_below(&["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], &program, flags)
}

#[test]
fn folders_that_scripts_made_read_only_are_removed() {
    require_root();
    let locks = "for at in $3 /tmp; do mkdir -p $at/locked/in; touch $at/locked/in/file; chmod 555 $at/locked/in $at/locked; \
                 done; chmod 0 $3/locked/in; exit 1";
    for flags in [&["-isolate"][..], &[]] {
        let script = if flags.is_empty() { locks.replace(" /tmp", "") } else { locks.to_owned() };
        let staging = Staging::new().buildpack("bp", &[DETECT, ("finalize", &script)]);
        assert_eq!(as_nobody(&staging, flags).code, Some(223));
        assert_eq!(names(&staging.path("tmp")), [""; 0]);
    }
}

#[test]
fn root_cannot_undo_the_isolation() {
    require_root();
    let undo = "mount -o remount,rw ${0%/bin/*} && echo remounted; nsenter -t $PPID -n true && echo reentered; \
                ls /proc/$PPID/root/tmp >/dev/null && echo reached; true";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", undo), RELEASE]);
    let staged = staging.stage(&["-isolate"]);
    assert_eq!((staged.code, staged.stdout.as_str()), (Some(0), ""), "{staged:?}");
}

#[test]
fn a_kernel_that_refuses_isolation_stops_staging_before_any_script() {
    let staging = Staging::new().buildpack("bp", &[("detect", "touch $1/ran"), ("compile", "true"), RELEASE]);
    let refuse = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-sys_admin \"$@\"";
    let wrapper = ["unshare", "-Ur", "sh", "-c", refuse, "sh"];
    let staged = staging.stage_below(&wrapper, Path::new(env!("CARGO_BIN_EXE_stage")), &["-isolate"]);
    assert_eq!(staged.code, Some(1), "{staged:?}");
    let wanted = "Failed to isolate buildpack scripts (-isolate, STAGE_ISOLATE): the kernel refused unshare(CLONE_NEWUSER | \
                  CLONE_NEWNS | CLONE_NEWNET): no space left on device; see the sysctls user.max_user_namespaces, ";
    assert!(staged.stderr.starts_with(wanted), "{}", staged.stderr);
    assert!(!staging.path("app/ran").exists());
    assert_eq!(staging.left(), [""; 0]);
}

#[test]
fn isolated_scripts_that_cannot_start_are_told_as_the_original_does() {
    require_root();
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", "true")]);
    let staged = staging.stage(&["-isolate"]);
    let release = staging.buildpack_folder("bp").join("bin/release");
    assert_eq!(staged.code, Some(224), "{staged:?}");
    let wanted =
        format!("Failed to build droplet release: fork/exec {}: no such file or directory\n", release.display());
    assert_eq!(staged.stderr, wanted);
}

#[test]
fn an_isolated_script_ends_with_a_killed_builder() {
    require_root();
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", ENDLESS)]);
    let mut builder = staging.start(&["-isolate"], "pid");
    builder.kill().unwrap();
    builder.wait().unwrap();
    wait_for_the_end(&staging);
    assert!(staging.path("app/pid").exists(), "only temporary folders are removed");
}
