//! Canonical JSON: UTF-8, no white space, object keys sorted by bytes. Every document we write goes through here.

use serde::Serialize;
use serde_json::Value;

/// Serialises with sorted keys.
///
/// # Panics
/// Never for the documents of this crate: their keys are strings and their numbers finite.
pub fn canonical(document: &impl Serialize) -> Vec<u8> {
    let value = serde_json::to_value(document).unwrap_or_else(|error| unreachable!("a document of ours: {error}"));
    let mut out = Vec::new();
    write(&value, &mut out);
    out
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        // Sorted here, not left to the map: its order depends on a feature any crate may turn on.
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| key.as_bytes());
            out.push(b'{');
            for (at, (key, member)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(Value::String(key.clone()).to_string().as_bytes());
                out.push(b':');
                write(member, out);
            }
            out.push(b'}');
        }
        scalar => out.extend_from_slice(scalar.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let text = br#"{"b":[{"z":1,"a":null}],"a":"\u00e9\"","A":{"y":true,"x":1.5}}"#;
        let value: Value = serde_json::from_slice(text).unwrap();
        assert_eq!(
            String::from_utf8(canonical(&value)).unwrap(),
            "{\"A\":{\"x\":1.5,\"y\":true},\"a\":\"é\\\"\",\"b\":[{\"a\":null,\"z\":1}]}"
        );
    }

    #[test]
    fn maps_without_order_give_the_same_bytes() {
        let make = || (0..40).map(|n| (format!("key-{n}"), n)).collect::<HashMap<_, _>>();
        let first = canonical(&make());
        assert!((0..100).all(|_| canonical(&make()) == first));
    }
}
