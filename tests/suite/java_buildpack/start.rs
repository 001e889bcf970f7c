//! Zipkin, staged from the offline cache and started as a platform starts a droplet.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use fs_err as fs;

use crate::support::{Staged, Staging, World, fixture, wait_within};

/// Zipkin needs some five seconds on a quiet machine; tests beside it and slow disks take what they take.
const HEALTHY_WITHIN: Duration = Duration::from_mins(5);

/// Zipkin's droplet, made with the cache's runtime.
fn zipkin(world: &World) -> Staging {
    let cache = world.cache().display().to_string();
    let staging = Staging::new().key("java_buildpack").variable("STAGE_CACHE_DIR", &cache);
    let unzip = Command::new("unzip").arg("-q").arg(fixture("zipkin")).arg("-d").arg(staging.path("app")).status();
    assert!(unzip.expect("unzip is missing: scripts/setup-tests installs it").success());
    let staged = staging.stage(&[]);
    assert_eq!(staged.code, Some(0), "{staged:?}");
    staging
}

#[test]
fn zipkin_runs_in_the_memory_it_is_given_and_ends_when_asked() {
    let staging = zipkin(&World::with_jre());
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = staging.launcher(&["app", "", ""]);
    command.env("PORT", port.to_string()).env("MEMORY_LIMIT", "1G").env("JAVA_OPTS", "-Xss512k -Dfrom.user=yes");
    let log = |name: &str| fs::File::create(staging.path(name)).unwrap().into_parts().0;
    let mut child = command.stdout(log("stdout")).stderr(log("stderr")).spawn().unwrap();
    let said = || ["stdout", "stderr"].map(|name| fs::read_to_string(staging.path(name)).unwrap()).concat();
    wait_within(HEALTHY_WITHIN, "an answer of Zipkin", || is_healthy(port) || child.try_wait().unwrap().is_some());
    let ended = child.try_wait().unwrap();
    assert_eq!(ended, None, "{}", said());

    let line = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    let line: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    assert!(line[0].ends_with("/bin/java"), "{line:?}");
    let at = |start: &str| line.iter().position(|word| word.starts_with(start)).unwrap_or_else(|| panic!("{line:?}"));
    let home = staging.path("home").display().to_string();
    assert_eq!(line[at("-Djava.io.tmpdir=")], format!("-Djava.io.tmpdir={home}/tmp"));
    for switch in ["-Xmx", "-XX:MaxMetaspaceSize=", "-XX:ReservedCodeCacheSize=", "-XX:MaxDirectMemorySize="] {
        assert!(at(switch) < at("-cp"), "{line:?}");
    }
    assert!(at("-Djava.io.tmpdir=") < at("-Xss512k") && at("-Xss512k") < at("-Dfrom.user=yes"), "{line:?}");
    assert!(!line.iter().any(|word| word.starts_with("-Xss1M")), "the user's own stands: {line:?}");
    assert!(said().contains("JVM Memory Configuration: "), "{}", said());

    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{}", said());
}

#[test]
fn too_little_memory_ends_the_start_with_the_calculator_s_words() {
    let staging = zipkin(&World::with_jre());
    let mut command = staging.launcher(&["app", "", ""]);
    let output = command.env("PORT", "1").env("MEMORY_LIMIT", "64M").stdin(Stdio::null()).output().unwrap();
    let ended = Staged::from(output);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("required memory") && ended.stderr.contains("64M"), "{ended:?}");
    assert!(!ended.stdout.contains("JVM Memory Configuration"), "{ended:?}");
}

fn is_healthy(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"GET /health HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.lines().next().is_some_and(|status| status.contains(" 200")))
}
