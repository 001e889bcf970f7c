//! The processes below one, however far, by what `/proc` says of parents.

use std::collections::BTreeMap;

use fs_err as fs;
use rustix::process::{Pid, Signal, kill_process};

/// Sends a signal to every process below `ancestor`. Ones that may not be signalled, or that are gone meanwhile, are
/// passed over.
pub(super) fn signal(ancestor: Pid, signal: Signal) {
    for pid in below(ancestor.as_raw_nonzero().get()) {
        if let Some(pid) = Pid::from_raw(pid) {
            let _ = kill_process(pid, signal);
        }
    }
}

fn below(ancestor: i32) -> Vec<i32> {
    let mut children = BTreeMap::<i32, Vec<i32>>::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(parent) = fs::read_to_string(entry.path().join("stat")).ok().as_deref().and_then(parent_in) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut left = vec![ancestor];
    while let Some(next) = left.pop() {
        if let Some(children) = children.remove(&next) {
            found.extend(&children);
            left.extend(children);
        }
    }
    found
}

/// The parent in the text of `/proc/PID/stat`: the second field after the name, which may hold anything, in brackets.
fn parent_in(stat: &str) -> Option<i32> {
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs_may_hold_anything() {
        assert_eq!(parent_in("12 (a) b (c) S 7 12 12 0 -1"), Some(7));
        assert_eq!(parent_in(""), None);
    }
}
