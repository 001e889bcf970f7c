//! Versions as the manifest's reader compares them: semantic ones, build metadata apart.
//!
//! A constraint is alternatives (`||`) of comparisons that must all hold (`>=17.0.0 <18`). `x`, `X` and `*` stand for any
//! number, and so do numbers that are not written.

use std::cmp::Ordering;

/// A constraint that is none, or versions that are none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum MatchError {
    /// The constraint cannot be read.
    #[error("improper constraint: {0}")]
    Constraint(String),
    /// A listed version is not semantic: none is chosen then.
    #[error("Invalid Semantic Version")]
    Version,
    /// Nothing matches.
    #[error("no match found for {constraint} in [{}]", versions.join(" "))]
    Nothing {
        /// What was asked for.
        constraint: String,
        /// What there is.
        versions: Vec<String>,
    },
}

/// A version's numbers and what follows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Semantic {
    /// Major, minor, patch.
    pub(super) numbers: [u64; 3],
    /// `RELEASE` of `3.4.0-RELEASE`; empty without.
    pub(super) pre_release: String,
}

/// Some of a version's numbers: leading ones.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Partial {
    numbers: Vec<u64>,
    pre_release: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    /// The last number written, or one less where all three are, may grow.
    Tilde,
    /// Everything right of the first number that is not 0 may grow.
    Caret,
}

const OPERATORS: [(&str, Operator); 11] = [
    (">=", Operator::GreaterOrEqual),
    ("=>", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("=<", Operator::LessOrEqual),
    ("!=", Operator::NotEqual),
    ("==", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("=", Operator::Equal),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];

impl Semantic {
    /// Reads `major[.minor[.patch]][-pre][+build]`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (partial, wild) = Partial::parse(text)?;
        if wild || partial.numbers.is_empty() {
            return None;
        }
        let at = |index: usize| partial.numbers.get(index).copied().unwrap_or(0);
        Some(Self { numbers: [at(0), at(1), at(2)], pre_release: partial.pre_release })
    }
}

impl PartialOrd for Semantic {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Semantic {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.pre_release.is_empty(), other.pre_release.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => self.pre_release.cmp(&other.pre_release),
            }
        })
    }
}

impl Partial {
    /// The numbers before the first wildcard, and whether there is one. Nothing but wildcards may follow it.
    fn parse(text: &str) -> Option<(Self, bool)> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        let (core, pre_release) = text.split_once('-').map_or((text, None), |(core, rest)| (core, Some(rest)));
        if ![build, pre_release].into_iter().flatten().all(is_identifiers) {
            return None;
        }
        let parts: Vec<_> = core.split('.').collect();
        if parts.len() > 3 {
            return None;
        }
        let mut numbers = Vec::new();
        let mut wild = false;
        for part in parts {
            if matches!(part, "x" | "X" | "*") {
                wild = true;
            } else if wild || part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            } else {
                numbers.push(part.parse().ok()?);
            }
        }
        Some((Self { numbers, pre_release: pre_release.unwrap_or_default().to_owned() }, wild))
    }

    /// The least version it stands for.
    fn floor(&self) -> Semantic {
        let at = |index: usize| self.numbers.get(index).copied().unwrap_or(0);
        Semantic { numbers: [at(0), at(1), at(2)], pre_release: self.pre_release.clone() }
    }

    /// The least version above everything that shares the first `kept` numbers; none when nothing is above.
    fn ceiling(&self, kept: usize) -> Option<Semantic> {
        let kept = kept.min(self.numbers.len());
        let mut numbers = [0; 3];
        numbers[..kept].copy_from_slice(&self.numbers[..kept]);
        let last = kept.checked_sub(1)?;
        numbers[last] = numbers[last].saturating_add(1);
        Some(Semantic { numbers, pre_release: String::new() })
    }

    /// Whether the version shares all numbers written.
    fn covers(&self, version: &Semantic) -> bool {
        if self.numbers.len() == 3 {
            return self.floor() == *version;
        }
        self.numbers.iter().eq(version.numbers[..self.numbers.len()].iter())
    }

    fn holds(&self, operator: Operator, version: &Semantic) -> bool {
        let below = |ceiling: Option<Semantic>| ceiling.is_none_or(|ceiling| *version < ceiling);
        match operator {
            Operator::Equal => self.covers(version),
            Operator::NotEqual => !self.covers(version),
            Operator::GreaterOrEqual => *version >= self.floor(),
            Operator::Less => *version < self.floor(),
            Operator::Greater => !below(self.ceiling(3)) || self.numbers.len() == 3 && *version > self.floor(),
            Operator::LessOrEqual => {
                if self.numbers.len() == 3 {
                    *version <= self.floor()
                } else {
                    below(self.ceiling(3))
                }
            }
            Operator::Tilde => *version >= self.floor() && below(self.ceiling(self.numbers.len().clamp(1, 2))),
            Operator::Caret => {
                let significant =
                    self.numbers.iter().position(|number| *number != 0).map_or(self.numbers.len(), |at| at + 1);
                *version >= self.floor() && below(self.ceiling(significant))
            }
        }
    }
}

