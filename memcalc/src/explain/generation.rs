//! The figures of Cloud Foundry's calculators.

use super::{Explanation, Row, original, row};
use crate::Calculator;
use crate::fit::Advice;
use crate::libjvm::{HEAP_SWITCH, METASPACE_SWITCH, Numbers, Regions, Request, STACK_SWITCH};
use crate::size;

pub(super) fn explain(calculator: Calculator, request: &Request, numbers: &Numbers, options: &str) -> Explanation {
    let outcome = calculator.run(options, numbers);
    let fits = |numbers: &Numbers| calculator.run(options, numbers).code == 0;
    let failed = outcome.code != 0;
    let regions = Regions::of_switches(request, outcome.stdout.trim(), numbers);
    let rows = match calculator {
        _ if failed => Vec::new(),
        Calculator::V2 => by_weight(&regions, numbers),
        _ => original::rows(&regions, numbers),
    };
    Explanation {
        numbers: *numbers,
        rows,
        more_switches: Vec::new(),
        adapted: Vec::new(),
        unadapted_from: None,
        failure: failed.then(|| outcome.stderr.trim_end().to_owned()),
        advice: failed.then(|| Advice::generation(fits, numbers)),
    }
}

/// What the weights of the buildpack 3.8 come to.
fn by_weight(regions: &Regions, numbers: &Numbers) -> Vec<Row> {
    let threads = numbers.threads;
    let heap = "65 of 100 parts, and what is left".to_owned();
    let metaspace = "10 of 100 parts, at least 64M".to_owned();
    let stacks = format!("10 of 100 parts for {threads} threads, at least 228K each");
    let mut rows = vec![
        row("heap", HEAP_SWITCH, regions.heap, "limit", heap),
        row("metaspace", METASPACE_SWITCH, regions.metaspace, "limit", metaspace),
        Row {
            bytes: regions.stack.bytes.wrapping_mul(threads),
            why: stacks.clone(),
            ..row("stacks", STACK_SWITCH, regions.stack, "threads", stacks)
        },
    ];
    let given = rows.iter().fold(0_i64, |sum, row| sum.wrapping_add(row.bytes));
    rows.push(Row {
        region: "the JVM itself",
        switch: String::new(),
        bytes: numbers.total.wrapping_sub(given).max(0),
        input: "limit",
        why: format!(
            "15 of 100 parts, of the {} that the others leave",
            size::print(numbers.total.wrapping_sub(given))
        ),
    });
    rows
}
