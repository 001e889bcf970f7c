//! libjvm's figures.

use super::{Explanation, Row, row};
use crate::fit::Advice;
use crate::libjvm::{
    CODE_CACHE_SWITCH, DIRECT_SWITCH, HEAP_SWITCH, METASPACE_SWITCH, Numbers, Regions, Request, STACK_SWITCH,
};
use crate::size;

pub(super) fn explain(request: &Request, numbers: &Numbers) -> Explanation {
    let (regions, failure) = match request.calculate(numbers) {
        Ok(regions) => (regions, None),
        Err(error) => (*error.regions.clone(), Some(error.to_string())),
    };
    let advice = failure.as_ref().map(|_| Advice::original(request, numbers));
    let rows = rows(&regions, numbers);
    let (more_switches, adapted, unadapted_from) = (Vec::new(), Vec::new(), None);
    Explanation { numbers: *numbers, rows, more_switches, adapted, unadapted_from, failure, advice }
}

pub(super) fn rows(regions: &Regions, numbers: &Numbers) -> Vec<Row> {
    let Numbers { threads, classes, head_room, .. } = *numbers;
    let always = || "what is always taken".to_owned();
    let heap = "what all others leave of the limit".to_owned();
    let metaspace = format!("14000000 bytes and 5800 for each of {classes} loaded classes");
    let stacks = format!("{threads} threads of {} each", size::print(regions.stack.bytes));
    vec![
        row("heap", HEAP_SWITCH, regions.heap, "limit", heap),
        row("metaspace", METASPACE_SWITCH, regions.metaspace, "classes", metaspace),
        row("code cache", CODE_CACHE_SWITCH, regions.code_cache, "default", always()),
        row("direct memory", DIRECT_SWITCH, regions.direct, "default", always()),
        Row {
            bytes: regions.stack.bytes.wrapping_mul(threads),
            why: stacks.clone(),
            ..row("stacks", STACK_SWITCH, regions.stack, "threads", stacks)
        },
        Row {
            region: "head room",
            switch: String::new(),
            bytes: regions.head_room,
            input: "head room",
            why: format!("{head_room}% of the limit"),
        },
    ]
}
