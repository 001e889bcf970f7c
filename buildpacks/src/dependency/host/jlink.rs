//! Trimming by the JDK's own `jlink`.

use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use fs_err as fs;

use super::{HostError, HostJava};
use crate::activity::Signals;
use crate::files;

/// Taken besides every `java.*` module: what servers and their agents use at run time.
const MODULES: [&str; 20] = [
    "jdk.charsets",
    "jdk.crypto.cryptoki",
    "jdk.crypto.ec",
    "jdk.dynalink",
    "jdk.httpserver",
    "jdk.jcmd",
    "jdk.jdwp.agent",
    "jdk.jfr",
    "jdk.localedata",
    "jdk.management",
    "jdk.management.agent",
    "jdk.management.jfr",
    "jdk.naming.dns",
    "jdk.net",
    "jdk.nio.mapmode",
    "jdk.scripting.nashorn",
    "jdk.security.auth",
    "jdk.security.jgss",
    "jdk.unsupported",
    "jdk.zipfs",
];
/// The first Java whose `jlink` can do without `jmods`.
const RUN_TIME_IMAGE_LINKING: u32 = 24;
/// The first Java that names its compression `zip-6`.
const NAMED_COMPRESSION: u32 = 21;
/// How much of `jlink`'s output an error shows, lines.
const OUTPUT_LINES: usize = 4;
/// How much of it is read, bytes.
const OUTPUT_BYTES: u64 = 64 << 10;
/// How often is looked whether it has ended, or this program should.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Whether there is a `jlink` worth a try. Some JDKs since 24 have neither `jmods` nor the ability to do without; then it
/// fails and the whole runtime is taken.
pub(super) fn is_available(java: &HostJava) -> bool {
    let modules = java.home.join("jmods/java.base.jmod").is_file() || java.feature >= RUN_TIME_IMAGE_LINKING;
    modules && java.home.join("bin/jlink").is_file()
}

/// Makes a trimmed runtime at `target`, which must not exist.
pub(super) fn link(java: &HostJava, target: &Path) -> Result<(), HostError> {
    // native libraries are stripped by `objcopy`, which need not be there
    run(java, target, "--strip-debug").or_else(|_| {
        let _ = fs::remove_dir_all(target);
        run(java, target, "--strip-java-debug-attributes")
    })?;
    copy_certificates(java, target)
}

fn run(java: &HostJava, target: &Path, strip: &str) -> Result<(), HostError> {
    let program = java.home.join("bin/jlink");
    let mut command = Command::new(&program);
    command.arg("--add-modules").arg(modules(&java.modules).join(","));
    command.args([strip, "--no-man-pages", "--no-header-files"]);
    command.arg(if java.feature >= NAMED_COMPRESSION { "--compress=zip-6" } else { "--compress=2" });
    command.arg("--output").arg(target);
    // nobody's options, nobody's language
    command.env_remove("JDK_JAVA_OPTIONS").env_remove("JAVA_TOOL_OPTIONS").env("LC_ALL", "C");
    let started = |source| HostError::StartJlink { program: program.clone(), source };
    let mut said = tempfile::tempfile().map_err(HostError::Pack)?;
    let (out, err) = (said.try_clone().map_err(HostError::Pack)?, said.try_clone().map_err(HostError::Pack)?);
    command.stdin(Stdio::null()).stdout(out).stderr(err);
    if run_in_a_group(&mut command).map_err(started)?.success() {
        return Ok(());
    }
    let mut text = Vec::new();
    said.rewind().and_then(|()| said.take(OUTPUT_BYTES).read_to_end(&mut text)).map_err(HostError::Pack)?;
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(OUTPUT_LINES).collect();
    Err(HostError::Jlink { program, output: lines.join(" ") })
}

/// Runs a command in a process group of its own, which ends when a signal asks this program to end.
fn run_in_a_group(command: &mut Command) -> io::Result<ExitStatus> {
    let signals = Signals::note()?;
    let ended = command.process_group(0).spawn().and_then(|mut child| {
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if signals.came() {
                let group = rustix::process::Pid::from_child(&child);
                // It may have ended just now.
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
                return child.wait();
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    });
    signals.heed();
    ended
}

/// Of the modules there are, those that are taken, sorted.
fn modules(all: &[String]) -> Vec<&str> {
    let wanted = |module: &&str| module.starts_with("java.") || MODULES.contains(module);
    let mut modules: Vec<&str> = all.iter().map(String::as_str).filter(wanted).collect();
    modules.sort_unstable();
    if modules.is_empty() {
        modules.push("java.se");
    }
    modules
}

/// Distributions keep the CA certificates outside the modules: the linked runtime gets those the JDK itself uses.
fn copy_certificates(java: &HostJava, target: &Path) -> Result<(), HostError> {
    let certificates = "lib/security/cacerts";
    let own = java.home.join(certificates);
    if !own.is_file() {
        return Ok(());
    }
    let read = |source| HostError::Read { home: java.home.clone(), source };
    let bytes = files::read(&own, files::DOCUMENT_BYTES).map_err(read)?;
    let linked = target.join(certificates);
    if linked.symlink_metadata().is_ok() {
        fs::remove_file(&linked).map_err(HostError::Pack)?;
    }
    let write = || fs::File::create_new(&linked)?.write_all(&bytes);
    write().map_err(HostError::Pack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_platform_and_what_servers_use() {
        let all = ["jdk.compiler", "jdk.zipfs", "java.sql", "java.base", "jdk.jshell"].map(str::to_owned);
        assert_eq!(modules(&all), ["java.base", "java.sql", "jdk.zipfs"]);
        assert_eq!(modules(&[]), ["java.se"]);
    }
}
