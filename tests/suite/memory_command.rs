//! `stage memory`: any calculator, any limit, any profile; and the program of a droplet that does the same at the start.

use std::process::Command;

use fs_err as fs;
use serde_json::Value;

use crate::support::{BootJar, Done, World, fixture};

const MIB: i64 = 1 << 20;

/// The answer for one limit, which may be that it does not fit.
#[track_caller]
fn explained(world: &World, more: &[&str]) -> (Value, Option<i32>) {
    let done =
        Done::of(world.command().arg("memory").arg(fixture("zipkin")).args(["--jre", "17", "--json"]).args(more));
    assert!(matches!(done.code, Some(0 | 1)), "{done:?}");
    (done.json(), done.code)
}

fn switches(answer: &Value) -> Vec<&str> {
    let regions = answer["limits"][0]["regions"].as_array().unwrap();
    regions.iter().map(|region| region["switch"].as_str().unwrap()).filter(|switch| !switch.is_empty()).collect()
}

#[test]
fn every_calculator_explains_what_the_image_would_do() {
    let world = World::with_jre();
    for (name, input, fits) in [
        ("fit", "estimated from those and the runtime's", true),
        ("libjvm", "35 of 100 in the application and the runtime", false),
        ("v2", "35 of 100 in the application and the runtime", true),
        ("v3", "35 of 100 in the application and the runtime", false),
        ("v4", "35 of 100 in the application and the runtime", false),
    ] {
        let (small, code) = explained(&world, &["--limit", "256M", "--memory-calculator", name]);
        assert_eq!((small["limits"][0]["fits"].as_bool(), code), (Some(fits), Some(i32::from(!fits))), "{name}");
        assert_eq!((small["calculator"].as_str(), small["in_image"].as_bool()), (Some(name), Some(true)));
        assert_eq!(small["loaded_classes"]["origin"], input, "{name}");
        if !fits {
            let least = small["limits"][0]["would_fit_with"]["limit"].as_i64().unwrap();
            let at = |limit: i64| explained(&world, &["--limit", &limit.to_string(), "--memory-calculator", name]).1;
            assert_eq!((at(least), at(least - MIB)), (Some(0), Some(1)), "{name}: {least}");
        }
        // What it says is what the launcher of an image with this calculator is told to do.
        let (large, _) = explained(&world, &["--limit", "1G", "--memory-calculator", name]);
        let report = Done::of(world.command().arg(fixture("zipkin")).args([
            "--jre",
            "17",
            "--json",
            "--compression",
            "none",
            "-o",
            "oci:out",
            "--memory-calculator",
            name,
        ]));
        let report = report.ok().json();
        let launcher = report["memory"]["examples"]["1G"].as_str().unwrap();
        for switch in switches(&large) {
            assert!(launcher.contains(switch), "{name}: {switch} is not in {launcher}");
        }
    }
    let (off, code) = explained(&world, &["--limit", "64M", "--memory-calculator", "off"]);
    assert_eq!(
        (off["limits"].as_array().map(Vec::len), off["in_image"].as_bool(), code),
        (Some(0), Some(false), Some(0))
    );
    let unknown = world.run(["memory", "x.jar", "--limit", "1G", "--memory-calculator", "v9"]);
    unknown.failed(2, &["`v9` is none of fit, libjvm, v2, v3, v4, off"]);
    let uncounted = Done::of(
        world
            .command()
            .arg("memory")
            .arg(fixture("zipkin"))
            .args(["--java", "17", "--limit", "1G"])
            .args(["--memory-calculator", "v4"]),
    );
    uncounted.failed(2, &["`--java` counts no classes of a runtime", "`--jre 17`"]);
}

