//! Memory sizes: signed 64-bit byte counts, how people and each generation write them, and how they are printed.
//!
//! [`parse()`] is for every option and variable of our own; [`parse_digits`] and [`parse_v2`] are the originals' grammars, whose
//! multiplying by a unit wraps on overflow.

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

/// Why a text is no size for [`parse()`]. `Display` says what would be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Not a positive number with a unit.
    Form,
    /// A number so small that a unit must have been meant; carries the likely one.
    NoUnit(String),
    /// More than 63 bits of bytes.
    TooLarge,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Form => f.write_str("a size such as 512M or 1.5G is needed"),
            Self::NoUnit(meant) => write!(f, "a size needs a unit: did you mean {meant}?"),
            Self::TooLarge => f.write_str("no size is that large"),
        }
    }
}

impl std::error::Error for ParseError {}

/// Reads a size as people write it: `512M`, `512m`, `512MB`, `512Mi`, `512MiB`, `1.5G`, with `B`, `K`, `M`, `G` or `T`, all of
/// them powers of 1,024. A number without a unit counts bytes, from 1 MiB on; white space around is of no account.
///
/// # Errors
/// [`ParseError`] for anything else, nothing and zero among it.
pub fn parse(text: &str) -> Result<i64, ParseError> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, after)| (whole, Some(after)));
    if whole.is_empty() || fraction.is_some_and(|digits| digits.is_empty() || digits.contains('.')) {
        return Err(ParseError::Form);
    }
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "ki" | "kib" => KIBI,
        "m" | "mb" | "mi" | "mib" => MEBI,
        "g" | "gb" | "gi" | "gib" => GIBI,
        "t" | "tb" | "ti" | "tib" => TEBI,
        _ => return Err(ParseError::Form),
    };
    let bytes = times(whole, fraction.unwrap_or_default(), factor).ok_or(ParseError::TooLarge)?;
    match bytes {
        0 => Err(ParseError::Form),
        _ if unit.is_empty() && (fraction.is_some() || bytes < MEBI) => {
            Err(ParseError::NoUnit(format!("{number}{}", likely_unit(bytes))))
        }
        _ => Ok(bytes),
    }
}

/// `whole.fraction * factor`, rounded down; none beyond 63 bits.
fn times(whole: &str, fraction: &str, factor: i64) -> Option<i64> {
    let whole = whole.parse::<i64>().ok()?.checked_mul(factor)?;
    // More digits make no byte.
    let digits = &fraction[..fraction.len().min(18)];
    let scale = digits.bytes().fold(1_i128, |scale, _| scale * 10);
    let more = digits.parse::<i128>().unwrap_or_default() * i128::from(factor) / scale;
    whole.checked_add(i64::try_from(more).ok()?)
}

/// What is meant by a number of no unit: no limit of a JVM is below 64 MiB or above some hundred GiB.
fn likely_unit(number: i64) -> char {
    match number {
        ..64 => 'G',
        64..65_536 => 'M',
        _ => 'K',
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_sizes_in_many_ways() {
        for (text, bytes) in [
            ("512M", 512 * MEBI),
            ("512m", 512 * MEBI),
            ("512MB", 512 * MEBI),
            ("512mb", 512 * MEBI),
            ("512Mi", 512 * MEBI),
            ("512MiB", 512 * MEBI),
            (" 1G\n", GIBI),
            ("1Gi", GIBI),
            ("1.5G", 1536 * MEBI),
            ("1.50GiB", 1536 * MEBI),
            ("0.5g", 512 * MEBI),
            ("2.25T", 2304 * GIBI),
            ("1.999999999999999999999999K", 2047),
            ("393216k", 384 * MEBI),
            ("536870912", 512 * MEBI),
            ("536870912B", 512 * MEBI),
            ("1b", 1),
            ("8388607T", 8_388_607 * TEBI),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        let meant = |text: &str| ParseError::NoUnit(text.to_owned());
        for (text, error) in [
            ("", ParseError::Form),
            (" ", ParseError::Form),
            ("0", ParseError::Form),
            ("0G", ParseError::Form),
            ("0.0M", ParseError::Form),
            ("-1", ParseError::Form),
            ("-1G", ParseError::Form),
            ("+1G", ParseError::Form),
            ("1.5.2G", ParseError::Form),
            ("1.G", ParseError::Form),
            (".5G", ParseError::Form),
            ("1,5G", ParseError::Form),
            ("12XB", ParseError::Form),
            ("1P", ParseError::Form),
            ("1e3M", ParseError::Form),
            ("512 M", ParseError::Form),
            ("M", ParseError::Form),
            ("lots", ParseError::Form),
            ("max", ParseError::Form),
            ("512", meant("512M")),
            ("2", meant("2G")),
            ("1.5", meant("1.5G")),
            ("524288", meant("524288K")),
            ("8388608T", ParseError::TooLarge),
            ("99999999999999999999", ParseError::TooLarge),
        ] {
            assert_eq!(parse(text).unwrap_err(), error, "{text}");
        }
    }
}
