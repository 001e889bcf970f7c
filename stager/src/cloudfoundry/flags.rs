//! Flags as the lifecycle's programs take them: `-x=v`, `-x v`, `--x=v`, switches only as `-x` or `-x=true`; the first
//! argument that is no flag ends them.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::time::Duration;

use memcalc::size;

use super::credhub::Attempts;
use super::output;

/// The exit code of a wrong flag.
pub(super) const MISTAKE: u8 = 2;

/// What a flag holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A text.
    Text(String),
    /// A switch.
    Switch(bool),
    /// A whole number.
    Integer(i64),
    /// A time span.
    Span(Duration),
    /// A number of bytes.
    Bytes(u64),
}

/// A flag.
#[derive(Clone, Debug)]
pub(super) struct Flag {
    /// Its name, without dashes.
    pub(super) name: &'static str,
    /// Its line in the usage text.
    pub(super) help: &'static str,
    /// What it holds.
    pub(super) value: Value,
    default: Value,
    hidden: bool,
}

impl Flag {
    /// A flag with its default.
    pub(super) fn new(name: &'static str, value: Value, help: &'static str) -> Self {
        Self { name, help, default: value.clone(), value, hidden: false }
    }

    /// A flag that the usage text, which is the original's, does not name.
    pub(super) fn hidden(name: &'static str, value: Value) -> Self {
        Self { hidden: true, ..Self::new(name, value, "") }
    }
}

/// How parsing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The program runs.
    Run,
    /// Help was asked for or a flag is wrong, all said: the process ends with this code.
    Exit(u8),
}

/// Sets the flags' values from the arguments, the last of a repeated flag winning. Help and mistakes go to standard
/// error.
pub(super) fn parse(program: &str, arguments: &[OsString], flags: &mut [Flag]) -> Outcome {
    match set_all(arguments, flags) {
        Ok(()) => Outcome::Run,
        Err(Stop::Help) => {
            output::error(&usage(program, flags));
            Outcome::Exit(0)
        }
        Err(Stop::Mistake(message)) => {
            output::error(&format!("{message}\n{}", usage(program, flags)));
            Outcome::Exit(MISTAKE)
        }
    }
}

enum Stop {
    Help,
    Mistake(String),
}

fn set_all(arguments: &[OsString], flags: &mut [Flag]) -> Result<(), Stop> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if !argument.as_encoded_bytes().starts_with(b"-") {
            return Ok(());
        }
        let text = text_of(argument)?;
        let Some(rest) = text.strip_prefix('-').filter(|rest| !rest.is_empty()) else { return Ok(()) };
        if rest == "-" {
            return Ok(());
        }
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        if rest.starts_with(['-', '=']) {
            return Err(Stop::Mistake(format!("bad flag syntax: {text}")));
        }
        let (name, given) = match rest.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (rest, None),
        };
        let Some(flag) = flags.iter_mut().find(|flag| flag.name == name) else {
            if name == "help" || name == "h" {
                return Err(Stop::Help);
            }
            return Err(Stop::Mistake(format!("flag provided but not defined: -{name}")));
        };
        let value = match (given, &flag.value) {
            (Some(value), _) => value,
            (None, Value::Switch(_)) => "true".to_owned(),
            (None, _) => match arguments.next() {
                Some(value) => text_of(value)?.to_owned(),
                None => return Err(Stop::Mistake(format!("flag needs an argument: -{name}"))),
            },
        };
        flag.value = read(&flag.value, &value).map_err(|reason| {
            let (kind, of) = if matches!(flag.value, Value::Switch(_)) { ("boolean ", "") } else { ("", "flag ") };
            Stop::Mistake(format!("invalid {kind}value {value:?} for {of}-{name}: {reason}"))
        })?;
    }
    Ok(())
}

/// The text of an argument. One that is none would name another file than the one that is meant.
fn text_of(argument: &OsStr) -> Result<&str, Stop> {
    argument.to_str().ok_or_else(|| Stop::Mistake(format!("argument is not UTF-8: {}", argument.to_string_lossy())))
}

/// Reads a value of the same kind, or says why it is none.
pub(super) fn read(kind: &Value, text: &str) -> Result<Value, Cow<'static, str>> {
    const PARSE: Cow<'static, str> = Cow::Borrowed("parse error");
    match kind {
        Value::Text(_) => Ok(Value::Text(text.to_owned())),
        Value::Switch(_) => switch(text).map(Value::Switch).ok_or(PARSE),
        Value::Integer(_) => text.parse().map(Value::Integer).map_err(|error: std::num::ParseIntError| {
            use std::num::IntErrorKind::{NegOverflow, PosOverflow};
            if matches!(error.kind(), NegOverflow | PosOverflow) { "value out of range".into() } else { PARSE }
        }),
        Value::Span(_) => span(text).map(Value::Span).ok_or(PARSE),
        Value::Bytes(_) => bytes(text).map(Value::Bytes).map_err(Cow::Owned),
    }
}

/// Yes or no, in the spellings of Go.
pub(super) fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A size such as `512M` or `1.5G`; `0` is none.
fn bytes(text: &str) -> Result<u64, String> {
    if text == "0" {
        return Ok(0);
    }
    let bytes = size::parse(text).map_err(|error| error.to_string())?;
    u64::try_from(bytes).map_err(|error| error.to_string())
}