#[test]
fn an_image_says_what_its_plan_said() {
    let world = World::new();
    let jar = BootJar::new().write(&world.path("app.jar"));
    for calculator in ["fit", "v2"] {
        let options = ["--memory-calculator", calculator, "-o", "oci:out:v1", "-o", "oci-archive:out.tar"];
        world.stage(&jar, options);
        let limits = ["--limit", "512M", "--limit", "1G", "--json"];
        let plan = ["memory", "app.jar", "--memory-calculator", calculator];
        let planned = Done::of(world.command().args(plan).args(limits)).json();
        for image in ["oci:out:v1", "oci:out", "out", "oci-archive:out.tar", "out.tar"] {
            let read = Done::of(world.command().args(["memory", image]).args(limits)).json();
            for field in ["calculator", "in_image", "limits", "profile"] {
                assert_eq!(read[field], planned[field], "{image}: {field}");
            }
            for field in ["java", "application_classes", "likely_classes", "runtime_classes", "threads"] {
                assert_eq!(read[field]["value"], planned[field]["value"], "{image}: {field}");
            }
        }
    }
    world.run(["memory", "oci:out", "--jre", "17"]).failed(2, &["--jre"]);
    world.run(["memory", "oci:out", "--java", "17"]).failed(2, &["--java"]);
    world.run(["memory", "oci:nowhere"]).failed(1, &["nowhere"]);
    world.stage(&jar, ["--memory-calculator", "off", "-o", "oci:off"]);
    assert_eq!(world.run(["memory", "oci:off", "--json"]).ok().json()["in_image"], false);
}

#[test]
fn without_a_limit_it_is_the_platforms_default() {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    let told = world.run(["memory", "app.jar"]).ok().stdout;
    assert!(told.contains("\nlimit 1G\n") && told.contains("No `--limit` was given: 1G"), "{told}");
    let document = world.run(["memory", "app.jar", "--json"]).ok().json();
    assert_eq!(
        (document["limits"].as_array().unwrap().len(), &document["limits"][0]["limit"]),
        (1, &Value::from(1 << 30))
    );
}

#[test]
fn what_the_user_fixes_is_left_alone_region_by_region() {
    let world = World::with_jre();
    for (options, kept, calculated) in [
        ("-Xmx100m", "-Xmx100M", "-XX:MaxMetaspaceSize="),
        ("-XX:MaxMetaspaceSize=90m", "-XX:MaxMetaspaceSize=90M", "-Xmx"),
        ("-XX:ReservedCodeCacheSize=60m", "-XX:ReservedCodeCacheSize=60M", "-Xmx"),
        ("-Xss2m", "-Xss2M", "-Xmx"),
        ("-XX:MaxDirectMemorySize=20m", "-XX:MaxDirectMemorySize=20M", "-Xmx"),
        ("-XX:MaxRAMPercentage=25.0", "-Xmx128M", "-XX:MaxMetaspaceSize="),
    ] {
        let (answer, _) = explained(&world, &["--limit", "512M", "--jvm-options", options]);
        let found = switches(&answer);
        assert!(found.contains(&kept), "{options}: {found:?}");
        assert!(found.iter().any(|switch| switch.starts_with(calculated)), "{options}: {found:?}");
        let sum = answer["limits"][0]["sum"].as_i64();
        assert_eq!(sum, Some(512 * MIB), "{options}: {answer}");
    }
    let broken = Done::of(world.command().arg("memory").arg(fixture("zipkin")).args([
        "--limit",
        "1G",
        "--jvm-options",
        "-Xmx99999999999999999999g",
    ]));
    broken.failed(2, &["`--jvm-options`: "]);
}

/// From next to nothing to more than there is.
#[test]
fn any_limit_has_an_answer() {
    let world = World::with_jre();
    for (limit, fits) in [("1b", false), ("32M", false), ("1.5GiB", true), ("64T", true), ("8000000T", true)] {
        let (answer, _) = explained(&world, &["--limit", limit]);
        assert_eq!(answer["limits"][0]["fits"], fits, "{limit}: {answer}");
        if !fits {
            let least = answer["limits"][0]["would_fit_with"]["limit"].as_i64().unwrap();
            assert!((100..300).contains(&(least / MIB)), "{limit}: {answer}");
        }
    }
    for (limit, why) in [
        ("-1G", "a size such as 512M or 1.5G is needed"),
        ("lots", "a size such as 512M"),
        ("", "a size such as 512M"),
        ("0", "a size such as 512M"),
        ("1.5.2G", "a size such as 512M"),
        ("512", "did you mean 512M?"),
        ("99999999999999999999", "no size is that large"),
    ] {
        let refused = Done::of(world.command().arg("memory").arg(fixture("zipkin")).args([format!("--limit={limit}")]));
        refused.failed(2, &["--limit", why]);
    }
}

