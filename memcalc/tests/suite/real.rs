//! Real JVMs take the switches as they are meant.

use memcalc::libjvm::{Numbers, Request};
use memcalc::{fit, size};
use std::path::Path;
use std::process::Command;

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

#[test]
fn jvms_at_hand_start_with_the_switches_and_mean_the_same() {
    for home in crate::jvms::homes() {
        for mebi in [256, 512, 1024, 4096] {
            let numbers = Numbers { total: mebi * size::MEBI, threads: 50, classes: 31_500, head_room: 0 };
            let regions = fit::plan(&Request::default(), &numbers).unwrap().regions;
            let list = final_flags(&home, &regions.calculated_switches());
            let beyond = flag(&list, "MaxHeapSize") - regions.heap.bytes;
            assert!((-size::KIBI..HEAP_REGION).contains(&beyond), "heap {beyond}");
            let below = regions.metaspace.bytes - flag(&list, "MaxMetaspaceSize");
            assert!((0..METASPACE_GRANULE).contains(&below), "metaspace {below}");
            assert_eq!(flag(&list, "ReservedCodeCacheSize"), regions.code_cache.bytes);
            assert_eq!(flag(&list, "MaxDirectMemorySize"), regions.direct.bytes);
            assert_eq!(flag(&list, "ThreadStackSize") * size::KIBI, regions.stack.bytes);
        }
        println!("{}: as asked at 256M, 512M, 1G, 4G", home.display());
    }
}
