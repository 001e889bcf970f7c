//! What the kernel says of a running process: memory, faults, processor time, ports.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use buildpacks::files;
use fs_err as fs;

/// A process by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessFacts {
    pid: u32,
}

/// State of a socket that listens, in `/proc/net/tcp`.
const LISTENS: &str = "0A";

impl ProcessFacts {
    /// Of the process that runs the JVM: this one, or one that it started.
    pub(crate) fn of_jvm(pid: u32) -> Option<Self> {
        let this = Self { pid };
        if this.file("maps")?.contains("/libjvm.so") {
            return Some(this);
        }
        let children = this.file(&format!("task/{pid}/children"))?;
        children.split_ascii_whitespace().filter_map(|child| child.parse().ok()).find_map(Self::of_jvm)
    }

    /// Its number.
    pub(crate) fn pid(self) -> u32 {
        self.pid
    }

    fn file(self, name: &str) -> Option<String> {
        files::read_text(format!("/proc/{}/{name}", self.pid).as_ref(), files::SYSTEM_BYTES).ok()
    }

    /// A variable of the environment it was started with.
    pub(crate) fn variable(self, name: &str) -> Option<String> {
        let environment = files::read(format!("/proc/{}/environ", self.pid).as_ref(), files::SYSTEM_BYTES).ok()?;
        let value = |entry: &[u8]| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=").map(<[u8]>::to_vec);
        String::from_utf8(environment.split(|byte| *byte == 0).find_map(value)?).ok()
    }

    /// Where a file is that it calls so.
    pub(crate) fn place(self, path: &str) -> PathBuf {
        match Path::new(path).strip_prefix("/") {
            Ok(below) => Path::new(&format!("/proc/{}/root", self.pid)).join(below),
            Err(_) => Path::new(&format!("/proc/{}/cwd", self.pid)).join(path),
        }
    }

    /// A line of `/proc/PID/status` in kB, as bytes.
    fn status(self, name: &str) -> Option<i64> {
        let status = self.file("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_ascii_whitespace().next()?.parse::<i64>().ok().map(|kilobytes| kilobytes << 10)
    }

    /// Resident anonymous memory, bytes.
    pub(crate) fn anonymous(self) -> Option<i64> {
        self.status("RssAnon:")
    }

    /// Resident pages of files, bytes.
    pub(crate) fn files(self) -> Option<i64> {
        self.status("RssFile:")
    }

    /// A field of `/proc/PID/stat`, counted as in its manual page from 1; those before the third have no number.
    fn stat(self, field: usize) -> Option<u64> {
        let stat = self.file("stat")?;
        let (_, after) = stat.rsplit_once(") ")?;
        after.split_ascii_whitespace().nth(field.checked_sub(3)?)?.parse().ok()
    }

    /// Major page faults: pages read from disk again.
    pub(crate) fn major_faults(self) -> Option<u64> {
        self.stat(12)
    }

    /// Processor time it has used or waited for, clock ticks of 10 ms: on a busy machine one that gets none does not rest.
    pub(crate) fn wanted_ticks(self) -> Option<u64> {
        Some(self.stat(14)? + self.stat(15)? + self.waited() / 10_000_000)
    }

    /// Nanoseconds that its threads have waited for a processor; none where the kernel does not tell.
    fn waited(self) -> u64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid)).into_iter().flatten().flatten();
        let text =
            threads.filter_map(|thread| files::read_text(&thread.path().join("schedstat"), files::SYSTEM_BYTES).ok());
        text.filter_map(|text| text.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()).sum()
    }

    /// TCP ports it listens on, ascending.
    pub(crate) fn ports(self) -> BTreeSet<u16> {
        let sockets: BTreeSet<String> = fs::read_dir(format!("/proc/{}/fd", self.pid))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| fs::read_link(entry.path()).ok())
            .filter_map(|target| Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
            .collect();
        let tables = ["net/tcp", "net/tcp6"].into_iter().filter_map(|name| self.file(name));
        tables.flat_map(|table| listening(&table, &sockets)).collect()
    }
}

/// Ports in a table of the kernel on which one of the sockets listens.
fn listening(table: &str, sockets: &BTreeSet<String>) -> Vec<u16> {
    let port = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, local, _, state, _, _, _, _, _, inode, ..] = fields.as_slice() else { return None };
        let ours = *state == LISTENS && sockets.contains(*inode);
        u16::from_str_radix(local.rsplit(':').next()?, 16).ok().filter(|_| ours)
    };
    table.lines().filter_map(port).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let facts = ProcessFacts { pid: std::process::id() };
        assert!(facts.ports().contains(&listener.local_addr().unwrap().port()));
        assert!(facts.anonymous().unwrap() > 0 && facts.files().unwrap() > 0);
        assert_eq!((facts.variable("PATH"), facts.variable("PAT")), (std::env::var("PATH").ok(), None));
        assert!(
            facts.place("Cargo.toml").is_file() && facts.place(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).is_dir()
        );
        assert!(facts.wanted_ticks().is_some() && facts.major_faults().is_some());
        assert_eq!(ProcessFacts::of_jvm(std::process::id()), None);
    }

    #[test]
    fn only_sockets_that_listen_and_are_its_own() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0\n   \
                     1: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12 1 0\n   \
                     2: 0100007F:1F92 0100007F:0050 01 00000000:00000000 00:00000000 00000000  1000        0 13 1 0\n";
        let sockets = ["11", "13"].map(str::to_owned).into();
        assert_eq!(listening(table, &sockets), [8080]);
    }
}
