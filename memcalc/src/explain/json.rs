//! The explanation as JSON. Sizes are bytes.

use super::Explanation;
use std::fmt::Write as _;

pub(super) fn render(explanation: &Explanation) -> String {
    let numbers = &explanation.numbers;
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "{{\"fits\":{},\"limit\":{},\"threads\":{},\"classes\":{},\"head_room_percent\":{},\"sum\":{},\"regions\":[",
        explanation.failure.is_none(),
        numbers.total,
        numbers.threads,
        numbers.classes,
        numbers.head_room,
        explanation.sum()
    );
    let rows: Vec<String> = explanation
        .rows
        .iter()
        .map(|row| {
            format!(
                "{{\"region\":{},\"bytes\":{},\"switch\":{},\"input\":{},\"why\":{}}}",
                string(row.region),
                row.bytes,
                string(&row.switch),
                string(row.input),
                string(&row.why)
            )
        })
        .collect();
    let adapted: Vec<String> = explanation.adapted.iter().map(|text| string(text)).collect();
    let more: Vec<String> = explanation.more_switches.iter().map(|text| string(text)).collect();
    let _ =
        write!(out, "{}],\"more_switches\":[{}],\"adapted\":[{}]", rows.join(","), more.join(","), adapted.join(","));
    if let Some(limit) = explanation.unadapted_from {
        let _ = write!(out, ",\"unadapted_from\":{limit}");
    }
    if let Some(failure) = &explanation.failure {
        let _ = write!(out, ",\"failure\":{}", string(failure));
    }
    if let Some(advice) = &explanation.advice {
        let number = |value: Option<i64>| value.map_or_else(|| "null".to_owned(), |value| value.to_string());
        let _ = write!(
            out,
            ",\"would_fit_with\":{{\"threads\":{},\"classes\":{},\"code_cache\":{},\"limit\":{}}}",
            number(advice.threads),
            number(advice.classes),
            number(advice.code_cache),
            number(advice.limit)
        );
    }
    out.push_str("}\n");
    out
}

fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            // Writing to a string cannot fail.
            '\0'..' ' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}
