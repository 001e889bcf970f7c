//! Memory sizes: signed 64-bit byte counts, how each generation reads them and how it prints them.
//!
//! Multiplying by a unit wraps on overflow, as in the originals.

use crate::go;

/// 1 KiB in bytes.
pub const KIBI: i64 = 1 << 10;
/// 1 MiB in bytes.
pub const MEBI: i64 = 1 << 20;
/// 1 GiB in bytes.
pub const GIBI: i64 = 1 << 30;
/// 1 TiB in bytes.
pub const TEBI: i64 = 1 << 40;

/// The largest unit a generation prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Largest {
    /// v2 and v3 stop at `G`.
    G,
    /// v4 and libjvm go up to `T`.
    T,
}

/// Prints a byte count the way v4 and libjvm do: the largest of `K`, `M`, `G`, `T` that divides the whole KiB.
///
/// The value is rounded down to a KiB first; less than one KiB prints `0`.
pub fn print(bytes: i64) -> String {
    print_up_to(bytes, Largest::T)
}

/// Prints a byte count with the given largest unit. See [`print()`].
pub fn print_up_to(bytes: i64, largest: Largest) -> String {
    let kibi = bytes / KIBI;
    if kibi == 0 {
        return "0".to_owned();
    }
    let units: &[(i64, char)] = match largest {
        Largest::T => &[(GIBI, 'T'), (MEBI, 'G'), (KIBI, 'M')],
        Largest::G => &[(MEBI, 'G'), (KIBI, 'M')],
    };
    for (divisor, letter) in units {
        if kibi % divisor == 0 {
            return format!("{}{letter}", kibi / divisor);
        }
    }
    format!("{kibi}K")
}

/// Why a size was not understood by [`parse_digits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigitsError<'a> {
    /// Not digits followed by at most one unit letter.
    Pattern,
    /// The digits do not fit 64 bits; carries them.
    TooLarge(&'a str),
}

/// Reads `digits[unit]` as v4 (`units` = `bkmgt`) and libjvm (`kmgt`) do. The letter may be of either case; without
/// one the number counts bytes. Does not trim.
///
/// # Errors
/// [`DigitsError`] when the form is another, or the number itself exceeds 63 bits.
pub fn parse_digits<'a>(text: &'a str, units: &str) -> Result<i64, DigitsError<'a>> {
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    if digits.is_empty() {
        return Err(DigitsError::Pattern);
    }
    let factor = match unit.as_bytes() {
        [] => 1,
        [letter] if units.as_bytes().contains(&letter.to_ascii_lowercase()) => factor(*letter),
        _ => return Err(DigitsError::Pattern),
    };
    let number: i64 = digits.parse().map_err(|_| DigitsError::TooLarge(digits))?;
    Ok(number.wrapping_mul(factor))
}

fn factor(letter: u8) -> i64 {
    match letter.to_ascii_lowercase() {
        b'k' => KIBI,
        b'm' => MEBI,
        b'g' => GIBI,
        b't' => TEBI,
        _ => 1,
    }
}

/// Why v2 and v3 did not understand a size; `Display` is the original's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SizeError {
    /// Nothing but white space.
    Empty,
    /// The unit (one of `b k m g`) is missing or unknown; carries the trimmed text.
    Unit(String),
    /// What precedes the unit is not a 64-bit integer.
    Number(go::ParseError),
}

impl std::fmt::Display for SizeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("memory size string cannot be empty"),
            Self::Unit(text) => write!(f, "invalid memory size string '{text}'"),
            Self::Number(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SizeError {}

/// Reads a size as v2 and v3 do: an optional sign, digits, and a mandatory unit `b k m g`; a bare `0` is allowed.
///
/// # Errors
/// [`SizeError`] for anything else.
pub fn parse_v2(text: &str) -> Result<i64, SizeError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(SizeError::Empty);
    }
    if text == "0" {
        return Ok(0);
    }
    match text.as_bytes().last() {
        Some(letter) if b"bkmg".contains(&letter.to_ascii_lowercase()) => {
            let number = go::parse_int("ParseInt", &text[..text.len() - 1]).map_err(SizeError::Number)?;
            Ok(number.wrapping_mul(factor(*letter)))
        }
        _ => Err(SizeError::Unit(text.to_owned())),
    }
}
