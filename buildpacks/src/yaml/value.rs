//! Types of plain scalars, YAML 1.1 with the changes of 1.2 that the lifecycle's reader has.

use serde_json::{Map, Number, Value as Json};

use super::node::{Node, Value};

/// The value with numbers, booleans and nulls recognised.
pub(super) fn resolve(node: &Node) -> Json {
    match &node.value {
        Value::Scalar { text, plain } => match (node.tag.as_deref(), plain) {
            (None, true) | (Some("!!int" | "!!float" | "!!bool" | "!!null"), _) => scalar(text),
            _ => Json::String(text.clone()),
        },
        Value::List(items) => Json::Array(items.iter().map(resolve).collect()),
        Value::Map(pairs) => {
            let mut map = Map::new();
            for (key, value) in pairs {
                let key = match &key.value {
                    Value::Scalar { text, .. } => text.clone(),
                    _ => resolve(key).to_string(),
                };
                map.insert(key, resolve(value));
            }
            Json::Object(map)
        }
    }
}

/// The tag a mismatch names.
pub(super) fn kind(node: &Node) -> &'static str {
    match resolve(node) {
        Json::Null => "!!null",
        Json::Bool(_) => "!!bool",
        Json::Number(number) if number.is_f64() => "!!float",
        Json::Number(_) => "!!int",
        _ => "!!str",
    }
}

fn scalar(text: &str) -> Json {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Json::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Json::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Json::Bool(false);
        }
        _ => {}
    }
    number(text).map_or_else(|| Json::String(text.to_owned()), Json::Number)
}

fn number(text: &str) -> Option<Number> {
    let first = text.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    if let Some(value) = integer(digits) {
        let signed = if negative { value.checked_neg() } else { Some(value) }?;
        return Some(match (i64::try_from(signed), u64::try_from(signed)) {
            (Ok(value), _) => value.into(),
            (_, Ok(value)) => value.into(),
            _ => return Number::from_f64(plain.parse().ok()?),
        });
    }
    let float_form = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if float_form && digits.bytes().any(|b| b.is_ascii_digit()) { Number::from_f64(plain.parse().ok()?) } else { None }
}

fn integer(digits: &str) -> Option<i128> {
    let radix =
        |prefix: &str, radix| digits.strip_prefix(prefix).and_then(|rest| i128::from_str_radix(rest, radix).ok());
    if digits.starts_with(['+', '-']) {
        return None;
    }
    if let Some(value) = radix("0x", 16).or_else(|| radix("0b", 2)).or_else(|| radix("0o", 8)) {
        return Some(value);
    }
    if digits.len() > 1 && digits.starts_with('0') {
        return i128::from_str_radix(digits, 8).ok();
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::{YamlError, parse};
    use serde_json::json;

    #[test]
    fn scalars_have_the_types_of_the_lifecycle() {
        let node =
            parse("a: b\nn: 3\nl: [1, two]\nf: 1.5\nv: '1'\nt: yes\no: 010\nz: ~\nm: {x: 1}\n").unwrap().unwrap();
        let wanted =
            json!({"a": "b", "n": 3, "l": [1, "two"], "f": 1.5, "v": "1", "t": true, "o": 8, "z": null, "m": {"x": 1}});
        assert_eq!(node.to_json(), wanted);
    }

    #[test]
    fn scalars_read_as_text_stay_as_written() {
        let node = parse("a: 3.10\nb: true\nc: ~\nd: 0x10\ne: \"\"\nf: !ruby/x y\na: last\n").unwrap().unwrap();
        let mut mismatches = Vec::new();
        let found: Vec<_> = node
            .entries("map[string]string", &mut mismatches)
            .into_iter()
            .map(|(key, value)| format!("{key}={}", value.text(&mut Vec::new()).unwrap()))
            .collect();
        assert_eq!(found, ["a=last", "b=true", "c=", "d=0x10", "e=", "f=y"]);
        assert!(mismatches.is_empty());
    }

    #[test]
    fn mistakes_are_worded_as_the_platform_knows_them() {
        for (text, message) in [
            ("\t- nope", "found character that cannot start any token"),
            ("{\"start_command\":\n\t- :", "line 1: did not find expected node content"),
            ("web: foo: bar\n", "mapping values are not allowed in this context"),
            ("x: 1\na: b: c\n", "line 2: mapping values are not allowed in this context"),
            ("noise: here\nfoo\n---\nx: y\n", "line 3: could not find expected ':'"),
            ("a: [1, 2\n", "line 1: did not find expected ',' or ']'"),
            ("a: {b\n", "line 1: did not find expected ',' or '}'"),
            ("a: \"x\n", "line 2: found unexpected end of stream"),
            ("a:\n\t- b\n", "line 2: found character that cannot start any token"),
            ("foo\nbar: baz\n", "line 2: mapping values are not allowed in this context"),
            ("a: b\n c: d\n", "line 2: mapping values are not allowed in this context"),
            ("<<: *x\n", "unknown anchor 'x' referenced"),
            ("a: `b\n", "found character that cannot start any token"),
            ("{", "line 1: did not find expected node content"),
            ("[", "line 1: did not find expected node content"),
            ("}", "did not find expected node content"),
        ] {
            assert_eq!(parse(text), Err(YamlError::Syntax(message.to_owned())), "{text:?}");
        }
    }

    #[test]
    fn empty_documents_are_none_and_later_ones_are_not_read() {
        assert_eq!(parse("# only\n"), Ok(None));
        assert_eq!(parse(""), Ok(None));
        let first = parse("a: b\n---\nc: [\n").unwrap().unwrap();
        assert_eq!(first.to_json(), json!({"a": "b"}));
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let line = |at: usize| match at {
            0 => "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(),
            at => format!("a{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 9].join(", ")),
        };
        let text: String = (0..12).map(line).collect();
        assert!(matches!(parse(&text), Err(YamlError::Syntax(_))));
    }
}
