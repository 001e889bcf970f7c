//! Text of others in messages: names from archives, manifests and documents, which may be hostile. Control characters are
//! escaped, so that no terminal obeys them, and what is long is cut in its middle, so that a message stays one that is read.

use std::fmt;

/// Most characters of a name in a message.
pub const NAME_CHARACTERS: usize = 120;
/// Most characters of a line of a message: room for a path of usual length and what is said of it.
pub const LINE_CHARACTERS: usize = 1000;
/// What stands where something was cut out.
const CUT: &str = "...";

/// A name of others, for a message.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        cut(self.0, NAME_CHARACTERS, f)
    }
}

/// Names of others, each in backticks, for a message: the first of them when there are many.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a>(pub &'a [String]);

/// Most names that are listed.
const LISTED: usize = 10;

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.iter().take(LISTED).enumerate() {
            write!(f, "{}`{}`", if at > 0 { ", " } else { "" }, Shown(name))?;
        }
        if self.0.len() > LISTED {
            write!(f, " and {} more", self.0.len() - LISTED)?;
        }
        Ok(())
    }
}

/// One line of a message.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LINE_CHARACTERS));
    // Writing into a `String` does not fail.
    let _ = cut(text, LINE_CHARACTERS, &mut out);
    out
}

/// Writes text with its control characters escaped, at most about `limit` characters: its two ends.
fn cut(text: &str, limit: usize, out: &mut impl fmt::Write) -> fmt::Result {
    // A text that long by bytes only is looked at as a whole once.
    if text.len() <= limit || text.chars().nth(limit).is_none() {
        return escape(text.chars(), limit, out);
    }
    let (start, end) = (limit * 2 / 3, limit / 3);
    let from = text.char_indices().rev().nth(end.saturating_sub(1)).map_or(0, |(at, _)| at);
    escape(text.chars().take(start), start, out)?;
    out.write_str(CUT)?;
    escape(text[from..].chars(), end, out)
}

/// Writes characters, those of control escaped, until about `limit` are written.
fn escape(characters: impl Iterator<Item = char>, limit: usize, out: &mut impl fmt::Write) -> fmt::Result {
    let mut written = 0;
    for character in characters {
        if written > limit {
            return out.write_str(CUT);
        }
        if is_obeyed(character) {
            let escaped = character.escape_default();
            written += escaped.len();
            for character in escaped {
                out.write_char(character)?;
            }
        } else {
            written += 1;
            out.write_char(character)?;
        }
    }
    Ok(())
}

/// Whether a terminal does something about the character instead of showing it: control characters, line and paragraph
/// separators, and those that change the direction of text.
pub fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_short_and_plain_stays() {
        assert_eq!(Shown("lib/ä.jar").to_string(), "lib/ä.jar");
        assert_eq!(Shown("a\u{1b}[31m\n\u{202e}").to_string(), "a\\u{1b}[31m\\n\\u{202e}");
        let long = format!("start{}end", "x".repeat(1 << 20));
        let shown = Shown(&long).to_string();
        assert!(shown.starts_with("start") && shown.contains("...") && shown.ends_with("end"), "{shown}");
    }

    #[test]
    fn of_many_names_the_first_are_listed() {
        let names: Vec<String> = (0..1000).map(|at| format!("n{at}")).collect();
        assert_eq!(Listed(&names[..2]).to_string(), "`n0`, `n1`");
        assert!(Listed(&names).to_string().ends_with("`n9` and 990 more"));
    }

    proptest! {
        #[test]
        fn nothing_is_obeyed_and_nothing_is_long(text in "(\u{1b}|\n|\u{2029}|é|x){0,400}") {
            for shown in [Shown(&text).to_string(), line(&text.repeat(9))] {
                prop_assert!(!shown.chars().any(is_obeyed));
                prop_assert!(shown.chars().count() <= LINE_CHARACTERS + 40);
            }
            prop_assert!(Shown(&text).to_string().chars().count() <= NAME_CHARACTERS + 40);
        }
    }
}
