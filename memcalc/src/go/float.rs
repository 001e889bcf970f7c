//! Floating point numbers: parsing, and conversion to and from integers.

use super::number::{ParseError, Reason, underscores_separate_digits};

/// Converts to an integer, truncating toward zero. NaN and values beyond 64 bits become the minimum, as the
/// processor instruction on amd64 has it (Rust's `as` would saturate).
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub fn trunc(value: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&value) { value as i64 } else { i64::MIN }
}

/// Converts an integer to a double, rounding to nearest.
#[expect(clippy::cast_precision_loss, reason = "as the originals do")]
pub fn float(value: i64) -> f64 {
    value as f64
}

/// Reads a number, rounds it to single precision, and gives it as a double.
///
/// # Errors
/// [`ParseError`]; beyond the largest single-precision number it is out of range.
pub fn parse_float32(text: &str) -> Result<f64, ParseError> {
    parse(text, &SINGLE).map_err(|reason| ParseError::new("ParseFloat", text, reason))
}

/// Reads a double.
///
/// # Errors
/// The reason alone; the flag package words it itself.
pub fn parse_float64(text: &str) -> Result<f64, Reason> {
    parse(text, &DOUBLE)
}

/// What tells single from double precision.
struct Format {
    /// Bits of the mantissa, without the implicit one.
    mantissa: u32,
    /// Exponent of the smallest positive number.
    least: i32,
    /// The largest number.
    most: f64,
    decimal: fn(&str) -> Option<f64>,
}

const SINGLE: Format = Format {
    mantissa: 23,
    least: -149,
    most: f32::MAX as f64,
    decimal: |text| text.parse::<f32>().ok().map(f64::from),
};
const DOUBLE: Format = Format { mantissa: 52, least: -1074, most: f64::MAX, decimal: |text| text.parse().ok() };

fn parse(text: &str, format: &Format) -> Result<f64, Reason> {
    if let Some(special) = special(text) {
        return Ok(special);
    }
    if text.contains('_') && !underscores_separate_digits(text) {
        return Err(Reason::Syntax);
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let value = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => {
            let value = hexadecimal(&unsigned[2..], format).ok_or(Reason::Syntax)?;
            if plain.starts_with('-') { -value } else { value }
        }
        _ if decimal_syntax(unsigned) => (format.decimal)(&plain).ok_or(Reason::Syntax)?,
        _ => return Err(Reason::Syntax),
    };
    if value.abs() > format.most { Err(Reason::Range) } else { Ok(value) }
}

/// Infinity and not-a-number, spelt out in any case.
fn special(text: &str) -> Option<f64> {
    if text.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let infinite = unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity");
    infinite.then_some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY })
}

/// Digits with at most one point, at least one digit, and an optional exponent.
fn decimal_syntax(text: &str) -> bool {
    let (number, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    mantissa_syntax(number, u8::is_ascii_digit) && exponent.is_none_or(exponent_syntax)
}

fn mantissa_syntax(text: &str, digit: fn(&u8) -> bool) -> bool {
    let points = text.bytes().filter(|byte| *byte == b'.').count();
    let digits = text.bytes().filter(digit).count();
    points <= 1 && digits >= 1 && points + digits == text.len()
}

fn exponent_syntax(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Hexadecimal digits with at most one point, and a mandatory binary exponent; `None` for another form. Too large a
/// number is infinite.
fn hexadecimal(text: &str, format: &Format) -> Option<f64> {
    let at = text.find(['p', 'P'])?;
    let (number, power) = (&text[..at], &text[at + 1..]);
    if !mantissa_syntax(number, u8::is_ascii_hexdigit) || !exponent_syntax(power) {
        return None;
    }
    let power: i32 = power
        .parse::<i32>()
        .map_or(if power.starts_with('-') { -100_000 } else { 100_000 }, |power| power.clamp(-100_000, 100_000));
    // The leading 62 bits; what is cut off sets the lowest bit.
    let (mut bits, mut exponent, mut fraction) = (0u64, power, false);
    for byte in number.bytes() {
        let Some(digit) = char::from(byte).to_digit(16) else {
            fraction = true;
            continue;
        };
        if bits >> 58 == 0 {
            bits = bits << 4 | u64::from(digit);
            exponent -= if fraction { 4 } else { 0 };
        } else {
            bits |= u64::from(digit != 0);
            exponent += if fraction { 0 } else { 4 };
        }
    }
    Some(round(bits, exponent, format))
}

/// `bits` times two to the `exponent`, rounded to nearest, ties to even.
fn round(mut bits: u64, mut exponent: i32, format: &Format) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    // Two more bits than the mantissa has, for rounding.
    while bits >> (format.mantissa + 2) == 0 {
        bits <<= 1;
        exponent -= 1;
    }
    while bits >> (format.mantissa + 3) != 0 || exponent < format.least - 2 && bits > 1 {
        bits = bits >> 1 | bits & 1;
        exponent += 1;
    }
    if exponent < format.least - 2 {
        return 0.0;
    }
    let tail = bits & 3;
    bits >>= 2;
    exponent += 2;
    bits += u64::from(tail == 3 || tail == 2 && bits & 1 == 1);
    #[expect(clippy::cast_precision_loss, reason = "at most 53 bits")]
    let mut value = bits as f64;
    while exponent > 0 && value.is_finite() {
        value *= 2.0;
        exponent -= 1;
    }
    while exponent < 0 {
        value /= 2.0;
        exponent += 1;
    }
    value
}
