//! The table for people.

use super::Explanation;
use crate::size;
use std::fmt::Write as _;

pub(super) fn render(explanation: &Explanation) -> String {
    let mut out = String::new();
    if !explanation.rows.is_empty() {
        out.push_str(&regions(explanation));
    }
    // Writing to a string cannot fail.
    if !explanation.more_switches.is_empty() {
        let _ = writeln!(out, "\nAnd {}", explanation.more_switches.join(" "));
    }
    if !explanation.adapted.is_empty() {
        let _ = writeln!(out, "\nFitted: {}.", explanation.adapted.join(", "));
    }
    if let Some(limit) = explanation.unadapted_from {
        let _ = writeln!(out, "From a limit of {} on nothing is fitted.", size::print(limit));
    }
    if let Some(failure) = &explanation.failure {
        let newline = if out.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{newline}Does not fit: {failure}");
    }
    for line in explanation.advice.iter().flat_map(crate::fit::Advice::lines) {
        let _ = writeln!(out, "{line}");
    }
    out
}

/// A line for each region, and their sum.
fn regions(explanation: &Explanation) -> String {
    let numbers = &explanation.numbers;
    let mut lines = vec![["region", "size", "switch", "decided by", "why"].map(str::to_owned)];
    lines.extend(explanation.rows.iter().map(|row| {
        [row.region.to_owned(), size::print(row.bytes), row.switch.clone(), row.input.to_owned(), row.why.clone()]
    }));
    lines.push([
        "together".to_owned(),
        size::print(explanation.sum()),
        String::new(),
        String::new(),
        format!("of a limit of {}", size::print(numbers.total)),
    ]);
    let mut widths = [0; 5];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.len().max(*width);
        }
    }
    let [region, bytes, switch, input, _] = widths;
    let mut out = String::new();
    // Writing to a string cannot fail.
    for [a, b, c, d, e] in &lines {
        let _ = writeln!(out, "{a:region$}  {b:>bytes$}  {c:switch$}  {d:input$}  {e}");
    }
    out
}
