//! Real JVMs take the switches as they are meant.

use memcalc::fit::{Classes, Facts};
use memcalc::libjvm::{Regions, Request};
use memcalc::{fit, size};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// The JVM rounds its heap up to whole regions of the collector, at most so large.
const HEAP_REGION: i64 = 4 * size::MEBI;
/// The JVM rounds metaspace down to its own granule.
const METASPACE_GRANULE: i64 = 64 * size::KIBI;

/// Value of a flag in the JVM's list of final flags.
fn flag(list: &str, name: &str) -> i64 {
    let line = list.lines().find(|line| line.split_whitespace().nth(1) == Some(name));
    let value = line.and_then(|line| line.split_whitespace().nth(3));
    value.unwrap_or_else(|| panic!("no flag {name}")).parse().unwrap()
}

fn final_flags(home: &Path, switches: &[String]) -> String {
    let output = Command::new(home.join("bin/java"))
        .args(switches)
        .args(["-XX:+PrintFlagsFinal", "-version"])
        .env_remove("JAVA_TOOL_OPTIONS")
        .output()
        .unwrap();
    assert!(output.status.success(), "{switches:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The flags `jcmd` reads from a running JVM; `None` without jcmd.
fn running_flags(home: &Path, switches: &[String]) -> Option<String> {
    let jcmd = home.join("bin/jcmd");
    if !jcmd.exists() {
        return None;
    }
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("Wait.java");
    let code = r#"class Wait { public static void main(String[] a) throws Exception { System.out.println("ready"); System.in.read(); } }"#;
    std::fs::write(&source, code).unwrap();
    let mut running = Command::new(home.join("bin/java"))
        .args(switches)
        .arg(&source)
        .env_remove("JAVA_TOOL_OPTIONS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = Command::new(&jcmd).args([&running.id().to_string(), "VM.flags"]).output().unwrap();
    // It ends with its standard input.
    drop(running.stdin.take());
    assert!(running.wait().unwrap().success(), "{switches:?}: {line}");
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Value of a flag in `VM.flags`.
fn running_flag(list: &str, name: &str) -> i64 {
    let prefix = format!("-XX:{name}=");
    let value = list.split_whitespace().find_map(|word| word.strip_prefix(&prefix));
    value.unwrap_or_else(|| panic!("no flag {name} in {list}")).parse().unwrap()
}

fn assert_as_asked(regions: &Regions, flag: impl Fn(&str) -> i64) {
    let beyond = flag("MaxHeapSize") - regions.heap.bytes;
    assert!((-size::KIBI..HEAP_REGION).contains(&beyond), "heap {beyond}");
    let below = regions.metaspace.bytes - flag("MaxMetaspaceSize");
    assert!((0..METASPACE_GRANULE).contains(&below), "metaspace {below}");
    assert_eq!(flag("ReservedCodeCacheSize"), regions.code_cache.bytes);
    assert_eq!(flag("MaxDirectMemorySize"), regions.direct.bytes);
    assert_eq!(flag("ThreadStackSize") * size::KIBI, regions.stack.bytes);
}

#[test]
fn jvms_at_hand_start_with_the_switches_and_mean_the_same() {
    for home in crate::jvms::homes() {
        for mebi in [256, 512, 1024, 4096] {
            let (total, classes) = (mebi * size::MEBI, Classes::Loaded(9_000));
            let facts = Facts {
                total,
                head_room: 0,
                threads: 50,
                classes,
                java: None,
                profile: None,
                options: memcalc::fit::Options::default(),
            };
            let plan = fit::plan(&Request::default(), &facts).unwrap();
            let regions = plan.regions;
            let mut switches = regions.calculated_switches();
            switches.extend(fit::more_switches(&plan, ""));
            let list = final_flags(&home, &switches);
            assert_as_asked(&regions, |name| flag(&list, name));
            let running = running_flags(&home, &switches);
            if let Some(list) = &running {
                assert_as_asked(&regions, |name| running_flag(list, name));
            }
            let source = if running.is_some() { "PrintFlagsFinal and jcmd VM.flags" } else { "PrintFlagsFinal" };
            println!("{}, {mebi}M: as asked, says {source}", home.display());
        }
    }
}