/// Identifiers with dots between them: what may stand behind `-` and `+`. Versions become names of files and words of
/// commands.
fn is_identifiers(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

fn comparisons(constraint: &str) -> Option<Vec<Vec<(Operator, Partial)>>> {
    let alternative = |text: &str| {
        let words = text.split([' ', ',']).filter(|word| !word.is_empty());
        let comparisons: Option<Vec<_>> = words
            .map(|word| {
                let found = OPERATORS.iter().find_map(|(sign, operator)| Some((*operator, word.strip_prefix(sign)?)));
                let (operator, rest) = found.unwrap_or((Operator::Equal, word));
                Some((operator, Partial::parse(rest)?.0))
            })
            .collect();
        comparisons.filter(|comparisons| !comparisons.is_empty())
    };
    constraint.split("||").map(alternative).collect()
}

/// The highest version that the constraint takes; of equal ones the last.
pub(super) fn highest<'v>(constraint: &str, versions: &[&'v str]) -> Result<&'v str, MatchError> {
    let alternatives = comparisons(constraint).ok_or_else(|| MatchError::Constraint(constraint.to_owned()))?;
    let mut best: Option<(Semantic, &str)> = None;
    for text in versions {
        let version = Semantic::parse(text).ok_or(MatchError::Version)?;
        let holds =
            alternatives.iter().any(|all| all.iter().all(|(operator, partial)| partial.holds(*operator, &version)));
        if holds && best.as_ref().is_none_or(|(known, _)| version >= *known) {
            best = Some((version, text));
        }
    }
    best.map(|(_, text)| text).ok_or_else(|| MatchError::Nothing {
        constraint: constraint.to_owned(),
        versions: versions.iter().map(|version| (*version).to_owned()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const JAVA: [&str; 5] = ["8.0.492+9", "11.0.32+11", "17.0.20+10", "21.0.12+10", "25.0.4+9"];

    #[test]
    fn the_highest_match_wins_and_builds_do_not_count() {
        for (constraint, found) in [
            ("17", "17.0.20+10"),
            ("17.x", "17.0.20+10"),
            ("17.*", "17.0.20+10"),
            ("17.0.*", "17.0.20+10"),
            ("~17", "17.0.20+10"),
            ("17.0.20", "17.0.20+10"),
            ("17.0.20+10", "17.0.20+10"),
            ("17.0.20+99", "17.0.20+10"),
            ("8.*", "8.0.492+9"),
            (">=17.0.0", "25.0.4+9"),
            (">=11 <17.0.20", "11.0.32+11"),
            ("<=11", "11.0.32+11"),
            (">17", "25.0.4+9"),
            ("^17.0.1", "17.0.20+10"),
            ("8.x || 11.x", "11.0.32+11"),
            ("!=25.0.4", "21.0.12+10"),
            ("*", "25.0.4+9"),
            ("x", "25.0.4+9"),
            ("4.x.x || 11.X", "11.0.32+11"),
        ] {
            assert_eq!(highest(constraint, &JAVA), Ok(found), "{constraint}");
        }
        assert_eq!(highest("3.x", &["3.4.0-RELEASE", "3.3.0"]), Ok("3.4.0-RELEASE"));
        assert_eq!(highest("1.x", &["1.0.0+1", "1.0.0+9", "1.0.0+2"]), Ok("1.0.0+2"));
    }

    #[test]
    fn what_cannot_match_says_so() {
        let nothing = highest("1.8.*", &JAVA).unwrap_err().to_string();
        assert_eq!(nothing, format!("no match found for 1.8.* in [{}]", JAVA.join(" ")));
        for constraint in ["10.1.+", "17.0.20.*", "", "latest", "17.*.1"] {
            assert_eq!(highest(constraint, &JAVA), Err(MatchError::Constraint(constraint.to_owned())), "{constraint}");
        }
        assert_eq!(highest("17.x", &["17.0.13.0"]), Err(MatchError::Version));
    }

    /// Versions become names of files and words of commands.
    #[test]
    fn what_follows_the_numbers_is_letters_digits_hyphens_and_dots() {
        for version in ["1.0.0-$(id)", "1.0.0+../../x", "1.0.0-a//b", "1.0.0+", "1.0.0-", "1.0.0-a..b", "1.0.0+a b"] {
            assert_eq!(Semantic::parse(version), None, "{version}");
            assert_eq!(highest("*", &[version]), Err(MatchError::Version), "{version}");
        }
    }
}
