//! Ranges of sizes, bounded or open above.

use super::print;
use crate::size;
use crate::v3::scale;
use std::fmt;

/// A range of sizes in bytes, both limits included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Least size.
    pub lower: i64,
    /// Largest size, or `None`: no limit.
    pub upper: Option<i64>,
}

/// Why a range was refused. `Display` is the original's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeError {
    /// Not a range; carries the trimmed text.
    Syntax(String),
    /// The lower limit is above the upper one.
    Reversed(i64, i64),
}

impl fmt::Display for RangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(text) => write!(f, "invalid string range '{text}'"),
            Self::Reversed(lower, upper) => {
                write!(f, "invalid bounded range: lower ({lower}) is higher than upper ({upper})")
            }
        }
    }
}

impl std::error::Error for RangeError {}

impl Range {
    /// From zero, without limit.
    pub const ANY: Self = Self { lower: 0, upper: None };

    /// Reads `size`, `size..size`, `size..`, `..size`, `..` or nothing.
    ///
    /// # Errors
    /// [`RangeError`] for anything else, and for limits the wrong way round.
    pub fn parse(text: &str) -> Result<Self, RangeError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::ANY);
        }
        let syntax = || RangeError::Syntax(text.to_owned());
        let limit = |text: &str| size::parse_v2(text).map_err(|_| syntax());
        let parts: Vec<&str> = text.split("..").collect();
        match *parts {
            [single] => {
                let limit = limit(single)?;
                Ok(Self { lower: limit, upper: Some(limit) })
            }
            [lower, upper] => {
                let lower = if lower.trim().is_empty() { 0 } else { limit(lower)? };
                if upper.trim().is_empty() {
                    return Ok(Self { lower, upper: None });
                }
                Self::bounded(lower, limit(upper)?)
            }
            _ => Err(syntax()),
        }
    }

    fn bounded(lower: i64, upper: i64) -> Result<Self, RangeError> {
        if lower > upper { Err(RangeError::Reversed(lower, upper)) } else { Ok(Self { lower, upper: Some(upper) }) }
    }

    /// The limit nearest to `bytes`, or `None` when `bytes` is within the range.
    pub fn constrain(&self, bytes: i64) -> Option<i64> {
        if bytes < self.lower { Some(self.lower) } else { self.upper.filter(|upper| *upper < bytes) }
    }

    /// Both limits times `factor`. `None` if that puts them the wrong way round (by overflow).
    pub fn scale(&self, factor: f64) -> Option<Self> {
        let lower = scale(self.lower, factor);
        match self.upper {
            None => Some(Self { lower, upper: None }),
            Some(upper) => Self::bounded(lower, scale(upper, factor)).ok(),
        }
    }

    /// Whether only one size is allowed.
    pub fn is_single(&self) -> bool {
        self.upper == Some(self.lower)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..", print(self.lower))?;
        self.upper.map_or(Ok(()), |upper| f.write_str(&print(upper)))
    }
}
