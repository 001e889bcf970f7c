//! The program: names it may be called by, defects kept and mended, explanations.

use serde_json::Value;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output};

fn run(name: &str, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_memcalc")).arg0(name).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_name_decides_the_generation() {
    let v4 = ["--total-memory=1G", "--loaded-class-count=1000", "--thread-count=10"];
    let v3 = ["-totMemory=1g", "-loadedClasses=1000", "-stackThreads=10", "-poolType=metaspace"];
    let v2 = ["-totMemory=1g", "-memoryWeights=heap:1"];
    for (name, args, expected) in [
        ("java-buildpack-memory-calculator", &v4[..], "-XX:MaxDirectMemorySize=10M"),
        ("/opt/java-buildpack-memory-calculator-4.2.0", &v4, "-XX:MaxDirectMemorySize=10M"),
        ("./java-buildpack-memory-calculator-3.13.0_RELEASE", &v3, "-Xmx763000K"),
        ("java-buildpack-memory-calculator-2.0.2_RELEASE", &v2, "-Xmx1G"),
    ] {
        let output = run(name, args);
        assert!(text(&output.stdout).starts_with(expected), "{name}: {output:?}");
    }
}

#[test]
fn usage_names_the_program_as_it_was_called() {
    let output = run("./java-buildpack-memory-calculator", &["--help"]);
    assert!(text(&output.stderr).starts_with("Usage of ./java-buildpack-memory-calculator:\n      --head-room int"));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn defects_are_mended_on_request() {
    let v2 = ["-totMemory=1g", "-memoryWeights=heap:1", "-memoryInitials=permgen:50%"];
    let call = |args: &[&str]| {
        let output = run("memcalc", args);
        (output.status.code().unwrap(), text(&output.stdout).to_owned(), text(&output.stderr).to_owned())
    };
    assert_eq!(call(&[&["v2"], &v2[..]].concat()).0, 2);
    assert_eq!(call(&[&["v2", "--compat"], &v2[..]].concat()).0, 2);
    let (code, _, stderr) = call(&[&["v2", "--mended"], &v2[..]].concat());
    assert_eq!((code, stderr.contains("permgen")), (1, true));

    let v3 = ["-totMemory=1g", "-loadedClasses=1000", "-stackThreads=10", "-poolType=metaspace", "-vmOptions=-Xmx9g"];
    assert_eq!(call(&[&["v3"], &v3[..]].concat()).0, 0);
    assert_eq!(call(&[&["--mended", "v3"], &v3[..]].concat()).0, 1);

    let (_, stdout, stderr) = call(&["v4", "--mended", "--head-room=5%"]);
    assert_eq!(stdout, "");
    assert!(stderr.starts_with("invalid argument \"5%\" for"), "{stderr}");
}

#[test]
fn explanations_show_regions_or_what_would_do() {
    let output = run("memcalc", &["explain", "--limit", "512M", "--threads=50", "--classes", "35000"]);
    let shown = text(&output.stdout);
    assert!(shown.contains("\nFitted: ") && shown.contains("\nFrom a limit of "), "{shown}");
    assert_eq!(output.status.code(), Some(0));

    let output = run("memcalc", &["explain", "--limit", "100M", "--classes", "10000"]);
    assert!(text(&output.stdout).contains("\n  limit: a memory limit of at least "), "{}", text(&output.stdout));
    assert_eq!(output.status.code(), Some(1));

    let args = ["explain", "--limit=512M", "--classes=35000", "--original", "--json"];
    let output = run("memcalc", &args);
    assert_eq!(output.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["fits"], false);
    assert_eq!(json["would_fit_with"]["threads"], 55);
    assert_eq!(json["regions"][1]["switch"], "-XX:MaxMetaspaceSize=211914K");
}

#[test]
fn wrong_commands_are_usage_errors() {
    for args in [&[][..], &["v5"], &["count"], &["count", "a", "--as", "x"], &["explain"], &["libjvm", "--x"]] {
        assert_eq!(run("memcalc", args).status.code(), Some(2), "{args:?}");
    }
}
