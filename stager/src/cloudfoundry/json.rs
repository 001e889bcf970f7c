//! JSON written as the lifecycle writes it: `&`, `<`, `>` and the two line separators of Unicode as `\u` escapes.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// Encodes a document on one line, without a line end.
pub(super) fn encode(document: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(escape(&serde_json::to_string(document)?))
}

/// Outside strings none of these characters occurs, so the whole text can be treated alike.
fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '&' => escaped.push_str("\\u0026"),
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A value with sorted keys; numbers are 64-bit floats, large and small ones with an exponent.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => match number.as_f64() {
            Some(number) => text.push_str(&float(number)),
            None => text.push_str(&number.to_string()),
        },
        Value::String(string) => text.push_str(&string_literal(string)),
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(map) => {
            text.push('{');
            let sorted: BTreeMap<_, _> = map.iter().collect();
            for (at, (key, item)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&string_literal(key));
                text.push(':');
                write(item, text);
            }
            text.push('}');
        }
    }
}

fn string_literal(string: &str) -> String {
    // Encoding a string cannot fail.
    escape(&Value::String(string.to_owned()).to_string())
}

/// Shortest form: plain digits from 1e-6 to below 1e21, else an exponent with its sign.
fn float(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return format!("{number}");
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => text,
    }
}

/// Writes any JSON value in the canonical form of [`canonical`], without the escapes, which the encoder adds.
pub(super) fn sorted<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            serializer.collect_map(sorted.into_iter().map(|(key, value)| (key, Sorted(value))))
        }
        Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
        other => other.serialize(serializer),
    }
}

struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        sorted(self.0, serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_sorts_escapes_and_writes_floats() {
        let value = serde_json::from_str(r#"{"b":1.0,"a":["x&y",1e21,1e-7,12345678901234567890,-0.5]}"#).unwrap();
        assert_eq!(canonical(&value), r#"{"a":["x\u0026y",1e+21,1e-7,12345678901234567000,-0.5],"b":1}"#);
    }
}
