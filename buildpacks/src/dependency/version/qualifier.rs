//! What follows the numbers of a version: `RELEASE`, `RC1`, `beta.11`, `SNAPSHOT`, in Maven's order.

use std::cmp::Ordering;

/// Rank of a plain release; words for it (`RELEASE`, `GA`, `Final`) rank equal to nothing at all.
const RELEASED: u8 = 5;

/// The parts of a qualifier. Nothing at all is a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Qualifier(Vec<Part>);

/// One word with the number behind it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Part {
    rank: u8,
    word: String,
    number: u64,
}

impl Qualifier {
    /// Reads `text`, the part of a version after its numbers; separators and case do not count.
    pub(super) fn parse(text: &str) -> Self {
        let mut parts: Vec<Part> = words(text).into_iter().map(|(word, number)| Part::new(word, number)).collect();
        while parts.last().is_some_and(|last| *last == Part::released()) {
            parts.pop();
        }
        Self(parts)
    }

    /// Whether it stands for something before a release, such as `RC1`.
    pub(super) fn is_pre_release(&self) -> bool {
        self.0.iter().any(|part| part.rank < RELEASED)
    }

    /// Whether there is nothing to say.
    pub(super) fn is_release(&self) -> bool {
        self.0.is_empty()
    }
}

impl Ord for Qualifier {
    fn cmp(&self, other: &Self) -> Ordering {
        let released = Part::released();
        let length = self.0.len().max(other.0.len());
        (0..length)
            .map(|at| self.0.get(at).unwrap_or(&released).cmp(other.0.get(at).unwrap_or(&released)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Qualifier {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Part {
    fn released() -> Self {
        Self { rank: RELEASED, word: String::new(), number: 0 }
    }

    fn new(word: String, number: u64) -> Self {
        let (rank, word) = match word.as_str() {
            "alpha" | "a" => (0, "alpha"),
            "beta" | "b" => (1, "beta"),
            "milestone" | "m" => (2, "milestone"),
            "rc" | "cr" | "ea" | "preview" => (3, "rc"),
            "snapshot" => (4, "snapshot"),
            "release" | "ga" | "final" => (RELEASED, ""),
            "sp" | "sr" => (6, "sp"),
            "" => (8, ""),
            _ => return Self { rank: 7, word, number },
        };
        Self { rank, word: word.to_owned(), number }
    }
}

/// Splits at separators and between letters and digits; a number belongs to the word before it. `BUILD-SNAPSHOT` is
/// one word.
fn words(text: &str) -> Vec<(String, u64)> {
    let mut words: Vec<(String, Option<u64>)> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let same = |c: char| c.is_ascii_alphanumeric() && c.is_ascii_digit() == first.is_ascii_digit();
        if !first.is_ascii_alphanumeric() {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (token, tail) = rest.split_at(rest.find(|c| !same(c)).unwrap_or(rest.len()));
        rest = tail;
        if first.is_ascii_digit() {
            let number = token.parse().unwrap_or(u64::MAX);
            match words.last_mut() {
                Some((_, slot @ None)) => *slot = Some(number),
                _ => words.push((String::new(), Some(number))),
            }
        } else {
            words.push((token.to_ascii_lowercase(), None));
        }
    }
    words.retain(|(word, _)| word != "build");
    words.into_iter().map(|(word, number)| (word, number.unwrap_or(0))).collect()
}
