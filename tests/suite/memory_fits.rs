//! The launcher's `fit` in containers as small as it says will do: the real Zipkin jar, under some load.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::support::judges::Podman;
use crate::support::{Done, World, fixture, require_root, wheel};

/// Exit code of the launcher when it cannot launch.
const REFUSED: &str = "82 false";

/// Zipkin's image `oci:zipkin:v1` with the runtime of this version.
fn staged(world: &World, version: &str) {
    let (file, prefix) = wheel(version);
    let file = file.to_str().unwrap();
    world.run(["dependency", "add", file, "--id", "tried", "--version", version, "--prefix", prefix]).ok();
    let jre = format!("tried@{version}");
    Done::of(world.command().arg(fixture("zipkin")).args([
        "--jre",
        &jre,
        "--compression",
        "none",
        "-o",
        "oci:zipkin:v1",
    ]))
    .ok();
}

/// The least limit of `stage memory`, MB.
fn least_limit(world: &World, java: &str) -> u64 {
    let done = Done::of(world.command().args(["memory", "--limit", "64M", "--java", java]).arg(fixture("zipkin")));
    let told = done.stdout.split("a memory limit of at least ").nth(1).expect(&done.stdout);
    told.split_once('M').and_then(|(number, _)| number.parse().ok()).expect(&done.stdout)
}

/// Just below the least limit it is refused, and told which would do; with that it starts, answers eight at a time,
/// and is not killed.
#[track_caller]
fn assert_least_limit_holds(version: &str, java: &str) {
    require_root();
    let world = World::with_jre();
    staged(&world, version);
    let least = least_limit(&world, java);
    assert!((96..=224).contains(&least), "{least}M");
    let podman = Podman::open();

    let small = format!("{}m", least - 1);
    let refused = podman.start_within(&world, &small, "oci:zipkin:v1", "PORT", &[]);
    assert_eq!(refused.ended(), REFUSED, "{}", refused.log());
    let wanted = format!("a memory limit of at least {least}M");
    assert!(refused.log().contains(&wanted), "{}", refused.log());

    let enough = format!("{least}m");
    let container = podman.start_within(&world, &enough, "oci:zipkin:v1", "PORT", &[]);
    assert_eq!(container.healthy()["status"], "UP");
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let answer: Value = container.answer("/health");
                    assert_eq!(answer["status"], "UP");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(answered.into_inner(), 80);
    let log = container.log();
    let line = container.memory_line();
    assert!(line.contains(&format!("Total Memory: {least}M")) && line.contains("-XX:TieredStopAtLevel=1"), "{line}");
    assert!(log.contains("fitted: C1 only, stacks of 512K"), "{log}");
    assert_eq!(container.inspect("{{.State.Status}} {{.State.OOMKilled}}"), "running false", "{log}");
    assert_eq!(container.stop(), "143 false", "{log}");
}

#[test]
fn zipkin_runs_in_the_least_limit_on_java_17() {
    assert_least_limit_holds("17.0.9", "17");
}

#[test]
fn zipkin_runs_in_the_least_limit_on_java_25() {
    assert_least_limit_holds("25.0.4", "25");
}
