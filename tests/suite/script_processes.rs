//! Scripts that fight the builder for their lives: whatever they stop, fork or ignore, they end at the time limit with all
//! they started, as root and as an ordinary user, isolated or not, and where the kernel refuses PID namespaces.

use std::process::Command;
use std::time::{Duration, Instant};

use fs_err as fs;

use crate::support::{Staged, Staging, names, require_root};

const DETECT: (&str, &str) = ("detect", "echo found");
const RELEASE: (&str, &str) = ("release", "echo '{}'");

/// What fights. Each is an endless `compile`.
const FIGHTS: [(&str, &str); 8] = [
    ("stops its parent", "kill -STOP $PPID; sleep 1000"),
    ("keeps stopping its parent", "setsid sleep 1000 & while :; do kill -STOP $PPID; done"),
    ("stops its group", "setsid sleep 1000 & kill -STOP 0; sleep 1000"),
    ("stops its grandparent", "kill -STOP $(awk '{print $4}' /proc/$PPID/stat); sleep 1000"),
    (
        "ignores SIGTERM, far away",
        "setsid bash -c \"trap '' TERM; while :; do sleep 0.05; done\" & (setsid setsid sleep 1000 &); wait",
    ),
    ("kills its parent", "setsid sleep 1000 & kill -KILL $PPID; sleep 1000"),
    // Each generation is a new session, and gone before it can be listed.
    (
        "forks and exits",
        "setsid python3 -c 'import os\nwhile True:\n  if os.fork(): os._exit(0)\n  os.setsid()' & sleep 1000",
    ),
    ("forks and exits in bash", "f() { (f &) ; }; export -f f; setsid bash -c 'f; f; f' & f; sleep 1000"),
];

/// Who runs the builder: the program before it, and whether it may have PID namespaces.
#[derive(Clone, Copy)]
enum Runner {
    Root,
    Nobody,
    /// Root in a container that is given none.
    Refused,
}

const NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const REFUSE: &str = "echo 0 > /proc/sys/user/max_pid_namespaces && exec \"$@\"";

/// Runs the builder.
fn stage(staging: &Staging, runner: Runner, flags: &[&str]) -> Staged {
    let program = staging.path("stage");
    // Not by ourselves: a process that another test starts meanwhile would hold the file open for writing.
    let copy = Command::new("install").args(["-m", "755", env!("CARGO_BIN_EXE_stage")]).arg(&program).status().unwrap();
    assert!(copy.success());
    let wrapper: &[&str] = match runner {
        Runner::Root => &["env"],
        Runner::Nobody => &NOBODY,
        Runner::Refused => &["unshare", "-Ur", "sh", "-c", REFUSE, "sh"],
    };
    staging.stage_below(wrapper, &program, flags)
}

fn assert_ends(fights: &[(&str, &str)], runner: Runner, isolated: bool) {
    require_root();
    for (what, compile) in fights {
        let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", compile), RELEASE]);
        let flags = ["-scriptTimeout=1s", "-isolate"];
        let started = Instant::now();
        let staged = stage(&staging, runner, &flags[..=usize::from(isolated)]);
        assert_eq!(staged.code, Some(223), "{what}: {staged:?}");
        assert!(started.elapsed() < Duration::from_mins(1), "{what}: {:?}", started.elapsed());
        assert_eq!(staging.running(), [""; 0], "{what}");
        assert_eq!(names(&staging.path("tmp")), [""; 0], "{what}");
        assert!(!staging.path("out/droplet").exists(), "{what}");
    }
}

#[test]
fn scripts_of_root_end_at_their_limit() {
    assert_ends(&FIGHTS, Runner::Root, false);
}

#[test]
fn isolated_scripts_of_root_end_at_their_limit() {
    assert_ends(&FIGHTS, Runner::Root, true);
}

#[test]
fn scripts_of_an_ordinary_user_end_at_their_limit() {
    assert_ends(&FIGHTS, Runner::Nobody, false);
}

#[test]
fn isolated_scripts_of_an_ordinary_user_end_at_their_limit() {
    assert_ends(&FIGHTS, Runner::Nobody, true);
}

#[test]
fn scripts_end_at_their_limit_where_there_are_no_pid_namespaces() {
    assert_ends(&FIGHTS, Runner::Refused, false);
    assert_ends(&FIGHTS[..2], Runner::Refused, true);
}

