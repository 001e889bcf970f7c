//! Replays launches recorded from the lifecycle's launcher against ours, the real program, in a temporary folder.
//!
//! `/layers` and `/workspace` become folders there, in inputs and expectations alike.

#![expect(clippy::disallowed_methods, reason = "tests open files of their own")]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const PATH: &str = "/cnb/process:/cnb/lifecycle:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A folder that stands for the container's root.
struct Root(TempDir);

/// How a launch went.
#[derive(Debug)]
struct Outcome {
    exit: i64,
    stdout: String,
    stderr: String,
}

impl Root {
    fn new() -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(root.path("layers/config")).unwrap();
        fs::create_dir_all(root.path("workspace")).unwrap();
        root
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    /// Moves absolute paths of the image into this folder.
    fn moved(&self, text: &str) -> String {
        let at = self.0.path().to_str().unwrap();
        text.replace("/layers", &format!("{at}/layers")).replace("/workspace", &format!("{at}/workspace"))
    }

    fn write(&self, relative: &str, text: &str, mode: u32) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, self.moved(text)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn launch(&self, argv: &[String], variables: &[(String, String)]) -> Outcome {
        let (program, arguments) = argv.split_first().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_launcher"))
            .arg0(program)
            .args(arguments.iter().map(|argument| self.moved(argument)))
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (name, self.moved(value))))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Outcome {
            exit: output.status.code().unwrap().into(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn golden(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden/cnb-launch").join(name);
    fs::read_to_string(&path).unwrap()
}

fn cases(name: &str) -> Vec<Value> {
    golden(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn variables(value: &Value) -> Vec<(String, String)> {
    let object = value.as_object().unwrap();
    object.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn base(platform_api: &str) -> Vec<(String, String)> {
    [
        ("PATH", PATH),
        ("RUN_ENV", "from-run-image"),
        ("CNB_LAYERS_DIR", "/layers"),
        ("CNB_APP_DIR", "/workspace"),
        ("CNB_PLATFORM_API", platform_api),
        ("CNB_DEPRECATION_MODE", "quiet"),
        ("HOME", "/home/cnb"),
        ("PWD", "/workspace"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// The order of lines that list variables is random in the original.
fn sorted(text: &str) -> BTreeSet<&str> {
    text.lines().collect()
}

/// The image of two small shell buildpacks.
fn fixture() -> Root {
    let root = Root::new();
    root.write("layers/config/metadata.toml", &golden("fixture.metadata.toml"), 0o644);
    for (name, text) in [
        ("env/A.default", "one"),
        ("env/B.override", "two"),
        ("env/C.delim", ":"),
        ("env/C.prepend", "pre"),
        ("env/D.append", "app"),
        ("env/F", "bare"),
        ("env.launch/E.override", "w"),
        ("env.launch/web/E.override", "webonly"),
        ("env.build/A.override", "not at launch"),
        ("lib/x.so", "lib\n"),
        ("profile.d/p.sh", "export FROM_PROFILE=1\n"),
    ] {
        root.write(&format!("layers/test_a/launchonly/{name}"), text, 0o644);
    }
    for (name, text) in [
        ("bin/tool", "#!/bin/sh\necho tool\n"),
        ("exec.d/10-one", "#!/bin/sh\necho 'X_ONE = \"one\"' >&3\n"),
        ("exec.d/web/20-web", "#!/bin/sh\necho 'X_WEB = \"web\"' >&3\n"),
    ] {
        root.write(&format!("layers/test_a/launchonly/{name}"), text, 0o755);
    }
    symlink("tool", root.path("layers/test_a/launchonly/bin/alias")).unwrap();
    root.write("layers/test_a/all/env/G.override", "all", 0o644);
    root.write("layers/test_b/only/file", "b\n", 0o644);
    root
}

#[test]
fn two_shell_buildpacks() {
    let root = fixture();
    for case in cases("fixture.jsonl") {
        let mut environment = base(case["platform_api"].as_str().unwrap());
        environment.extend(variables(&case["env"]));
        let argv = strings(&case["argv"]);
        let outcome = root.launch(&argv, &environment);
        let name = format!("{} {} {outcome:#?}", case["platform_api"], case["name"]);
        let expected = root.moved(case["stdout"].as_str().unwrap());
        assert_eq!(outcome.exit, case["exit"].as_i64().unwrap(), "{name}");
        assert_eq!(sorted(&outcome.stdout), sorted(&expected), "{name}");
        assert_eq!(outcome.stdout.lines().count(), expected.lines().count(), "{name}");
        assert_eq!(outcome.stderr, case["stderr"].as_str().unwrap(), "{name}");
    }
}

/// The layers Paketo's Java buildpacks make for Zipkin, with our extension in place of their helpers.
fn java() -> Root {
    let root = Root::new();
    root.write(
        "layers/config/metadata.toml",
        r#"
[[buildpacks]]
id = "paketo-buildpacks/bellsoft-liberica"
version = "11.8.0"
api = "0.7"
[[buildpacks]]
id = "paketo-buildpacks/executable-jar"
version = "6.15.7"
api = "0.7"
[[processes]]
type = "web"
command = ["java"]
args = ["org.springframework.boot.loader.launch.JarLauncher"]
direct = true
buildpack-id = "paketo-buildpacks/executable-jar"
[stage]
memory = "libjvm"
"#,
        0o644,
    );
    let properties = "/layers/paketo-buildpacks_bellsoft-liberica/java-security-properties/java-security.properties";
    let security = format!("-Djava.security.properties={properties}");
    let liberica = "layers/paketo-buildpacks_bellsoft-liberica";
    for (name, text) in [
        ("java-security-properties/env.launch/JAVA_SECURITY_PROPERTIES.default", properties),
        ("java-security-properties/env.launch/JAVA_TOOL_OPTIONS.append", &security),
        ("java-security-properties/env.launch/JAVA_TOOL_OPTIONS.delim", " "),
        ("jre/env.launch/BPI_APPLICATION_PATH.default", "/workspace"),
        ("jre/env.launch/BPI_JVM_CLASS_COUNT.default", "19963"),
        ("jre/env.launch/BPI_APPLICATION_CLASS_COUNT.default", "63992"),
        ("jre/env.launch/BPL_JVM_THREAD_COUNT.default", "50"),
        ("jre/env.launch/JAVA_HOME.default", "/layers/paketo-buildpacks_bellsoft-liberica/jre"),
        ("jre/env.launch/JAVA_TOOL_OPTIONS.append", "-XX:+ExitOnOutOfMemoryError"),
        ("jre/env.launch/JAVA_TOOL_OPTIONS.delim", " "),
        ("jre/env.launch/MALLOC_ARENA_MAX.default", "2"),
        ("jre/lib/modules", ""),
    ] {
        root.write(&format!("{liberica}/{name}"), text, 0o644);
    }
    // Stands for the JVM: shows what it was given.
    root.write(&format!("{liberica}/jre/bin/java"), "#!/bin/sh\necho \"java $*\"\nexec env\n", 0o755);
    root.write("layers/paketo-buildpacks_executable-jar/classpath/env/CLASSPATH.prepend", "/workspace", 0o644);
    root.write("layers/paketo-buildpacks_executable-jar/classpath/env/CLASSPATH.delim", ":", 0o644);
    root
}

/// Options and lines of helpers other than the memory calculator; they are layers' exec.d programs, not the launcher's.
fn without_other_helpers(stdout: &str) -> String {
    let mut text = String::new();
    for line in stdout.lines() {
        let helper =
            ["Enabling Java Native", "Using readonly", "Adding 144", "Spring Cloud", "NMT_LEVEL_1=", "BPI_JVM_"];
        if helper.iter().any(|start| line.starts_with(start)) {
            continue;
        }
        let line = line.split(" -XX:+UnlockDiagnosticVMOptions").next().unwrap();
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[test]
fn java_memory() {
    let root = java();
    for case in cases("java.jsonl") {
        let mut environment = variables(&case["env_in"]);
        environment.push(("PWD".to_owned(), "/workspace".to_owned()));
        environment.push(("MEMORY_LIMIT".to_owned(), case["cgroup_limit"].as_str().unwrap().to_owned()));
        environment.push(("BPL_JVM_MEMORY".to_owned(), "libjvm".to_owned()));
        let outcome = root.launch(&strings(&case["argv"]), &environment);
        let name = format!("{} {outcome:#?}", case["name"]);
        assert_eq!(outcome.exit, case["exit"].as_i64().unwrap(), "{name}");
        assert_eq!(outcome.stderr, case["stderr"].as_str().unwrap(), "{name}");

        let expected = root.moved(&without_other_helpers(case["stdout"].as_str().unwrap()));
        // Ours is not a program that could fail, and so says it in other words.
        let expected: Vec<_> = expected
            .lines()
            .map(|line| {
                if line.ends_with("/exec.d/memory-calculator': exit status 1") {
                    "ERROR: failed to launch: memory calculation failed"
                } else {
                    line
                }
            })
            .filter(|line| !line.is_empty())
            .collect();
        let found: BTreeSet<_> = outcome
            .stdout
            .lines()
            .filter(|line| {
                let ours = ["MEMORY_LIMIT=", "BPL_JVM_MEMORY=", "BPI_APPLICATION_CLASS_COUNT=", "BPI_JVM_CLASS_COUNT="];
                !ours.iter().any(|start| line.starts_with(start))
            })
            .collect();
        assert_eq!(found, expected.into_iter().collect(), "{name}");
    }
}

#[test]
fn processes_of_a_java_image() {
    let root = java();
    let with = |more: &[(&str, &str)]| {
        let mut environment = base("0.14");
        environment.push(("MEMORY_LIMIT".to_owned(), "1g".to_owned()));
        environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        environment
    };
    let web = |more: &[(&str, &str)]| root.launch(&["/cnb/process/web".to_owned()], &with(more));

    let outcome = web(&[]);
    assert_eq!(outcome.exit, 0, "{outcome:#?}");
    assert!(outcome.stdout.contains("\njava org.springframework.boot.loader.launch.JarLauncher\n"), "{outcome:#?}");
    assert!(outcome.stdout.contains(" -Xmx561271K "), "{outcome:#?}");

    // What the image says is the default; the user may want another.
    for (calculator, sign) in [("fit", " -XX:+UseSerialGC"), ("v2", " -Xms"), ("v3", " -Xss1M"), ("v4", " -Xss1M")] {
        let outcome = web(&[("BPL_JVM_MEMORY", calculator)]);
        assert!(outcome.stdout.contains(sign) && outcome.exit == 0, "{calculator}: {outcome:#?}");
    }

    let outcome = web(&[("BPL_JVM_MEMORY", "off")]);
    assert!(!outcome.stdout.contains("Xmx") && outcome.exit == 0, "{outcome:#?}");

    // It fits where the original refuses.
    let outcome = web(&[("MEMORY_LIMIT", "256m"), ("BPL_JVM_MEMORY", "fit")]);
    assert!(outcome.stdout.contains("fitted: ") && outcome.exit == 0, "{outcome:#?}");

    let outcome = web(&[("BPL_JVM_MEMORY", "none")]);
    assert_eq!(outcome.stderr, "$BPL_JVM_MEMORY must be one of fit, libjvm, v2, v3, v4, off, not none\n");
    assert_eq!((outcome.stdout.as_str(), outcome.exit), ("ERROR: failed to launch: memory calculation failed\n", 82));
}

#[test]
fn the_stage_table() {
    let root = Root::new();
    root.write(
        "layers/config/metadata.toml",
        "[stage]\njava_opts = true\n[[stage.forward]]\nfrom = \"PORT\"\nto = \"SERVER_PORT\"\n",
        0o644,
    );
    let mut environment = base("0.14");
    for (name, value) in [("PORT", "8081"), ("JAVA_TOOL_OPTIONS", "-Da=b"), ("JAVA_OPTS", "-Dc=d")] {
        environment.push((name.to_owned(), value.to_owned()));
    }
    let argv = ["/cnb/lifecycle/launcher", "--", "sh", "-c", "echo $SERVER_PORT $JAVA_TOOL_OPTIONS"].map(str::to_owned);
    let outcome = root.launch(&argv, &environment);
    assert_eq!(outcome.stdout, "Adding $JAVA_OPTS to $JAVA_TOOL_OPTIONS\n8081 -Da=b -Dc=d\n", "{outcome:#?}");
}

#[test]
fn failures_have_the_lifecycles_exit_codes() {
    for (metadata, argv, environment, exit, stdout) in [
        (
            "",
            "l -- true",
            ("CNB_PLATFORM_API", ""),
            11,
            "failed to get platform API version; please set 'CNB_PLATFORM_API' to specify the desired platform API version",
        ),
        (
            "[[buildpacks]]\nid = 'a'\napi = '9.9'",
            "l -- true",
            ("X", ""),
            12,
            "failed to set API for buildpack 'a': buildpack API version '9.9' is incompatible with the lifecycle",
        ),
        (
            "a = 1\nb",
            "l -- true",
            ("X", ""),
            1,
            "failed to read metadata: toml: line 2: expected `=`, found the end of the line",
        ),
        (
            "",
            "l -- true",
            ("CNB_APP_DIR", "/gone"),
            82,
            "failed to launch: change to app directory: chdir /gone: no such file or directory",
        ),
        ("", "l -- /", ("X", ""), 82, "failed to launch: path lookup: exec: \"/\": is a directory"),
        (
            "[[processes]]\ntype = 'w'\ndirect = true",
            "w",
            ("X", ""),
            82,
            "failed to launch: no command provided for process type \"w\"",
        ),
        (
            "[[processes]]\ntype = 'w'\ndirect = true\ncommand = ['sh']\nworking-dir = '/gone'",
            "w",
            ("X", ""),
            82,
            "failed to launch: change directory: chdir /gone: no such file or directory",
        ),
        (
            "[[processes]]\ntype = 'w'\nexec-env = ['test']",
            "w",
            ("CNB_PLATFORM_API", "0.15"),
            82,
            "failed to launch: determine start command: process type w was not found",
        ),
    ] {
        let root = Root::new();
        root.write("layers/config/metadata.toml", metadata, 0o644);
        let mut variables = base("0.14");
        variables.push((environment.0.to_owned(), environment.1.to_owned()));
        let argv: Vec<_> = argv.split(' ').map(str::to_owned).collect();
        let outcome = root.launch(&argv, &variables);
        assert_eq!(
            (outcome.exit, outcome.stdout.as_str()),
            (exit, format!("ERROR: {stdout}\n").as_str()),
            "{outcome:#?}"
        );
    }
}

#[test]
fn layers_of_one_buildpack_come_in_the_originals_order() {
    let root = Root::new();
    root.write("layers/config/metadata.toml", "[[buildpacks]]\nid = 'b/b'\napi = '0.10'\n[[buildpacks]]\nid = 'a/a'\napi = '0.10'\n[[buildpacks]]\nid = 'no/layers'\napi = '0.10'\n", 0o644);
    for layer in ["a_a/x", "a_a/y", "b_b/x", "b_b/y"] {
        root.write(&format!("layers/{layer}/bin/nothing"), "", 0o644);
        root.write(&format!("layers/{layer}/env/ORDER.append"), &format!("{layer} "), 0o644);
    }
    let argv = ["launcher", "--", "sh", "-c", "echo $ORDER; echo $PATH"].map(str::to_owned);
    let outcome = root.launch(&argv, &base("0.14"));
    let path = "/layers/a_a/y/bin:/layers/a_a/x/bin:/layers/b_b/y/bin:/layers/b_b/x/bin:/usr/local/sbin:";
    assert!(outcome.stdout.starts_with(&format!("b_b/x b_b/y a_a/x a_a/y\n{}", root.moved(path))), "{outcome:#?}");
}

#[test]
fn signals_are_at_their_defaults() {
    let root = Root::new();
    root.write("layers/config/metadata.toml", "", 0o644);
    let argv = ["launcher", "--", "grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status"].map(str::to_owned);
    let outcome = root.launch(&argv, &base("0.14"));
    let mask = |name: &str| {
        let line = outcome.stdout.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        u64::from_str_radix(line.trim(), 16).unwrap()
    };
    // The run-time library of Rust ignores SIGPIPE; the application must not inherit that.
    assert_eq!(mask("SigIgn:") & (1 << 12), 0, "{outcome:#?}");
    assert_eq!(mask("SigBlk:"), 0, "{outcome:#?}");
}
