//! The few conventions of the originals' language that show in their results: number parsing with its messages,
//! quoting, and conversion of floating point numbers to integers.

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
    fn new(function: &'static str, text: &str, reason: Reason) -> Self {
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
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ParseError::new(function, text, Reason::Syntax));
    }
    text.parse().map_err(|_| ParseError::new(function, text, Reason::Range))
}

/// Reads a decimal unsigned 32-bit integer: ASCII digits only.
///
/// # Errors
/// [`ParseError`] naming `ParseUint`.
pub fn parse_uint32(text: &str) -> Result<u32, ParseError> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ParseError::new("ParseUint", text, Reason::Syntax));
    }
    text.parse().map_err(|_| ParseError::new("ParseUint", text, Reason::Range))
}

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

/// Quotes in double quotes with backslash escapes; printable Unicode is kept.
pub fn quote(text: &str) -> String {
    use fmt::Write as _;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            _ if printable(c) => out.push(c),
            _ => {
                let code = u32::from(c);
                // Writing to a string cannot fail.
                let _ = match code {
                    0..0x20 | 0x7f => write!(out, "\\x{code:02x}"),
                    0x80..0x1_0000 => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// Whether the character is a letter, mark, number, punctuation, symbol or the ASCII space.
fn printable(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    // The standard library keeps the same classification for its debug output; combining characters it would
    // escape only at the start of a string, hence the letter in front.
    let mut buffer = [b'a'; 5];
    let length = c.encode_utf8(&mut buffer[1..]).len();
    let text = std::str::from_utf8(&buffer[..=length]).unwrap_or("a");
    text.escape_debug().nth(1) != Some('\\')
}