#[test]
fn what_forks_and_exits_does_not_outlive_its_script() {
    require_root();
    let (_, forks) = FIGHTS[6];
    let forks = forks.replace("& sleep 1000", "&");
    for runner in [Runner::Root, Runner::Nobody, Runner::Refused] {
        let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", &forks), RELEASE]);
        let staged = stage(&staging, runner, &[]);
        assert_eq!(staged.code, Some(0), "{staged:?}");
        assert_eq!(staging.running(), [""; 0]);
    }
}

#[test]
fn what_is_kept_of_a_scripts_output_has_a_limit() {
    let much = |text: &str| format!("head -c 300000000 /dev/zero{text}");
    let compile = ("compile", "true");
    for (code, phase, scripts) in [
        (222, "detect", vec![("detect", much(""))]),
        (224, "release", vec![("detect", "echo x".to_owned()), ("release", much(""))]),
        (224, "release", vec![("detect", "echo x".to_owned()), ("release", much(" | tr '\\0' a; exit 1"))]),
    ] {
        let scripts: Vec<_> = scripts.iter().map(|(name, text)| (*name, text.as_str())).chain([compile]).collect();
        let staging = Staging::new().buildpack("bp", &scripts);
        let program = env!("CARGO_BIN_EXE_stage");
        let staged = staging.stage_below(&["prlimit", "--as=700000000"], program.as_ref(), &[]);
        assert_eq!(staged.code, Some(code), "{staged:?}");
        let said = format!("was ended in phase {phase}: it printed more than 262144 bytes\n");
        assert!(staged.stderr.contains(&said), "{}", staged.stderr);
        assert_eq!(names(&staging.path("tmp")), [""; 0]);
    }
}

#[test]
fn what_is_only_shown_is_not_kept() {
    let lots = "head -c 300000000 /dev/zero; head -c 300000000 /dev/zero >&2";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", lots), RELEASE]);
    let mut command = Command::new("prlimit");
    let builder = staging.builder(&[]);
    command.arg("--as=700000000").arg(builder.get_program()).args(builder.get_args()).env_clear();
    command.envs(builder.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(staging.path(""));
    let null = || std::fs::File::create("/dev/null").unwrap();
    let status = command.stdout(null()).stderr(null()).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn what_detect_prints_up_to_the_limit_is_the_name() {
    let staging = Staging::new()
        .buildpack("bp", &[("detect", "head -c 262144 /dev/zero | tr '\\0' a"), ("compile", "true"), RELEASE]);
    let staged = staging.stage(&[]);
    assert_eq!(staged.code, Some(0), "{staged:?}");
    let name = staging.result()["lifecycle_metadata"]["detected_buildpack"].as_str().unwrap().len();
    assert_eq!(name, 262_144);
}

#[test]
fn temporary_folders_of_killed_builders_are_removed_by_the_next() {
    require_root();
    let compile = "echo $$ > $1/pid; sleep 1000";
    let staging = Staging::new().buildpack("bp", &[DETECT, ("compile", compile), RELEASE]);
    let mut builder = staging.start(&["-isolate"], "pid");
    // All at once, the builder first, so that nobody cleans up.
    let running = staging.running();
    let pids = running.iter().map(|process| process.split(' ').next().unwrap().to_owned());
    drop(Command::new("kill").args(["-KILL", &builder.id().to_string()]).args(pids).status());
    builder.wait().unwrap();
    assert_eq!(names(&staging.path("tmp")).len(), 2, "{:?}", names(&staging.path("tmp")));
    // Somebody else's, and of the original, which locks nothing.
    let others = ["contents000000000000000001", "contents1234567890"];
    for name in others {
        fs::create_dir(staging.path("tmp").join(name)).unwrap();
    }
    std::os::unix::fs::chown(staging.path("tmp").join(others[0]), Some(65534), None).unwrap();
    let next = Staging::new().buildpack("bp", &[DETECT, ("compile", "true"), RELEASE]);
    let next = next.variable("TMPDIR", &staging.path("tmp").display().to_string());
    assert_eq!(next.stage(&[]).code, Some(0));
    assert_eq!(names(&staging.path("tmp")), others);
}
