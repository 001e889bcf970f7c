//! The programs of a Cloud Foundry droplet, the real binary under their names.

#![expect(clippy::disallowed_methods, reason = "tests open files of their own")]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Prints its own name and arguments, one a line, and the options in the environment.
const JAVA: &str = "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\" \"[$JAVA_OPTS]\"\n";

/// The binary under another name, with an environment of its own.
fn program(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_launcher"));
    command.arg0(name).env_clear().env("PATH", PATH).stdin(Stdio::null());
    command
}

fn javaexec() -> Command {
    program("/home/vcap/deps/0/bin/javaexec")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn write(path: &Path, content: impl AsRef<[u8]>, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_jvm_gets_options_then_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let java = folder.path().join("java");
    write(&java, JAVA, 0o755);
    let at = java.to_str().unwrap();
    let options = "-Da=\"b c\" -Dd='$(id)' -De=$(hostname -f)\n-Df=*  ''";
    let expected = format!("{at}\n-Da=b c\n-Dd=$(id)\n-De=$(hostname -f)\n-Df=*\n\n-jar\na b\n\n[{options}]\n");
    let path = format!("/nowhere:{}:{PATH}", folder.path().display());
    for name in [at, "java"] {
        let output = javaexec().args([name, "-jar", "a b", ""]).env("PATH", &path).env("JAVA_OPTS", options).output();
        let output = output.unwrap();
        assert_eq!(text(&output.stdout), expected);
        assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));
    }
    let output = javaexec().args([at, "--options"]).output().unwrap();
    assert_eq!(text(&output.stdout), format!("{at}\n--options\n[]\n"));
}

#[test]
fn bytes_reach_the_jvm_as_they_are() {
    let options = OsString::from_vec(b"-Da=\xff\\ \xfe".to_vec());
    let mut command = javaexec();
    command.args([OsStr::new("/usr/bin/printf"), OsStr::from_bytes(b"%s|%s|")]).env("JAVA_OPTS", &options);
    // To printf, the option comes first and is the format.
    assert_eq!(command.output().unwrap().stdout, b"-Da=\xff \xfe");
}

