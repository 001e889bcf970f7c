//! Single-dash flags, after Go's `flag` package: one or two dashes are the same, `-name=value` or `-name value`, parsing
//! ends at the first argument that is no flag.

use super::{Flag, Kind};
use crate::go::{self, Reason, quote};
use std::fmt::Write as _;

/// Values given, and what follows the flags.
#[derive(Debug, Default)]
pub struct Parsed<'a> {
    values: Vec<(&'static str, Value<'a>)>,
    /// Arguments that are no flags.
    pub rest: &'a [String],
}

#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
}

/// Why parsing ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// `-h` was given.
    Help,
    /// The command line is wrong; carries the message.
    Error(String),
}

impl<'a> Parsed<'a> {
    fn last(&self, name: &str) -> Option<Value<'a>> {
        self.values.iter().rev().find(|(given, _)| *given == name).map(|(_, value)| *value)
    }

    /// Value of a text flag, empty by default. A repeated flag: the last counts.
    pub fn text(&self, name: &str) -> &'a str {
        if let Some(Value::Text(text)) = self.last(name) { text } else { "" }
    }

    /// Value of an integer flag, 0 by default.
    pub fn int(&self, name: &str) -> i64 {
        if let Some(Value::Int(value)) = self.last(name) { value } else { 0 }
    }

    /// Value of a floating point flag, 0 by default.
    pub fn float(&self, name: &str) -> f64 {
        if let Some(Value::Float(value)) = self.last(name) { value } else { 0.0 }
    }

    /// Value of a truth flag, false by default.
    pub fn bool(&self, name: &str) -> bool {
        matches!(self.last(name), Some(Value::Bool(true)))
    }
}

/// Parses arguments (without the program's name).
///
/// # Errors
/// [`Stop`] at `-h` or at the first thing wrong.
pub fn parse<'a>(flags: &[Flag], args: &'a [String]) -> Result<Parsed<'a>, Stop> {
    let mut parsed = Parsed { values: Vec::new(), rest: args };
    while let [first, after @ ..] = parsed.rest {
        if first.len() < 2 || !first.starts_with('-') {
            break;
        }
        if first == "--" {
            parsed.rest = after;
            break;
        }
        let name = first.strip_prefix("--").unwrap_or(&first[1..]);
        if name.starts_with(['-', '=']) {
            return Err(Stop::Error(format!("bad flag syntax: {first}")));
        }
        let (name, inline) = match name.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (name, None),
        };
        parsed.rest = after;
        let Some(flag) = flags.iter().find(|flag| flag.name == name) else {
            return Err(match name {
                "h" | "help" => Stop::Help,
                _ => Stop::Error(format!("flag provided but not defined: -{name}")),
            });
        };
        let value = match (inline, after) {
            (None, _) if flag.kind == Kind::Bool => "true",
            (Some(inline), _) => inline,
            (None, [next, after @ ..]) => {
                parsed.rest = after;
                next
            }
            (None, []) => return Err(Stop::Error(format!("flag needs an argument: -{name}"))),
        };
        parsed.values.push((flag.name, read(flag, value)?));
    }
    Ok(parsed)
}

fn read<'a>(flag: &Flag, text: &'a str) -> Result<Value<'a>, Stop> {
    let wrong = |reason| {
        let reason = match reason {
            Reason::Syntax => "parse error",
            Reason::Range => "value out of range",
        };
        Stop::Error(match flag.kind {
            Kind::Bool => format!("invalid boolean value {} for -{}: {reason}", quote(text), flag.name),
            _ => format!("invalid value {} for flag -{}: {reason}", quote(text), flag.name),
        })
    };
    match flag.kind {
        Kind::Text => Ok(Value::Text(text)),
        Kind::Int => go::parse_int_literal(text).map(Value::Int).map_err(wrong),
        Kind::Float => go::parse_float64(text).map(Value::Float).map_err(wrong),
        Kind::Bool => go::parse_bool(text).map(Value::Bool).ok_or(Reason::Syntax).map_err(wrong),
    }
}

/// The usage block: the program's name, then all flags.
pub fn usage(program: &str, flags: &[Flag]) -> String {
    let mut out = format!("Usage of {program}:\n");
    for flag in flags {
        let kind = match flag.kind {
            Kind::Bool => "",
            Kind::Int => " int",
            Kind::Float => " float",
            Kind::Text => " string",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  -{}{kind}\n    \t{}", flag.name, flag.help);
    }
    out
}
