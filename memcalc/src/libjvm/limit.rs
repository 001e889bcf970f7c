//! The memory limit as the original finds it, from the texts of the kernel's files.
//!
//! Order: cgroup version 1, cgroup version 2, available memory of the machine, 1 GiB. [`crate::limit`] is how the launcher finds
//! it.

use crate::{go, size};

/// Path of the version 1 limit.
pub const CGROUP_V1: &str = "/sys/fs/cgroup/memory/memory.limit_in_bytes";
/// Path of the version 2 limit.
pub const CGROUP_V2: &str = "/sys/fs/cgroup/memory.max";
/// Path of the machine's memory figures.
pub const MEMINFO: &str = "/proc/meminfo";

/// What version 1 says when there is no limit: the largest multiple of 4 KiB in 63 bits.
const UNSET: i64 = 9_223_372_036_854_771_712;
/// Larger limits are cut to this.
pub const LARGEST: i64 = 64 * size::TEBI;
/// Taken when no limit is found.
const FALLBACK: i64 = size::GIBI;

/// What reading a file gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// There is no such file.
    Missing,
    /// Its text.
    Text(&'a str),
    /// It could not be read; carries the cause.
    Unreadable(&'a str),
}

/// A file and what reading it gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File<'a> {
    /// Path, for messages.
    pub path: &'a str,
    /// Text, or why there is none.
    pub content: Content<'a>,
}

impl<'a> File<'a> {
    /// A file that was read.
    pub fn found(path: &'a str, text: &'a str) -> Self {
        Self { path, content: Content::Text(text) }
    }

    /// A file that does not exist.
    pub fn missing(path: &'a str) -> Self {
        Self { path, content: Content::Missing }
    }

    /// A file that was read, or `None` for one that does not exist.
    pub fn new(path: &'a str, text: Option<&'a str>) -> Self {
        text.map_or_else(|| Self::missing(path), |text| Self::found(path, text))
    }
}

/// The limit of a calculation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit<'a> {
    /// It is known, in bytes.
    Known(i64),
    /// It is looked for as by the original.
    Files(Sources<'a>),
}

impl Limit<'_> {
    /// The limit in bytes. Warnings and explanations are appended to `log`.
    pub fn total(&self, log: &mut Vec<String>) -> i64 {
        match self {
            Self::Known(total) => *total,
            Self::Files(sources) => sources.total(log),
        }
    }
}

/// Where the limit may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sources<'a> {
    /// cgroup version 1 limit.
    pub cgroup_v1: File<'a>,
    /// cgroup version 2 limit.
    pub cgroup_v2: File<'a>,
    /// Memory figures of the machine.
    pub meminfo: File<'a>,
}

impl Default for Sources<'_> {
    /// The kernel's paths, none of them present.
    fn default() -> Self {
        Self {
            cgroup_v1: File::missing(CGROUP_V1),
            cgroup_v2: File::missing(CGROUP_V2),
            meminfo: File::missing(MEMINFO),
        }
    }
}

impl Sources<'_> {
    /// The limit in bytes. Warnings and explanations are appended to `log`.
    pub fn total(&self, log: &mut Vec<String>) -> i64 {
        let total = cgroup(&self.cgroup_v1, log)
            .or_else(|| cgroup(&self.cgroup_v2, log))
            .or_else(|| available(&self.meminfo, log));
        match total {
            None => {
                log.push("WARNING: Unable to determine memory limit. Configuring JVM for 1G container.".to_owned());
                FALLBACK
            }
            Some(total) if total > LARGEST => {
                log.push("WARNING: Container memory limit too large. Configuring JVM for 64T container.".to_owned());
                LARGEST
            }
            Some(total) => total,
        }
    }
}

fn cgroup(file: &File<'_>, log: &mut Vec<String>) -> Option<i64> {
    let text = match file.content {
        Content::Missing => return None,
        Content::Unreadable(cause) => {
            log.push(format!("WARNING: Unable to read {}: {cause}", file.path));
            return None;
        }
        Content::Text(text) => text.trim(),
    };
    let cause = match size::parse_digits(text, "kmgt") {
        Ok(UNSET) => return None,
        Ok(limit) => return Some(limit),
        Err(_) if text == "max" => return None,
        Err(size::DigitsError::Pattern) => {
            format!(r#"memory size {} does not match pattern "^([\\d]+)([kmgtKMGT]?)$""#, go::quote(text))
        }
        Err(size::DigitsError::TooLarge(digits)) => format!("memory size \"{digits}\" is not an integer"),
    };
    log.push(format!(
        "WARNING: Unable to convert memory limit {} from path {} as int: {cause}",
        go::quote(text),
        go::quote(file.path)
    ));
    None
}

fn available(file: &File<'_>, log: &mut Vec<String>) -> Option<i64> {
    let text = match file.content {
        Content::Missing => return None,
        Content::Unreadable(cause) => {
            log.push(format!("WARNING: failed to read {}: {cause}", go::quote(file.path)));
            return None;
        }
        Content::Text(text) => text,
    };
    match meminfo(text, "MemAvailable:") {
        Ok(bytes) => {
            log.push(format!("Calculating JVM memory based on {} available memory", size::print(bytes)));
            log.push(
                "For more information on this calculation, see https://paketo.io/docs/reference/java-reference/#memory-calculator"
                    .to_owned(),
            );
            // The machine can report the very number that stands for "no limit".
            (bytes != UNSET).then_some(bytes)
        }
        Err(cause) => {
            log.push(format!("WARNING: failed to parse available memory from path {}: {cause}", go::quote(file.path)));
            None
        }
    }
}

/// A figure of the machine's memory: the name with its colon, white space, digits, and the rest of the line as unit.
pub(crate) fn meminfo(text: &str, name: &str) -> Result<i64, String> {
    let found = text.match_indices(name).find_map(|(at, _)| {
        let rest = text[at + name.len()..].trim_start_matches([' ', '\t', '\n', '\x0c', '\r']);
        let end = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
        (end > 0).then(|| rest.split_at(end))
    });
    let (digits, rest) = found.ok_or_else(|| format!(r"failed to match pattern '{name}\s*(\d+)(.*)'"))?;
    let number: i64 = digits.parse().map_err(|_| {
        let cause = go::ParseError { function: "ParseInt", text: digits.to_owned(), reason: go::Reason::Range };
        format!("unable to convert available memory {digits} to integer\n{cause}")
    })?;
    let unit = rest.split('\n').next().unwrap_or_default();
    let factor = match unit.trim() {
        "kB" | "KB" | "KiB" => size::KIBI,
        "MB" | "MiB" => size::MEBI,
        "GB" | "GiB" => size::GIBI,
        "TB" | "TiB" => size::TEBI,
        "B" | "" => 1,
        _ => return Err(format!("unrecognized unit {}", go::quote(unit))),
    };
    Ok(number.wrapping_mul(factor))
}