/// What is wrong with a profile is said; sizes are then those without it.
#[test]
fn profiles_that_are_of_no_use() {
    let world = World::with_jre();
    let jar = BootJar::new().write(&world.path("app.jar"));
    let jar = jar.to_str().unwrap();
    let ask =
        |more: &[&str]| Done::of(world.command().args(["memory", jar, "--jre", "17", "--limit", "512M"]).args(more));
    let plain = ask(&["--json"]).ok().json();
    let beside = world.path("app.jar.memory-profile");
    let numbers = "classes=9000 metaspace=50000000 code=20000000 live=20000000 direct=1000000 threads=40 \
                   stacks=4000000 native=30000000 files=20000000";
    let other = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    for (text, said) in [
        ("\u{0}\u{1}\u{2}".to_owned(), "is not used: "),
        (format!("application = \"{other}\"\nprofiles = [\"java=17 {numbers}\"]\n"), "it is of another build"),
        ("profiles = []\n".to_owned(), "missing field `application`"),
    ] {
        fs::write(&beside, &text).unwrap();
        let found = ask(&["--json"]).ok().json();
        assert_eq!(found["limits"], plain["limits"], "{text}");
        let notes = found["notes"].to_string();
        assert!(notes.contains("The memory profile `") && notes.contains(said), "{notes}");
        assert!(ask(&[]).ok().stdout.contains(said), "{text}");
    }
    fs::remove_file(&beside).unwrap();
    fs::create_dir(&beside).unwrap();
    assert_eq!(ask(&["--json"]).ok().json()["limits"], plain["limits"]);
    fs::remove_dir(&beside).unwrap();
    ask(&["--memory-profile", "nowhere"]).failed(1, &["`nowhere` is no memory profile: there is no such file"]);
    let java = Done::of(world.command().args(["memory", jar, "--java", "17", "--limit", "512M"]));
    assert!(!java.ok().stdout.contains("profile"));
    for more in [["--java", "17"], ["--jre", "17"]] {
        let done =
            Done::of(world.command().args(["memory", jar, "--limit", "1G", "--memory-profile", "nowhere"]).args(more));
        done.failed(1, &["`nowhere` is no memory profile"]);
    }
    fs::write(world.path("broken"), "java=17").unwrap();
    ask(&["--memory-profile", "broken"]).failed(1, &["`broken` is no memory profile: "]);
}

/// The start command of a droplet with a calculator of ours calculates what `stage memory` says, and Java takes it.
#[test]
fn a_droplet_may_have_any_calculator() {
    let world = World::with_jre();
    let run = |name: &str| {
        Done::of(
            world
                .command()
                .arg(fixture("zipkin"))
                .args(["-o", "droplet:droplet.tgz", "--json"])
                .args(["--memory-calculator", name]),
        )
    };
    let own = Done::of(world.command().arg(fixture("zipkin")).args(["-o", "droplet:own.tgz", "--json"])).ok().json();
    assert_eq!(
        run("v4").ok().json()["droplet"]["sha256"],
        own["droplet"]["sha256"],
        "the generation's own is the default"
    );
    let fitted = run("fit").ok().json();
    let command = fitted["droplet"]["processes"]["web"].as_str().unwrap();
    let path = "jre/bin/java-buildpack-memory-calculator-fit";
    assert!(command.starts_with(&format!("CALCULATED_MEMORY=$($DEPS_DIR/0/{path} --total-memory=$MEMORY_LIMIT ")));
    let home = world.path("home");
    fs::create_dir(&home).unwrap();
    let unpacked = Command::new("tar").args(["-xzf", "droplet.tgz", "-C", "home"]).current_dir(world.path("")).status();
    assert!(unpacked.unwrap().success());
    let (calculate, _) = command.split_once(" && ").unwrap();
    let mut shell = world.clean("bash");
    shell.args(["-c", &format!("{calculate}; echo \"$CALCULATED_MEMORY\"")]);
    shell.env("DEPS_DIR", home.join("deps")).env("MEMORY_LIMIT", "512m").env("JAVA_OPTS", "-Xss1m");
    let said = Done::of(&mut shell).ok();
    assert!(said.stdout.starts_with("-XX:MaxDirectMemorySize=") && !said.stdout.contains("-Xss"), "{said:?}");
    let java = home.join("deps/0/jre/bin/java");
    let mut java = world.clean(java);
    Done::of(java.args(said.stdout.split_whitespace()).arg("-version")).ok();
    let off = run("off").ok().json();
    assert!(!off["droplet"]["processes"]["web"].as_str().unwrap().contains("CALCULATED_MEMORY"));
}
