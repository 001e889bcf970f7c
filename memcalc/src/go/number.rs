//! Integers and truth values, and why they are refused.

use super::quote;
use std::fmt;

/// Why a number was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Not a number of the expected form.
    Syntax,
    /// A number, but beyond the type.
    Range,
}

/// A refused number; `Display` is the originals' text, for example
/// `strconv.Atoi: parsing "abc": invalid syntax`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Name of the parsing function the message mentions.
    pub function: &'static str,
    /// The text that was refused.
    pub text: String,
    /// Why.
    pub reason: Reason,
}

impl ParseError {
    pub(crate) fn new(function: &'static str, text: &str, reason: Reason) -> Self {
        Self { function, text: text.to_owned(), reason }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.reason {
            Reason::Syntax => "invalid syntax",
            Reason::Range => "value out of range",
        };
        write!(f, "strconv.{}: parsing {}: {reason}", self.function, quote(&self.text))
    }
}

impl std::error::Error for ParseError {}

/// Reads a decimal signed 64-bit integer: optional sign, ASCII digits, nothing else.
///
/// # Errors
/// [`ParseError`] naming `function`.
pub fn parse_int(function: &'static str, text: &str) -> Result<i64, ParseError> {
    signed(text, |digits| magnitude(digits, 10, false, u64::MAX))
        .map_err(|reason| ParseError::new(function, text, reason))
}

/// Reads a signed 64-bit integer literal: decimal, `0x`, `0b`, `0o`, or octal by a leading zero; digits may be grouped
/// by underscores.
///
/// # Errors
/// The reason alone; the flag package words it itself.
pub fn parse_int_literal(text: &str) -> Result<i64, Reason> {
    signed(text, |digits| {
        let (base, rest) = match digits.as_bytes() {
            [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
            [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
            [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
            [b'0', ..] => (8, &digits[1..]),
            _ => (10, digits),
        };
        if base == 8 && rest.is_empty() {
            return Ok(0);
        }
        let value = magnitude(rest, base, true, u64::MAX)?;
        if underscores_separate_digits(digits) { Ok(value) } else { Err(Reason::Syntax) }
    })
}

/// Reads a decimal unsigned 32-bit integer: ASCII digits only.
///
/// # Errors
/// [`ParseError`] naming `ParseUint`.
pub fn parse_uint32(text: &str) -> Result<u32, ParseError> {
    magnitude(text, 10, false, u64::from(u32::MAX))
        .and_then(|value| u32::try_from(value).map_err(|_| Reason::Range))
        .map_err(|reason| ParseError::new("ParseUint", text, reason))
}

/// Reads a truth value: `1`, `t`, `T`, `true`, `TRUE`, `True` and their counterparts.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn signed(text: &str, magnitude: impl Fn(&str) -> Result<u64, Reason>) -> Result<i64, Reason> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() {
        return Err(Reason::Syntax);
    }
    let value = magnitude(digits)?;
    let value = if negative { 0i64.checked_sub_unsigned(value) } else { i64::try_from(value).ok() };
    value.ok_or(Reason::Range)
}

/// Digits of a base. Exceeding `most` is noticed at the digit where it happens, before what follows is looked at.
fn magnitude(digits: &str, base: u64, underscores: bool, most: u64) -> Result<u64, Reason> {
    if digits.is_empty() {
        return Err(Reason::Syntax);
    }
    let mut value = 0u64;
    for byte in digits.bytes() {
        let digit = match byte {
            b'_' if underscores => continue,
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            b'A'..=b'Z' => byte - b'A' + 10,
            _ => return Err(Reason::Syntax),
        };
        let digit = u64::from(digit);
        if digit >= base {
            return Err(Reason::Syntax);
        }
        value = value
            .checked_mul(base)
            .and_then(|value| value.checked_add(digit))
            .filter(|value| *value <= most)
            .ok_or(Reason::Range)?;
    }
    Ok(value)
}

/// Whether every underscore stands between digits; a base prefix counts as a digit.
pub(super) fn underscores_separate_digits(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mut previous, rest, hex) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', rest @ ..] => (b'0', rest, true),
        [b'0', b'b' | b'B' | b'o' | b'O', rest @ ..] => (b'0', rest, false),
        rest => (b'^', rest, false),
    };
    for byte in rest {
        let class = if byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit() {
            b'0'
        } else if *byte == b'_' {
            b'_'
        } else {
            b'!'
        };
        if class == b'_' && previous != b'0' || class == b'!' && previous == b'_' {
            return false;
        }
        previous = class;
    }
    previous != b'_'
}