#[test]
fn the_jvm_has_this_process() {
    let child = javaexec().args(["/bin/sh", "-c", "echo $$"]).stdout(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    assert_eq!(text(&child.wait_with_output().unwrap().stdout), format!("{id}\n"));
}

#[test]
fn signals_reach_the_jvm() {
    for (signal, script, expected) in [
        ("TERM", "echo ready; read line", (None, Some(15))),
        ("TERM", "trap 'exit 143' TERM; echo ready; read line", (Some(143), None)),
        ("QUIT", "trap 'exit 7' QUIT; echo ready; read line", (Some(7), None)),
    ] {
        let mut command = javaexec();
        // A background job inherits ignored signals, which a shell cannot trap.
        command
            .args(["env", "--default-signal=TERM,QUIT", "bash", "-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Held open, so that the script waits for the signal.
        let input = child.stdin.take().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        let killed = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let status = child.wait().unwrap();
        drop(input);
        assert_eq!((status.code(), status.signal()), expected, "{script}");
    }
}

#[test]
fn signals_are_at_their_defaults() {
    let output = javaexec().args(["grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status"]).output().unwrap();
    let mask = |name: &str| {
        let line = text(&output.stdout).lines().find_map(|line| line.strip_prefix(name)).unwrap();
        u64::from_str_radix(line.trim(), 16).unwrap()
    };
    // The run-time library of Rust ignores SIGPIPE; the JVM must not inherit that.
    assert_eq!((mask("SigIgn:") & (1 << 12), mask("SigBlk:")), (0, 0));
}

#[test]
fn exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("java");
    write(&plain, JAVA, 0o644);
    let (plain, at) = (plain.to_str().unwrap(), folder.path().to_str().unwrap());
    let usage = "Usage: javaexec JAVA [ARGUMENT...]\n       javaexec --options FOLDER PROCESSORS\n";
    let not_found = |name: &str| {
        format!(
            "javaexec: Could not find `{name}`: exec: \"{name}\": executable file not found in $PATH; name its path, or put its folder into PATH\n"
        )
    };
    for (arguments, code, message) in [
        (&["sh", "-c", "exit 42"] as &[&str], 42, String::new()),
        (&[], 2, usage.to_owned()),
        (&["--options"], 2, usage.to_owned()),
        (&["--options", at], 2, usage.to_owned()),
        (&["--options", at, "1", "2"], 2, usage.to_owned()),
        (&["--options", at, ""], 2, usage.to_owned()),
        (&["--options", at, "-1"], 2, usage.to_owned()),
        (&["no-such-java"], 127, not_found("no-such-java")),
        (&[""], 127, not_found("")),
        (&["/gone/java"], 126, "javaexec: Could not start `/gone/java`: no such file or directory\n".to_owned()),
        (&[plain], 126, format!("javaexec: Could not start `{plain}`: permission denied\n")),
        (&[at], 126, format!("javaexec: Could not start `{at}`: permission denied\n")),
        (
            &["--options", "/gone", "1"],
            1,
            "javaexec: Could not put JAVA_OPTS together: open /gone: no such file or directory\n".to_owned(),
        ),
    ] {
        let output = javaexec().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert_eq!((text(&output.stderr), text(&output.stdout)), (message.as_str(), ""), "{arguments:?}");
    }
}

/// A droplet with options for its JVM and the profile script of the documentation.
struct Droplet(TempDir);

impl Droplet {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let droplet = Self(tempfile::tempdir().unwrap());
        for (name, content) in files {
            write(&droplet.path("deps/0/java_opts").join(name), content, 0o644);
        }
        fs::create_dir_all(droplet.path("deps/0/bin")).unwrap();
        symlink(env!("CARGO_BIN_EXE_launcher"), droplet.path("deps/0/bin/javaexec")).unwrap();
        let documentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/launcher.md");
        let documentation = fs::read_to_string(documentation).unwrap();
        let scripts: Vec<_> = documentation.split("\n```sh\n").skip(1).collect();
        let script = scripts.iter().find(|script| script.contains("javaexec\" --options")).unwrap();
        write(&droplet.path("profile.d/0_00_java_opts.sh"), script.split("```").next().unwrap(), 0o644);
        droplet
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    /// Starts as a platform does: a shell sources the profile script, then `command` runs.
    fn start(&self, before: &str, variables: &[(&str, &[u8])], command: &str) -> Output {
        let script = format!("{before}\n. \"{}\"\n{command}", self.path("profile.d/0_00_java_opts.sh").display());
        let mut bash = Command::new("bash");
        bash.args(["-c", &script]).env_clear().env("PATH", PATH).env("DEPS_DIR", self.path("deps"));
        bash.env("HOME", "/home/vcap/app").stdin(Stdio::null());
        bash.envs(variables.iter().map(|(name, value)| (name, OsStr::from_bytes(value))));
        bash.output().unwrap()
    }

    fn options(&self, before: &str, variables: &[(&str, &[u8])]) -> Vec<u8> {
        let output = self.start(before, variables, "exec printenv -0 JAVA_OPTS");
        assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));
        output.stdout.strip_suffix(b"\0").unwrap().to_vec()
    }
}

/// The strictest a shell can be.
const STRICT: &str = "set -euo pipefail; shopt -s inherit_errexit; set -f; IFS=/";

#[test]
fn a_profile_script_sets_the_options() {
    let droplet = Droplet::new(&[
        ("99_user_java_opts.opts", b"-Dc=1 $JAVA_OPTS\n"),
        ("05_jre.opts", b"-Da=$DEPS_DIR/0/x -XX:ActiveProcessorCount=$(nproc)\n"),
        ("20_debug.opts", b"-Db='1\n 2'  \n\n"),
        ("30_empty.opts", b""),
    ]);
    let deps = droplet.path("deps");
    let deps = deps.display();
    let nproc = Command::new("nproc").output().unwrap().stdout;
    let start = format!("-Da={deps}/0/x -XX:ActiveProcessorCount={} -Db='1\n 2'   -Dc=1", text(&nproc).trim_end());
    for (user, expected) in [
        (Some(b"  -Dx=$HOME\r\n-Dy=\xff\\\\&|*  -n\n" as &[u8]), b"   -Dx=/home/vcap/app -Dy=\xff\\\\&|*  -n" as &[u8]),
        (Some(b"-Dz=\\$HOME$NONE"), b" -Dz=$HOME"),
        (Some(b" \n "), b""),
        (None, b""),
    ] {
        let variables: Vec<_> = user.iter().map(|user| ("JAVA_OPTS", *user)).collect();
        let expected = [start.as_bytes(), expected].concat();
        for before in ["", STRICT] {
            let found = droplet.options(before, &variables);
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(&found));
        }
    }
}

