//! Errors for programs: one document, a stable code, an exit code by class.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{BootJar, Done, JavaBuildpack, World};

fn failed(world: &World, args: &[&str]) -> (Value, Option<i32>) {
    let done = Done::of(world.command().args(args).arg("--json"));
    assert!(done.stderr.contains("error: "), "people are told as well: {done:?}");
    (done.json(), done.code)
}

#[test]
fn every_class_has_its_code_and_exit_code() {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    fs::write(world.path("text.txt"), "no application").unwrap();
    fs::write(world.path("empty.zip"), b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0").unwrap();
    fs::write(world.path("file"), "in the way").unwrap();
    let catalogue = |uri: &str| {
        format!("[[dependency]]\nid = \"far\"\nversion = \"1\"\nuri = \"{uri}\"\nsha256 = \"{}\"\n", "00".repeat(32))
    };
    fs::write(world.path("refused.toml"), catalogue("http://127.0.0.1:1/far.jar")).unwrap();
    let wrong = format!("sha256:{}", "00".repeat(32));
    let zeros = "00".repeat(32);
    let cases: [(&[&str], &str, i32); 15] = [
        (&["nowhere.jar"], "input.not-found", 1),
        (&["plan", "nowhere.jar"], "input.not-found", 1),
        (&["text.txt"], "input.format", 1),
        (&["inspect", "oci:nowhere"], "input.not-found", 1),
        (&["app.jar", "--base", "none", "--expect-digest", &wrong], "image.digest", 1),
        (&["app.jar", "--frobnicate"], "usage.arguments", 2),
        (&["app.jar", "--jre", "17 or so"], "usage.value", 2),
        (&["empty.zip"], "detect.nothing", 20),
        (&["app.jar", "--jre", "21"], "dependency.missing", 30),
        (&["app.jar", "--jre", "fake@18"], "dependency.unknown", 30),
        (&["dependency", "fetch", "far", "--catalogue", "refused.toml"], "network.unavailable", 31),
        (&["app.jar", "--base", "none", "-o", "oci:file/below"], "output.foreign", 1),
        (&["app.jar", "--base", "none", "-o", "oci-archive:/proc/nowhere/x"], "output.io", 40),
        (&["app.jar", "--cache-dir", "/proc/nowhere"], "cache.io", 40),
        (&["dependency", "add", "file", "--id", "x", "--version", "1", "--sha256", &zeros], "dependency.checksum", 41),
    ];
    for (args, code, exit) in cases {
        let (document, ended) = failed(&world, args);
        let error = &document["error"];
        assert_eq!((error["code"].as_str(), ended), (Some(code), Some(exit)), "{args:?}: {document}");
        assert_eq!(document["schema"], "stage.error/1");
        assert_eq!(error["exit_code"], exit);
        assert_eq!(error["retryable"], code == "network.unavailable", "{document}");
        assert!(!error["message"].as_str().unwrap().is_empty() && error["hints"].is_array(), "{document}");
    }
    assert!(!world.path("app.oci").exists());
}

#[test]
fn an_error_names_causes_hints_and_input() {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    let (document, _) = failed(&world, &["app.jar", "--jre", "21"]);
    let error = &document["error"];
    assert_eq!(error["input"], "app.jar");
    assert!(error["hints"][0].as_str().unwrap().contains("stage dependency fetch openjdk@21"), "{error}");
    let (document, _) = failed(&world, &["app.jar", "--base", "none", "-o", "oci-archive:/proc/nowhere/x"]);
    let causes = document["error"]["causes"].as_array().unwrap();
    assert!(causes.iter().any(|cause| cause.as_str().unwrap().contains("No such file")), "{document}");
}

#[test]
fn an_answer_that_is_a_failure_is_one_document() {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    let done = world.run(["memory", "app.jar", "--java", "17", "--limit", "20M", "--json"]);
    let document = done.json();
    assert_eq!((document["schema"].as_str(), done.code), (Some("stage.memory/1"), Some(1)));
    assert_eq!(document["limits"][0]["fits"], false);
    assert_eq!(document["error"]["code"], "memory.too-small");
    assert_eq!(document["error"]["input"], "app.jar");
}

#[test]
fn an_image_that_is_not_the_expected_one_leaves_no_droplet_either() {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    JavaBuildpack::new().write(&world.path("buildpack"));
    let both =
        ["app.jar", "--base", "none", "--buildpack", "buildpack", "-o", "oci:out", "-o", "droplet:out.tgz", "--json"];
    let wrong = format!("sha256:{}", "0".repeat(64));
    let expecting = |digest: &str| Done::of(world.command().args(both).args(["--expect-digest", digest]));
    expecting(&wrong).failed(1, &["nothing was published"]);
    assert!(!world.path("out").exists() && !world.path("out.tgz").exists());
    assert_eq!(world.leftovers(), Vec::<std::path::PathBuf>::new());
    let report = world.run(both).ok().json();
    assert!(world.path("out").exists() && world.path("out.tgz").exists());
    expecting(report["image"]["digest"].as_str().unwrap()).ok();
}

#[test]
fn a_report_goes_into_a_file_while_people_read() {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    let read = |name: &str| -> Value { serde_json::from_slice(&fs::read(world.path(name)).unwrap()).unwrap() };
    let done = world.run(["app.jar", "--base", "none", "-o", "oci:out", "--report", "report.json"]).ok();
    assert!(done.stdout.contains("image sha256:"), "{done:?}");
    let report = read("report.json");
    assert_eq!(report["schema"], "stage.report/1");
    let digest = report["image"]["digest"].as_str().unwrap();
    let args = ["app.jar", "--base", "none", "-o", "oci:again", "-q", "--expect-digest", digest];
    world.run(args).ok();
    // An error replaces it, whole, and so does one of the command line.
    world.run(["nowhere.jar", "--report=report.json"]).failed(1, &["nowhere.jar"]);
    assert_eq!(read("report.json")["error"]["code"], "input.not-found");
    world.run(["app.jar", "--frobnicate", "--report", "report.json"]).failed(2, &["--frobnicate"]);
    assert_eq!(read("report.json")["error"]["code"], "usage.arguments");
    assert_eq!(world.leftovers(), Vec::<std::path::PathBuf>::new());
    // What is no file is left alone.
    world.run(["detect", "app.jar", "--report", "out"]).failed(2, &["`out` is a"]);
    world.run(["detect", "app.jar", "--report", "/proc/nowhere/x"]).failed(40, &["Could not write `/proc/nowhere/x`"]);
}

#[test]
fn a_standard_output_that_is_full_is_an_error() {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    world.run(["app.jar", "--base", "none", "-o", "oci:image"]).ok();
    for (command, what) in [
        ("app.jar --base none --json", "the report"),
        ("app.jar --base none", "the report"),
        ("detect app.jar", "what was detected"),
        ("plan app.jar --base none", "the plan"),
        ("memory app.jar --limit 1G", "the division of memory"),
        ("inspect image", "what the image is"),
        ("dependency list", "what the dependency cache holds"),
        ("dependency verify", "what the dependency cache holds"),
        ("completions bash", "the completion script"),
        ("schema", "the schema"),
        ("schema report", "the schema"),
        ("man", "the manual page"),
        ("version", "the version"),
        ("--help", "the help"),
        ("help plan", "the help"),
    ] {
        let script = format!("\"$0\" {command} >/dev/full");
        let done = Done::of(world.clean("bash").arg("-c").arg(script).arg(world.program()));
        done.failed(40, &[&format!("Could not write {what} to standard output"), "No space left"]);
    }
    assert!(Path::new(&world.path("app.oci")).exists(), "the image was made before it was told");
}

#[test]
fn what_is_not_there_is_said_at_once_with_near_names() {
    let world = World::empty();
    BootJar::new().write(&world.path("app.jar"));
    let cases: [(&[&str], i32, &[&str]); 5] = [
        (&["app.jaar"], 1, &["There is no file or folder `app.jaar`", "`app.jar`"]),
        (&["plan", "app.jaar"], 1, &["There is no file or folder `app.jaar`", "`app.jar`"]),
        (&["detct"], 1, &["`stage detect`", "`stage help`"]),
        (&["app.jar", "b.jar"], 2, &["`b.jar` is one argument too many", "stage app.jar", "folder"]),
        (&["plann", "app.jar"], 2, &["`stage plan`"]),
    ];
    for (args, code, said) in cases {
        let done = world.run(args);
        done.failed(code, said);
        assert!(!done.stderr.contains("Java runtime") && !done.stderr.contains("metadata"), "{done:?}");
    }
    assert!(!world.cache().exists(), "nothing is made");
    world.run(["version"]).ok();
    assert!(world.run(["help", "plan"]).ok().stdout.contains("--explain"));
}

#[test]
fn options_have_variables_and_images_variables_class_and_arguments() {
    let world = World::new();
    let jar = BootJar::new().write(&world.path("app.jar"));
    let args = ["--env", "GREETING=hi", "-o", "oci:out", "--", "--server.port=1", "x"];
    let report = world.stage(&jar, args);
    assert_eq!(report["processes"][0]["args"], serde_json::json!(["--server.port=1", "x"]));
    let image = crate::support::Image::read(&world.path("out"));
    assert!(image.config["config"]["Env"].to_string().contains("GREETING=hi"), "{}", image.config);
    let report = world.report(&jar, ["-o", "oci:out"], |run| _ = run.env("STAGE_MAIN_CLASS", "demo.Main"));
    assert!(report["processes"][0]["command"].to_string().contains("demo.Main"), "{report}");
    assert_eq!(report["processes"][0]["args"], serde_json::json!([]), "another run has its own");
    let plan = Done::of(world.command().args(["plan", "app.jar"]).env("STAGE_JSON", "1").env("STAGE_BASE", "none"));
    assert_eq!(plan.ok().json()["base"]["value"], "none");
    world.run(["app.jar", "--env", "no value"]).failed(2, &["NAME=VALUE"]);
}

#[test]
fn a_runtime_that_is_too_old_is_named_as_such() {
    let world = World::new();
    BootJar::new().write(&world.path("app.jar"));
    world.run(["app.jar", "--jre", "11"]).failed(1, &["needs Java 17 or later", "--jre 17"]);
}
