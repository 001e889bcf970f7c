//! `HotSpot`'s attach protocol, version 1, which `jcmd` speaks too. Linked runtimes have no `jcmd`, and the host's need not
//! be able to look into another container.
//!
//! A file `.attach_pid<pid>` in the JVM's `/tmp` and SIGQUIT have it open the socket `.java_pid<pid>` there, where `<pid>` is
//! its number in its own namespace. A request is five strings that end with NUL: version, command, three arguments. The
//! answer is a number, 0 for success, and text.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use buildpacks::files;
use fs_err as fs;
use rustix::process::{Pid, Signal, geteuid, kill_process};

/// How long a JVM may take to open its socket: it does so at a safepoint, which a starved one reaches late.
const SOCKET_WITHIN: Duration = Duration::from_secs(30);
/// How long an answer may take; a full collection on a starved machine takes longest.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// Why a JVM could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// There is no JVM in the process; the signal would end it.
    #[error("Process {0} runs no JVM")]
    NoJvm(u32),
    /// Its files cannot be reached.
    #[error("Could not look into process {pid}")]
    Process {
        /// Which.
        pid: u32,
        /// Why.
        source: io::Error,
    },
    /// No socket came.
    #[error(
        "The JVM of process {0} opened no socket to be asked through; is it started with -XX:+DisableAttachMechanism?"
    )]
    NoSocket(u32),
    /// It did not answer, or with something else.
    #[error("The JVM did not answer `{command}`: {reason}")]
    Answer {
        /// What it was asked.
        command: String,
        /// Why, or what it said.
        reason: String,
    },
}

/// A JVM that answers.
#[derive(Debug)]
pub(crate) struct Jvm {
    socket: PathBuf,
}

impl Jvm {
    /// Has the JVM in process `pid` open its socket.
    ///
    /// # Errors
    /// [`AttachError`] when there is none, or this user may not.
    pub(crate) fn attach(pid: u32) -> Result<Self, AttachError> {
        let failed = |source| AttachError::Process { pid, source };
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let maps = files::read_text(&folder.join("maps"), files::SYSTEM_BYTES).map_err(failed)?;
        if !maps.contains("/libjvm.so") {
            return Err(AttachError::NoJvm(pid));
        }
        let status = files::read_text(&folder.join("status"), files::SYSTEM_BYTES).map_err(failed)?;
        let number = inner_pid(&status).unwrap_or(pid);
        let temporary = folder.join("root/tmp");
        let socket = temporary.join(format!(".java_pid{number}"));
        if socket.exists() {
            return Ok(Self { socket });
        }
        let request = Request::put(temporary.join(format!(".attach_pid{number}")), &status).map_err(failed)?;
        let signalled = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let signalled = signalled.ok_or(AttachError::NoJvm(pid))?;
        kill_process(signalled, Signal::QUIT).map_err(|error| failed(error.into()))?;
        let deadline = Instant::now() + SOCKET_WITHIN;
        while !socket.exists() {
            if Instant::now() > deadline || !folder.exists() {
                return Err(AttachError::NoSocket(pid));
            }
            sleep(Duration::from_millis(20));
        }
        drop(request);
        Ok(Self { socket })
    }

    /// Has it carry out a command of `jcmd`, such as `VM.native_memory summary`, and gives the answer's text.
    ///
    /// # Errors
    /// [`AttachError::Answer`].
    pub(crate) fn ask(&self, command: &str) -> Result<String, AttachError> {
        let wrong = |reason: String| AttachError::Answer { command: command.to_owned(), reason };
        let answer = exchange(&self.socket, command).map_err(|error| wrong(error.to_string()))?;
        match answer.split_once('\n') {
            Some(("0", text)) => Ok(text.to_owned()),
            _ => Err(wrong(answer.trim().chars().take(200).collect())),
        }
    }
}

fn exchange(socket: &Path, command: &str) -> io::Result<String> {
    let mut connection = UnixStream::connect(socket)?;
    connection.set_read_timeout(Some(ANSWER_WITHIN))?;
    connection.write_all(format!("1\0jcmd\0{command}\0\0\0").as_bytes())?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The number of the process in its innermost namespace.
fn inner_pid(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    line.split_ascii_whitespace().next_back()?.parse().ok()
}

/// The file that asks for the socket; gone with the value.
struct Request(PathBuf);

impl Request {
    /// The JVM trusts it only if it is its own user's.
    fn put(path: PathBuf, status: &str) -> io::Result<Self> {
        let id = |name: &str| -> Option<u32> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_ascii_whitespace().nth(1)?.parse().ok()
        };
        // A new file: what an image has put there may be a link to anywhere.
        let file = fs::File::create_new(&path)?;
        let request = Self(path);
        if geteuid().is_root() {
            std::os::unix::fs::fchown(&file, id("Uid:"), id("Gid:"))?;
        }
        Ok(request)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_namespaces() {
        assert_eq!(inner_pid("Name:\tjava\nNSpid:\t4711\t1\n"), Some(1));
        assert_eq!(inner_pid("NSpid:\t4711\n"), Some(4711));
        assert_eq!(inner_pid("Name:\tjava\n"), None);
    }

    #[test]
    fn a_process_without_jvm_is_left_alone() {
        let error = Jvm::attach(std::process::id()).unwrap_err();
        assert!(matches!(error, AttachError::NoJvm(_)), "{error}");
        assert!(matches!(Jvm::attach(u32::MAX), Err(AttachError::Process { .. })));
    }
}
