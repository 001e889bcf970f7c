//! One version.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::qualifier::Qualifier;

/// Longest accepted version, bytes.
const MAX_BYTES: usize = 128;

/// A version: numbers, qualifier, build, and the text it was written as.
///
/// Equality and order look at the meaning, not at the text: trailing zeros do not count (`17` = `17.0.0`), words for a
/// release do not count (`3.0.0.RELEASE` = `3.0.0`), what Java calls the optional part does not count (`25.0.3+9-LTS` =
/// `25.0.3+9`). Java's old form `1.8.0_432` is `8.0.432`; plain `1.8` is that only for a JRE: see [`Version::java`].
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    numbers: Vec<u64>,
    qualifier: Qualifier,
    build: Vec<u64>,
    text: String,
}

/// Why a text is not a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version: {reason}")]
pub struct VersionError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Version {
    /// Reads a version in any of the forms `17.0.20+10`, `1.8.0_432`, `8u492-b09`, `21.0.5_b11`, `25`, `3.0.0.RELEASE`.
    ///
    /// # Errors
    /// When it does not start with a digit, has a number over 64 bits, blanks or characters no version has.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let error = |reason| VersionError { text: text.to_owned(), reason };
        if text.len() > MAX_BYTES {
            return Err(error("it is longer than 128 bytes"));
        }
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(error("it does not start with a digit"));
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+~".contains(&b)) {
            return Err(error("only letters, digits and `.`, `-`, `_`, `+`, `~` may be in it"));
        }
        let (mut numbers, rest) = leading_numbers(text).ok_or_else(|| error("a number is too large"))?;
        let (rest, legacy) = match java_update(&numbers, rest) {
            Some((update, rest)) => {
                let major = if numbers[0] == 1 { numbers.get(1).copied().unwrap_or(1) } else { numbers[0] };
                numbers = vec![major, 0, update];
                (rest, true)
            }
            None => (rest, false),
        };
        let (build, rest) = build_number(rest, legacy);
        while numbers.last() == Some(&0) && numbers.len() > 1 {
            numbers.pop();
        }
        let optional = !build.is_empty() && rest.starts_with('-');
        let qualifier = if optional { Qualifier::default() } else { Qualifier::parse(rest) };
        Ok(Self { numbers, qualifier, build, text: text.to_owned() })
    }

    /// The same version read as Java's: `1.8` is `8`. Other artifacts have real versions 1.8.
    #[must_use]
    pub fn java(mut self) -> Self {
        if matches!(self.numbers[..], [1, 1..=9, ..]) {
            self.numbers.remove(0);
        }
        self
    }

    /// The numbers without trailing zeros, at least one.
    pub fn numbers(&self) -> &[u64] {
        &self.numbers
    }

    /// The first number; for a JRE its feature version, 8 for `1.8.0_432`.
    pub fn major(&self) -> u64 {
        self.numbers[0]
    }

    /// The number after `+` or `_b`, if there is one.
    pub fn build(&self) -> Option<u64> {
        self.build.first().copied()
    }

    /// Whether it comes before a release: `RC1`, `SNAPSHOT`, `M2`, `ea`.
    pub fn is_pre_release(&self) -> bool {
        self.qualifier.is_pre_release()
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn has_qualifier(&self) -> bool {
        !self.qualifier.is_release()
    }

    pub(super) fn same_without_build(&self, other: &Self) -> bool {
        self.numbers == other.numbers && self.qualifier == other.qualifier
    }
}

/// The numbers at the start, and the rest.
fn leading_numbers(text: &str) -> Option<(Vec<u64>, &str)> {
    let mut numbers = Vec::new();
    let mut rest = text;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        numbers.push(rest[..digits].parse().ok()?);
        rest = &rest[digits..];
        match rest.strip_prefix('.') {
            Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) && is_number(next) => rest = next,
            _ => return Some((numbers, rest)),
        }
    }
}

/// Whether the component at the start is digits only, not `2jre8`.
fn is_number(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    !text[end..].starts_with(|c: char| c.is_ascii_alphabetic() && c != 'u')
}

/// The update of Java's old forms `1.8.0_432` and `8u432`, and the rest.
fn java_update<'t>(numbers: &[u64], rest: &'t str) -> Option<(u64, &'t str)> {
    let update = match numbers {
        [1, 1..=9, 0] | [1, 1..=9, 0, 0] => rest.strip_prefix('_')?,
        [_] => rest.strip_prefix('u')?,
        _ => return None,
    };
    let digits = update.find(|c: char| !c.is_ascii_digit()).unwrap_or(update.len());
    Some((update[..digits].parse().ok()?, &update[digits..]))
}

/// The build after `+` or `_b` (`-b` after an update), and the rest.
fn build_number(rest: &str, legacy: bool) -> (Vec<u64>, &str) {
    let after = rest
        .strip_prefix('+')
        .or_else(|| rest.strip_prefix("_b"))
        .or_else(|| if legacy { rest.strip_prefix("-b") } else { None });
    let Some(after) = after.filter(|after| after.starts_with(|c: char| c.is_ascii_digit())) else {
        return (Vec::new(), rest);
    };
    match leading_numbers(after) {
        Some((mut build, rest)) => {
            while build.last() == Some(&0) && build.len() > 1 {
                build.pop();
            }
            (build, rest)
        }
        None => (Vec::new(), rest),
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| self.qualifier.cmp(&other.qualifier))
            .then_with(|| self.build.cmp(&other.build))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.numbers.hash(state);
        self.qualifier.hash(state);
        self.build.hash(state);
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({})", self.text)
    }
}

impl FromStr for Version {
    type Err = VersionError;
    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;
    fn try_from(text: String) -> Result<Self, VersionError> {
        Self::parse(&text)
    }
}

impl From<Version> for String {
    fn from(version: Version) -> String {
        version.text
    }
}
