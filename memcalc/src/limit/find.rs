//! Finds the limit. Whatever cannot be read or makes no sense never makes it larger.

use super::groups::{self, Form};
use crate::libjvm::limit::MEMINFO;
use crate::{libjvm, size};

/// Path of the list of the groups that the process is in.
const OWN_GROUPS: &str = "/proc/self/cgroup";
/// Path of the list of what is mounted where.
const MOUNTS: &str = "/proc/self/mountinfo";
/// From here on a limit is the kernel's way to say that there is none: the largest number of 63 bits, less what pages of up to
/// 64 KiB leave of it.
const UNLIMITED: u64 = i64::MAX as u64 & !0xFFFF;
/// What version 1 says the least of all groups' limits is.
const LEAST_OF_ALL: &str = "hierarchical_memory_limit ";
/// Larger limits are cut to this.
pub const LARGEST: i64 = libjvm::limit::LARGEST;
/// Taken when no limit is found, unless the machine has less.
const FALLBACK: i64 = size::GIBI;

/// What reading a file gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// There is no such file.
    Missing,
    /// Its text.
    Text(String),
    /// It could not be read; carries the cause.
    Unreadable(String),
}

/// Finds the limit of a process.
#[derive(Clone, Copy)]
pub struct Find<'a> {
    /// The platform's word and what it is called: `MEMORY_LIMIT`, and such as `512m`.
    pub given: Option<(&'a str, &'a str)>,
    /// Reads a file of the kernel by its path.
    pub read: &'a dyn Fn(&str) -> Read,
}

/// The limits that were found.
#[derive(Default)]
struct Found {
    least: Option<i64>,
    /// Whether one may be there that is not known.
    is_in_doubt: bool,
}

impl Find<'_> {
    /// The limit in bytes. Warnings and explanations are appended to `log`.
    ///
    /// # Errors
    /// The platform's word is no size; the text names it.
    pub fn total(&self, log: &mut Vec<String>) -> Result<i64, String> {
        let given = self.given.map(|(name, text)| {
            size::parse(text).map_err(|error| format!("{name}={text} is not a memory limit: {error}"))
        });
        let given = given.transpose()?;
        let groups = self.groups(log);
        let meminfo = self.text(MEMINFO, log);
        let machine = |name| meminfo.text.as_deref().and_then(|text| libjvm::limit::meminfo(text, name).ok());
        let (all, available) = (machine("MemTotal:"), machine("MemAvailable:"));
        let limit = [given, groups.least].into_iter().flatten().min();
        Ok(match (limit, available) {
            (Some(limit), _) => within(limit, all, log),
            (None, Some(available)) if !groups.is_in_doubt => {
                log.push(format!("Calculating JVM memory based on {} available memory", size::print(available)));
                within(available, all, log)
            }
            (None, _) => {
                let total = [available, all].into_iter().flatten().fold(FALLBACK, i64::min);
                let container = size::print(total);
                log.push(format!(
                    "WARNING: Unable to determine memory limit. Configuring JVM for {container} container."
                ));
                total
            }
        })
    }

    /// The least limit of all groups.
    fn groups(&self, log: &mut Vec<String>) -> Found {
        let [own, mounts] = [OWN_GROUPS, MOUNTS].map(|path| self.text(path, log));
        let places =
            groups::places(own.text.as_deref().unwrap_or_default(), mounts.text.as_deref().unwrap_or_default());
        let mut found = Found { least: None, is_in_doubt: own.is_in_doubt };
        for place in places {
            let Text { text, is_in_doubt } = self.text(&place.path, log);
            found.is_in_doubt |= is_in_doubt;
            let Some(text) = text else { continue };
            let Ok(limit) = limit(&text, place.form) else {
                let start: String = text.trim().chars().take(40).collect();
                log.push(format!("WARNING: Unable to convert memory limit {start:?} from path {:?}", place.path));
                found.is_in_doubt = true;
                continue;
            };
            found.least = [found.least, limit].into_iter().flatten().min();
        }
        found
    }

    fn text(&self, path: &str, log: &mut Vec<String>) -> Text {
        match (self.read)(path) {
            Read::Text(text) => Text { text: Some(text), is_in_doubt: false },
            Read::Missing => Text { text: None, is_in_doubt: false },
            Read::Unreadable(cause) => {
                log.push(format!("WARNING: Unable to read {path}: {cause}"));
                Text { text: None, is_in_doubt: true }
            }
        }
    }
}

/// A file's text, if there is one.
struct Text {
    text: Option<String>,
    /// Whether there may be one that cannot be read.
    is_in_doubt: bool,
}

/// A text that is neither a number nor the word for none.
struct NoLimit;

