//! How long a buildpack's script may run and how much the folders it fills may hold.

use std::time::Duration;

use super::super::flags::{self, Flag, Value};
use super::super::{Surroundings, output};

/// Limits of every script; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// How long a script may run.
    pub(super) time: Option<Duration>,
    /// How many bytes the folders that scripts fill may hold together.
    pub(super) disk: Option<u64>,
}

/// Flag and variable of the time limit, as messages name them.
pub(super) const TIME: (&str, &str) = ("scriptTimeout", "STAGE_SCRIPT_TIMEOUT");
/// Flag and variable of the size limit.
pub(super) const DISK: (&str, &str) = ("scriptDiskLimit", "STAGE_SCRIPT_DISK_LIMIT");
/// Flag and variable of isolation.
pub(super) const ISOLATE: (&str, &str) = ("isolate", "STAGE_ISOLATE");

/// The flags that the original does not have; their defaults are the variables' values. None, all said, when a variable
/// makes no sense.
pub(super) fn flags(surroundings: &Surroundings) -> Option<[Flag; 3]> {
    let variable = |(flag, name): (&'static str, &str), none: Value| {
        let text = surroundings.text(name);
        match if text.is_empty() { Ok(none) } else { flags::read(&none, text) } {
            Ok(value) => Some(Flag::hidden(flag, value)),
            Err(reason) => {
                output::error_line(&format!("invalid value {text:?} for environment variable {name}: {reason}"));
                None
            }
        }
    };
    Some([
        variable(TIME, Value::Span(Duration::ZERO))?,
        variable(DISK, Value::Bytes(0))?,
        variable(ISOLATE, Value::Switch(false))?,
    ])
}

impl Limits {
    /// Reads the values of [`flags`]; zero is no limit.
    pub(super) fn read(flags: &[Flag]) -> Self {
        let mut limits = Self::default();
        for flag in flags {
            match &flag.value {
                Value::Span(span) if flag.name == TIME.0 => limits.time = Some(*span).filter(|span| !span.is_zero()),
                Value::Bytes(bytes) if flag.name == DISK.0 => limits.disk = Some(*bytes).filter(|bytes| *bytes > 0),
                _ => {}
            }
        }
        limits
    }
}