#[test]
fn commands_in_options_are_told_of_and_not_run() {
    let droplet = Droplet::new(&[("99_user_java_opts.opts", b"$JAVA_OPTS")]);
    let user = br#"-Da=$HOME/x -Db=\$HOME -Dc=$(id) -Dd="q r" -De=${HOME:-z} -n"#;
    let output = droplet.start(STRICT, &[("JAVA_OPTS", user)], "printf %s \"$JAVA_OPTS\"");
    let expected = r#"-Da=/home/vcap/app/x -Db=$HOME -Dc=$(id) -Dd="q r" -De=${HOME:-z} -n"#;
    assert_eq!((text(&output.stdout), output.status.code()), (expected, Some(0)));
    let warning = "WARNING: JAVA_OPTS contains command substitution; it will NOT be executed and will be passed literally to the JVM. Matching: $(id)\n";
    assert_eq!(text(&output.stderr), warning);
}

#[test]
fn variables_of_the_shell_count() {
    let droplet = Droplet::new(&[("99_user_java_opts.opts", b"$MINE $JAVA_OPTS")]);
    let before = format!("{STRICT}\nMINE='-Da b'; JAVA_OPTS='-Dhost=$HOSTNAME$MINE'");
    let hostname = Command::new("bash").args(["-c", "printf %s \"$HOSTNAME\""]).output().unwrap().stdout;
    let expected = format!("-Da b -Dhost={}-Da b", text(&hostname));
    assert_eq!(text(&droplet.options(&before, &[])), expected);
    // They are no part of the application's environment for that.
    let output = droplet.start(&before, &[], "printenv MINE || echo none; set | grep -c '^_java_opts' || true");
    assert_eq!(text(&output.stdout), "none\n0\n");
}

#[test]
fn a_start_goes_on_whatever_happens() {
    let print = "printf '%s' \"${JAVA_OPTS-none}\"";
    let droplet = Droplet::new(&[("99_user_java_opts.opts", b"-Da")]);
    let goes_on = |before: &str, expected: &str, message: &str| {
        let output = droplet.start(&format!("{STRICT}\n{before}"), &[("JAVA_OPTS", b"$HOME")], print);
        assert_eq!((text(&output.stdout), output.status.code()), (expected, Some(0)), "{before}");
        assert!(text(&output.stderr).contains(message), "{before}: {}", text(&output.stderr));
    };
    goes_on("PATH=", "-Da", "");
    goes_on("unset HOME", "-Da", "");
    goes_on("unset DEPS_DIR", "$HOME", "/0/bin/javaexec: No such file or directory");
    fs::remove_dir_all(droplet.path("deps/0/java_opts")).unwrap();
    goes_on("", "$HOME", "Could not put JAVA_OPTS together: open ");
    goes_on("unset JAVA_OPTS", "none", "Could not put JAVA_OPTS together: open ");
    fs::remove_file(droplet.path("deps/0/bin/javaexec")).unwrap();
    goes_on("", "$HOME", "javaexec: No such file or directory");
}

#[test]
fn from_profile_to_jvm() {
    let droplet = Droplet::new(&[("05_jre.opts", b"-Da=\"1 2\""), ("99_user_java_opts.opts", b"$JAVA_OPTS")]);
    write(&droplet.path("deps/0/jre/bin/java"), JAVA, 0o755);
    let command = "exec $DEPS_DIR/0/bin/javaexec $DEPS_DIR/0/jre/bin/java -jar app.jar";
    let output = droplet.start("", &[("JAVA_OPTS", b"-Dcron=\"0 */7 * * *\"\n-Dc=a&b;c")], command);
    let java = droplet.path("deps/0/jre/bin/java");
    let (java, options) = (java.display(), "-Da=\"1 2\" -Dcron=\"0 */7 * * *\" -Dc=a&b;c");
    let expected = format!("{java}\n-Da=1 2\n-Dcron=0 */7 * * *\n-Dc=a&b;c\n-jar\napp.jar\n[{options}]\n");
    assert_eq!((text(&output.stdout), text(&output.stderr)), (expected.as_str(), ""));
}