/// What a file says; `None` if that there is no limit.
fn limit(text: &str, form: Form) -> Result<Option<i64>, NoLimit> {
    let text = match form {
        Form::Number => text.trim(),
        Form::Statistics => match text.lines().find_map(|line| line.strip_prefix(LEAST_OF_ALL)) {
            Some(number) => number.trim(),
            None => return Ok(None),
        },
    };
    if text == "max" {
        return Ok(None);
    }
    let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let number = number.ok_or(NoLimit)?;
    Ok(i64::try_from(number).ok().filter(|_| number < UNLIMITED))
}

/// The limit, or all that the machine has if that is less.
fn within(limit: i64, machine: Option<i64>, log: &mut Vec<String>) -> i64 {
    let (most, whose) = match machine {
        Some(all) if all < LARGEST => (all, "the machine's"),
        _ => (LARGEST, "any machine's"),
    };
    if limit > most {
        let (limit, most) = (size::print(limit), size::print(most));
        log.push(format!("WARNING: The memory limit of {limit} is above {whose} memory. Configuring JVM for {most}."));
    }
    limit.min(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::{GIBI, MEBI};
    use std::collections::BTreeMap;

    const MACHINE: (&str, &str) =
        ("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 100000 kB\nMemAvailable:    4194304 kB\n");
    const V1: &str = "/sys/fs/cgroup/memory/memory.limit_in_bytes";
    const V2: &str = "/sys/fs/cgroup/memory.max";
    const NONE: &str = "9223372036854771712\n";
    const HALF: &str = "536870912\n";
    const QUARTER: &str = "268435456\n";

    /// The limit in a tree of files; `!` is a file that cannot be read.
    fn found(files: &[(&str, &str)], given: Option<&str>) -> (Result<i64, String>, String) {
        let files: BTreeMap<&str, &str> = files.iter().copied().collect();
        let read = |path: &str| match files.get(path) {
            None => Read::Missing,
            Some(&"!") => Read::Unreadable(format!("open {path}: permission denied")),
            Some(text) => Read::Text((*text).to_owned()),
        };
        let mut log = Vec::new();
        let given = given.map(|text| ("$MEMORY_LIMIT", text));
        let total = Find { given, read: &read }.total(&mut log);
        (total, log.join("\n"))
    }

    #[test]
    fn the_least_of_all_groups_counts() {
        let pods = ("/proc/self/cgroup", "0::/pods/mine\n");
        for (name, files, expected) in [
            ("one file of version 2", vec![(V2, HALF)], 512 * MEBI),
            ("one file of version 1", vec![(V1, HALF)], 512 * MEBI),
            ("name space of its own", vec![("/proc/self/cgroup", "0::/\n"), (V2, HALF)], 512 * MEBI),
            ("the own group", vec![pods, (V2, "max"), ("/sys/fs/cgroup/pods/mine/memory.max", HALF)], 512 * MEBI),
            (
                "a group above",
                vec![pods, ("/sys/fs/cgroup/pods/memory.max", QUARTER), ("/sys/fs/cgroup/pods/mine/memory.max", HALF)],
                256 * MEBI,
            ),
            ("none at all", vec![pods, (V2, "max\n"), (V1, NONE)], 4 * GIBI),
            ("pages of 64 KiB", vec![(V1, "9223372036854710272")], 4 * GIBI),
            ("a kernel before 4.0", vec![(V1, "9223372036854775807")], 4 * GIBI),
            ("the largest number", vec![(V1, "18446744073709551615")], 4 * GIBI),
            ("both versions", vec![(V1, HALF), (V2, QUARTER)], 256 * MEBI),
            ("version 1 without a limit", vec![(V1, NONE), (V2, HALF)], 512 * MEBI),
            (
                "version 1, the host's name space",
                vec![
                    ("/proc/self/cgroup", "9:memory:/docker/1a\n1:name=systemd:/docker/1a\n"),
                    (V1, NONE),
                    ("/sys/fs/cgroup/memory/docker/1a/memory.limit_in_bytes", HALF),
                ],
                512 * MEBI,
            ),
            (
                "version 1, only the own group is mounted",
                vec![("/proc/self/cgroup", "9:memory:/docker/1a\n"), (V1, HALF)],
                512 * MEBI,
            ),
            (
                "version 1, a group above that is not mounted",
                vec![
                    ("/proc/self/cgroup", "9:memory:/pods/1a\n"),
                    ("/proc/self/mountinfo", "30 23 0:26 /pods/1a /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory"),
                    (V1, HALF),
                    ("/sys/fs/cgroup/memory/memory.stat", "cache 1\nhierarchical_memory_limit 268435456\nrss 2\n"),
                ],
                256 * MEBI,
            ),
            (
                "both, processes in groups of version 2, memory in version 1",
                vec![
                    ("/proc/self/cgroup", "4:memory:/a\n1:name=systemd:/b\n0::/b\n"),
                    ("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", HALF),
                    ("/sys/fs/cgroup/unified/cgroup.procs", "1\n"),
                ],
                512 * MEBI,
            ),
            (
                "mounted elsewhere",
                vec![
                    ("/proc/self/cgroup", "0::/a\n"),
                    ("/proc/self/mountinfo", "30 23 0:26 / /run/my\\040groups rw - cgroup2 none rw"),
                    ("/run/my groups/a/memory.max", HALF),
                ],
                512 * MEBI,
            ),
            ("outside of the name space", vec![("/proc/self/cgroup", "0::/../x"), (V2, HALF)], 512 * MEBI),
            ("more than the machine has", vec![(V2, "53687091200")], 8 * GIBI),
            ("nothing is left", vec![(V2, "0\n")], 0),
        ] {
            let files: Vec<_> = files.into_iter().chain([MACHINE]).collect();
            let (total, log) = found(&files, None);
            assert_eq!(total, Ok(expected), "{name}: {log}");
            assert!(!log.contains("Unable"), "{name}: {log}");
        }
    }

    #[test]
    fn the_platform_s_word_is_one_of_the_limits() {
        for (given, files, expected) in [
            ("1.5G", vec![], 1536 * MEBI),
            ("512Mi", vec![], 512 * MEBI),
            ("512mb", vec![(V2, "max")], 512 * MEBI),
            (" 1G ", vec![(V2, QUARTER)], 256 * MEBI),
            ("256m", vec![(V2, HALF)], 256 * MEBI),
            ("50G", vec![], 8 * GIBI),
            ("256m", vec![(V2, "!")], 256 * MEBI),
        ] {
            let files: Vec<_> = files.into_iter().chain([MACHINE]).collect();
            assert_eq!(found(&files, Some(given)).0, Ok(expected), "{given} {files:?}");
        }
        for (given, why) in [
            ("lots", "a size such as 512M or 1.5G is needed"),
            ("-1G", "a size such as"),
            ("", "a size such as"),
            ("0", "a size such as"),
            ("512", "did you mean 512M?"),
        ] {
            let (total, _) = found(&[MACHINE, (V2, HALF)], Some(given));
            let error = total.unwrap_err();
            assert!(error.starts_with(&format!("$MEMORY_LIMIT={given} is not")) && error.contains(why), "{error}");
        }
    }

    #[test]
    fn what_makes_no_sense_never_makes_it_larger() {
        let small = ("/proc/meminfo", "MemTotal: 524288 kB\nMemAvailable: 262144 kB\n");
        for (files, expected, said) in [
            (vec![(V2, "lots"), MACHINE], GIBI, "Unable to convert memory limit \"lots\" from path"),
            (vec![(V2, ""), MACHINE], GIBI, "Unable to convert"),
            (vec![(V2, "-1"), MACHINE], GIBI, "Unable to convert"),
            (vec![(V2, "99999999999999999999999"), MACHINE], GIBI, "Unable to convert"),
            (vec![(V2, "!"), MACHINE], GIBI, "Unable to read /sys/fs/cgroup/memory.max: open "),
            (vec![("/proc/self/cgroup", "!"), MACHINE], GIBI, "Unable to read /proc/self/cgroup"),
            (vec![(V2, "!"), small], 256 * MEBI, "Configuring JVM for 256M container"),
            (vec![(V2, "!"), (V1, HALF), MACHINE], 512 * MEBI, "Unable to read"),
            (vec![(V2, "lots"), (V1, HALF), MACHINE], 512 * MEBI, "Unable to convert"),
            (vec![("/proc/self/cgroup", "nonsense"), (V2, HALF), MACHINE], 512 * MEBI, ""),
            (vec![("/proc/meminfo", "nonsense")], GIBI, "Unable to determine memory limit"),
            (vec![("/proc/meminfo", "!")], GIBI, "Unable to read /proc/meminfo"),
            (vec![("/proc/meminfo", "MemTotal: 524288 kB\n")], 512 * MEBI, "Unable to determine"),
            (vec![("/proc/meminfo", "MemTotal: 1 XB\nMemAvailable: 9 XB"), (V2, HALF)], 512 * MEBI, ""),
            (
                vec![("/proc/meminfo", "MemTotal: 262144 kB\nMemAvailable: 524288 kB")],
                256 * MEBI,
                "above the machine's",
            ),
            (vec![], GIBI, "Unable to determine memory limit. Configuring JVM for 1G container"),
            (vec![(V2, "9223372036854000000")], LARGEST, "above any machine's memory"),
        ] {
            let (total, log) = found(&files, None);
            assert_eq!(total, Ok(expected), "{files:?}: {log}");
            assert!(if said.is_empty() { log.is_empty() } else { log.contains(said) }, "{files:?}: {log}");
        }
    }
}
