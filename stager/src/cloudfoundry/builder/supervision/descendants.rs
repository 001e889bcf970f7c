//! The processes below one, however far, by what `/proc` says of parents.

use std::collections::{BTreeMap, BTreeSet};

use buildpacks::files;
use fs_err as fs;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::enclosure;

/// A process in the kernel's list.
#[derive(Debug, PartialEq, Eq)]
struct Process {
    pid: i32,
    parent: i32,
    group: i32,
    /// Whether it has ended, and only its parent has not noticed.
    ended: bool,
    name: String,
}

/// Sends a signal to every process below `ancestor`. Ones that may not be signalled, or that are gone meanwhile, are
/// passed over.
pub(super) fn signal(ancestor: Pid, signal: Signal) {
    if enclosure::is_first(ancestor) {
        // All processes of the namespace but this one.
        let _ = kill_process_group(Pid::INIT, signal);
        return;
    }
    for process in below(&list(), ancestor) {
        send(process.pid, signal);
    }
}

/// Kills what is below this process, `own`. Only for the first process of a namespace is that certain with one call; others
/// call it again until nothing is left.
pub(super) fn kill(own: Pid) {
    if enclosure::is_first(own) {
        return signal(own, Signal::KILL);
    }
    let processes = list();
    let below = below(&processes, own);
    // A group is killed at once, however fast its processes fork; but it must be of no others.
    for group in groups_of_their_own(&processes, &below) {
        if let Some(group) = Pid::from_raw(group) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
    for process in below {
        send(process.pid, Signal::KILL);
    }
    hunt(own);
}

/// Kills what comes to this process when its parents end. A process that forks and ends is gone before a list of all is
/// read; the list of its own children is quicker.
fn hunt(own: Pid) {
    const ROUNDS: usize = 200;
    let path = format!("/proc/{own}/task/{own}/children", own = own.as_raw_nonzero());
    for _ in 0..ROUNDS {
        let children = files::read_text(path.as_ref(), files::SYSTEM_BYTES).unwrap_or_default();
        if children.is_empty() {
            return;
        }
        for pid in children.split_whitespace().filter_map(|pid| pid.parse().ok()) {
            send(pid, Signal::KILL);
        }
    }
}

/// What is below `ancestor` and has not ended, for people: `12 (sleep), 13 (bash)`.
pub(super) fn names(ancestor: Pid) -> String {
    /// So many are named.
    const NAMED: usize = 8;
    let processes = list();
    let mut running: Vec<_> = below(&processes, ancestor).into_iter().filter(|process| !process.ended).collect();
    running.sort_by_key(|process| process.pid);
    let named = running.iter().take(NAMED).map(|process| format!("{} ({})", process.pid, process.name));
    let more = running.len().saturating_sub(NAMED);
    named.chain((more > 0).then(|| format!("{more} more"))).collect::<Vec<_>>().join(", ")
}

fn send(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = kill_process(pid, signal);
    }
}

fn list() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbered = entries.filter(|entry| entry.file_name().to_str().is_some_and(|name| name.parse::<i32>().is_ok()));
    let stat = |entry: &fs::DirEntry| files::read_text(&entry.path().join("stat"), files::SYSTEM_BYTES).ok();
    numbered.filter_map(|entry| parse(&stat(&entry)?)).collect()
}

/// Reads `/proc/PID/stat`: number, name in brackets, which may hold anything, state, parent, group.
fn parse(stat: &str) -> Option<Process> {
    let (pid, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let ended = matches!(fields.next()?, "Z" | "X");
    let (parent, group) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Process { pid: pid.parse().ok()?, parent, group, ended, name: name.to_owned() })
}

fn below(processes: &[Process], ancestor: Pid) -> Vec<&Process> {
    let mut children = BTreeMap::<i32, Vec<&Process>>::new();
    for process in processes {
        children.entry(process.parent).or_default().push(process);
    }
    let mut found = Vec::new();
    let mut left = vec![ancestor.as_raw_nonzero().get()];
    while let Some(next) = left.pop() {
        if let Some(children) = children.remove(&next) {
            left.extend(children.iter().map(|process| process.pid));
            found.extend(children);
        }
    }
    found
}

/// The process groups that no process outside of `below` is in.
fn groups_of_their_own(processes: &[Process], below: &[&Process]) -> BTreeSet<i32> {
    let own: BTreeSet<_> = below.iter().map(|process| process.pid).collect();
    let others: BTreeSet<_> =
        processes.iter().filter(|process| !own.contains(&process.pid)).map(|process| process.group).collect();
    below.iter().map(|process| process.group).filter(|group| *group > 1 && !others.contains(group)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, parent: i32, group: i32) -> Process {
        Process { pid, parent, group, ended: false, name: String::new() }
    }

    #[test]
    fn names_of_programs_may_hold_anything() {
        let found = parse("12 (a) b (c) S 7 11 12 0 -1").unwrap();
        assert_eq!(found, Process { name: "a) b (c".to_owned(), ..process(12, 7, 11) });
        assert!(parse("12 (a) Z 7 11 12 0 -1").unwrap().ended);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn only_groups_without_others_are_killed_as_such() {
        // 1 ── 10 ── 11 ── 12, 13; 2: somebody else in the group of 13.
        let processes = [
            process(1, 0, 1),
            process(10, 1, 10),
            process(11, 10, 11),
            process(12, 11, 11),
            process(13, 11, 2),
            process(2, 1, 2),
        ];
        let found = below(&processes, Pid::from_raw(10).unwrap());
        assert_eq!(found.iter().map(|process| process.pid).collect::<BTreeSet<_>>(), [11, 12, 13].into());
        assert_eq!(groups_of_their_own(&processes, &found), [11].into());
    }
}