/// A vector of each calculator, recorded from the originals, that shows a result.
#[test]
fn calculators() {
    for (name, recorded) in [
        ("java-buildpack-memory-calculator-2.0.2_RELEASE", "v2"),
        ("/home/vcap/app/.java-buildpack/open_jdk_jre/bin/java-buildpack-memory-calculator-3.13.0_RELEASE", "v3"),
        ("/home/vcap/deps/0/jre/bin/java-buildpack-memory-calculator-4.2.0", "v4"),
    ] {
        let vectors =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fixtures/golden/memcalc-{recorded}.jsonl"));
        let vectors = fs::read_to_string(vectors).unwrap();
        let vectors = vectors.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let is_exact = |vector: &Value| !vector["stderr"].as_str().unwrap().contains("<USAGE>");
        let (mut succeeded, mut failed) = (0, 0);
        for vector in vectors.filter(is_exact).take(40) {
            let arguments = vector["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap());
            let output = program(name).args(arguments).output().unwrap();
            assert_eq!(text(&output.stdout), vector["stdout"].as_str().unwrap(), "{vector}");
            assert_eq!(i64::from(output.status.code().unwrap()), vector["exit"].as_i64().unwrap(), "{vector}");
            *(if output.status.success() { &mut succeeded } else { &mut failed }) += 1;
        }
        assert!(succeeded > 5 && failed > 0, "{recorded}: {succeeded} {failed}");
    }
    let output = program("bin/java-buildpack-memory-calculator-5.0.0").output().unwrap();
    let message = "bin/java-buildpack-memory-calculator-5.0.0: There is no memory calculator of version `5.0.0`, only of 2.x, 3.x and 4.x, \
                   and fit, libjvm, v2, v3, v4, off\n";
    assert_eq!((text(&output.stderr), output.status.code()), (message, Some(2)));
}

/// Under the name of one of our own the arguments are the same for all.
#[test]
fn calculators_by_name() {
    let arguments = ["--total-memory=256M", "--class-count=63952", "--loaded-class-count=37158", "--java=17"];
    let run =
        |name: &str| program(&format!("bin/java-buildpack-memory-calculator-{name}")).args(arguments).output().unwrap();
    let fitted = run("fit");
    assert!(text(&fitted.stdout).starts_with("-XX:MaxDirectMemorySize="), "{}", text(&fitted.stdout));
    assert!(text(&fitted.stderr).starts_with("Fitted: "), "{}", text(&fitted.stderr));
    let weighed = text(&run("v2").stdout).to_owned();
    assert!(weighed.starts_with("-Xms") && weighed.contains(" -XX:MaxMetaspaceSize=64M"), "{weighed}");
    for name in ["libjvm", "v3", "v4"] {
        let refused = run(name);
        assert_eq!((text(&refused.stdout), refused.status.code()), ("", Some(1)), "{name}");
        assert!(text(&refused.stderr).contains("unable to calculate memory configuration"), "{name}");
    }
    let off = run("off");
    assert_eq!((text(&off.stdout), text(&off.stderr), off.status.code()), ("", "", Some(0)));
}

#[test]
fn a_process_type_may_have_such_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let metadata = "[[processes]]\ntype = 'javaexec'\ncommand = ['echo', 'mine']\ndirect = true\n";
    write(&folder.path().join("config/metadata.toml"), metadata, 0o644);
    let mut command = program("/cnb/process/javaexec");
    command.env("CNB_PLATFORM_API", "0.14").env("CNB_LAYERS_DIR", folder.path()).env("CNB_APP_DIR", folder.path());
    let mut output = String::new();
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(output, "mine\n");
}