/// A span such as `1s`, `1.5h`, `2m30s`; negative ones are taken as zero.
pub(super) fn span(text: &str) -> Option<Duration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        seconds += number
            * match &rest[..end] {
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = &rest[end..];
    }
    if negative { Some(Duration::ZERO) } else { Duration::try_from_secs_f64(seconds).ok() }
}

/// The usage text: flags in alphabetical order, defaults that are not empty in brackets.
fn usage(program: &str, flags: &[Flag]) -> String {
    let mut sorted: Vec<_> = flags.iter().filter(|flag| !flag.hidden).collect();
    sorted.sort_by_key(|flag| flag.name);
    let mut text = format!("Usage of {program}:\n");
    for flag in sorted {
        let (kind, default) = match &flag.default {
            Value::Text(text) if text.is_empty() => (" string", String::new()),
            Value::Text(text) => (" string", format!(" (default {text:?})")),
            Value::Switch(_) => ("", String::new()),
            Value::Integer(number) => (" int", format!(" (default {number})")),
            Value::Span(span) => (" duration", format!(" (default {}s)", span.as_secs())),
            Value::Bytes(bytes) => (" size", format!(" (default {bytes})")),
        };
        let _ = write!(text, "  -{}{kind}\n    \t{}{default}\n", flag.name, flag.help);
    }
    text
}

/// The two flags of every program that asks the credential store.
pub(super) fn credhub_flags() -> [Flag; 2] {
    let default = Attempts::default();
    [
        Flag::new(
            "credhubConnectAttempts",
            Value::Integer(default.count),
            "number of times that the credhub client will attempt to connect to credhub",
        ),
        Flag::new(
            "credhubRetryDelay",
            Value::Span(default.delay),
            "delay duration that the credhub client will wait before retrying the connection to credhub",
        ),
    ]
}

/// Reads the values of [`credhub_flags`] among `flags`.
pub(super) fn attempts(flags: &[Flag]) -> Attempts {
    let mut attempts = Attempts::default();
    for flag in flags {
        match (flag.name, &flag.value) {
            ("credhubConnectAttempts", Value::Integer(count)) => attempts.count = *count,
            ("credhubRetryDelay", Value::Span(delay)) => attempts.delay = *delay,
            _ => {}
        }
    }
    attempts
}

/// Parses the arguments that may follow a program's own.
pub(super) fn credhub(program: &str, arguments: &[OsString], into: &mut Attempts) -> Outcome {
    let mut flags = credhub_flags();
    let outcome = parse(program, arguments, &mut flags);
    *into = attempts(&flags);
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> Vec<Flag> {
        vec![
            Flag::new("text", Value::Text("d".to_owned()), ""),
            Flag::new("switch", Value::Switch(false), ""),
            Flag::new("number", Value::Integer(1), ""),
            Flag::new("span", Value::Span(Duration::ZERO), ""),
            Flag::new("bytes", Value::Bytes(0), ""),
        ]
    }

    fn set(arguments: &[&str]) -> Result<Vec<Value>, String> {
        let mut flags = flags();
        let arguments: Vec<OsString> = arguments.iter().map(Into::into).collect();
        match set_all(&arguments, &mut flags) {
            Ok(()) => Ok(flags.into_iter().map(|flag| flag.value).collect()),
            Err(Stop::Help) => Err("help".to_owned()),
            Err(Stop::Mistake(message)) => Err(message),
        }
    }

    #[test]
    fn forms_of_flags() {
        let found = set(&[
            "-text=a",
            "--text",
            "b=c",
            "-switch",
            "-number=-5",
            "-span",
            "1m1.5s",
            "-bytes=1.5Gi",
            "-",
            "-nope",
        ])
        .unwrap();
        let span = Duration::from_millis(61_500);
        let bytes = Value::Bytes(3 << 29);
        assert_eq!(
            found,
            [Value::Text("b=c".into()), Value::Switch(true), Value::Integer(-5), Value::Span(span), bytes]
        );
        assert_eq!(set(&["-bytes=0"]).unwrap()[4], Value::Bytes(0));
        assert_eq!(set(&["-switch", "true", "-text=x"]).unwrap()[0], Value::Text("d".into()));
    }

    #[test]
    fn mistakes() {
        for (argument, message) in [
            ("-nope", "flag provided but not defined: -nope"),
            ("-text", "flag needs an argument: -text"),
            ("---text", "bad flag syntax: ---text"),
            ("-=x", "bad flag syntax: -=x"),
            ("-switch=maybe", "invalid boolean value \"maybe\" for -switch: parse error"),
            ("-number=x", "invalid value \"x\" for flag -number: parse error"),
            ("-span=5", "invalid value \"5\" for flag -span: parse error"),
            ("-bytes=512", "invalid value \"512\" for flag -bytes: a size needs a unit: did you mean 512M?"),
            ("-bytes=-1G", "invalid value \"-1G\" for flag -bytes: a size such as 512M or 1.5G is needed"),
            ("-h", "help"),
        ] {
            assert_eq!(set(&[argument]), Err(message.to_owned()));
        }
    }
}
