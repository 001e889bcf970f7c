//! Double-dash flags, after the `pflag` package: `--name=value` or `--name value`, positionals anywhere.

use super::{Flag, Kind};
use crate::go::quote_char;
use std::fmt::Write as _;

/// Why parsing ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// `--help` or `-h` was given.
    Help,
    /// The command line is wrong.
    Syntax(String),
    /// A value was refused by its flag; carries the whole message.
    Value(String),
}

/// Parses arguments (without the program's name), handing each flag's value to `set` in order. Positionals are ignored.
///
/// # Errors
/// [`Stop`] at help, or at the first thing wrong; what `set` refuses becomes [`Stop::Value`].
pub fn parse<'a>(
    flags: &[Flag],
    mut args: &'a [String],
    mut set: impl FnMut(&'static str, &'a str) -> Result<(), String>,
) -> Result<(), Stop> {
    while let [first, after @ ..] = args {
        args = after;
        let Some(long) = first.strip_prefix("--") else {
            if first.len() > 1 && first.starts_with('-') {
                short(&first[1..])?;
            }
            continue;
        };
        if long.is_empty() {
            break;
        }
        if long.starts_with(['-', '=']) {
            return Err(Stop::Syntax(format!("bad flag syntax: {first}")));
        }
        let (name, inline) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        let Some(flag) = flags.iter().find(|flag| flag.name == name) else {
            return Err(match name {
                "help" => Stop::Help,
                _ => Stop::Syntax(format!("unknown flag: --{name}")),
            });
        };
        let value = match (inline, after) {
            (Some(inline), _) => inline,
            (None, [next, after @ ..]) => {
                args = after;
                next
            }
            (None, []) => return Err(Stop::Syntax(format!("flag needs an argument: {first}"))),
        };
        set(flag.name, value).map_err(Stop::Value)?;
    }
    Ok(())
}

/// No letter is defined but `h`; what begins with `test.` is let pass.
fn short(letters: &str) -> Result<(), Stop> {
    if letters.starts_with("test.") {
        return Ok(());
    }
    match letters.as_bytes() {
        [b'h', ..] | [] => Err(Stop::Help),
        [first, ..] => {
            Err(Stop::Syntax(format!("unknown shorthand flag: {} in -{letters}", quote_char(char::from(*first)))))
        }
    }
}

/// The usage block: the program's name, then all flags, descriptions aligned.
pub fn usage(program: &str, flags: &[Flag]) -> String {
    let mut out = format!("Usage of {program}:\n");
    let titles: Vec<String> = flags
        .iter()
        .map(|flag| {
            let kind = match flag.kind {
                Kind::Bool => "",
                Kind::Int => " int",
                Kind::Float => " float",
                Kind::Text => " string",
            };
            format!("      --{}{kind}", flag.name)
        })
        .collect();
    let width = titles.iter().map(String::len).max().unwrap_or_default();
    for (title, flag) in titles.iter().zip(flags) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{title:width$}   {}", flag.help);
    }
    out
}
