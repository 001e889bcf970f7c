//! A calculation as a table: each region with its size, what decided it and why, and, where the memory does not
//! suffice, what would have to change.

mod json;
mod table;

use crate::fit::{self, Advice, Plan};
use crate::libjvm::{
    CODE_CACHE_SWITCH, DIRECT_SWITCH, HEAP_SWITCH, METASPACE_SWITCH, Numbers, Origin, Region, Regions, Request,
    STACK_SWITCH, metaspace_estimate,
};
use crate::size;

/// Which calculation to explain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// libjvm's, as it is.
    Original,
    /// libjvm's, adapted to small limits by [`crate::fit`].
    #[default]
    Fitted,
}

/// One region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Name of the region.
    pub region: &'static str,
    /// The JVM's switch with the size; empty for what has none.
    pub switch: String,
    /// Bytes it is accounted for with.
    pub bytes: i64,
    /// The input that decided it.
    pub input: &'static str,
    /// How.
    pub why: String,
}

/// A calculation explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What it was calculated from.
    pub numbers: Numbers,
    /// Every region, the heap first.
    pub rows: Vec<Row>,
    /// What was adapted, in words.
    pub adapted: Vec<String>,
    /// Least limit at which nothing would be adapted, if something was.
    pub unadapted_from: Option<i64>,
    /// Why it does not fit, if it does not: the original's text.
    pub failure: Option<String>,
    /// What would have to change, if it does not fit.
    pub advice: Option<Advice>,
}

/// Calculates and explains.
pub fn explain(request: &Request, numbers: &Numbers, mode: Mode) -> Explanation {
    let result = match mode {
        Mode::Fitted => fit::plan(request, numbers),
        Mode::Original => request.calculate(numbers).map(|regions| Plan { regions, adapted: Vec::new() }),
    };
    let advice = match mode {
        Mode::Fitted => Advice::fitted,
        Mode::Original => Advice::original,
    };
    match result {
        Ok(plan) => Explanation {
            numbers: *numbers,
            rows: rows(&plan.regions, numbers, !plan.adapted.is_empty()),
            unadapted_from: Some(plan.adapted.as_slice())
                .filter(|adapted| !adapted.is_empty())
                .and_then(|_| fit::unadapted_limit(request, numbers)),
            adapted: plan.adapted,
            failure: None,
            advice: None,
        },
        Err(error) => Explanation {
            numbers: *numbers,
            rows: rows(&error.regions, numbers, false),
            adapted: Vec::new(),
            unadapted_from: None,
            failure: Some(error.to_string()),
            advice: Some(advice(request, numbers)),
        },
    }
}

impl Explanation {
    /// Bytes of all regions together.
    pub fn sum(&self) -> i64 {
        self.rows.iter().fold(0, |sum, row| sum.wrapping_add(row.bytes))
    }

    /// The explanation as a table for people, ending with a newline.
    pub fn table(&self) -> String {
        table::render(self)
    }

    /// The explanation as JSON, ending with a newline.
    pub fn json(&self) -> String {
        json::render(self)
    }
}

fn rows(regions: &Regions, numbers: &Numbers, adapted: bool) -> Vec<Row> {
    let Numbers { threads, classes, head_room, .. } = *numbers;
    let stacks = regions.stack_counted.wrapping_mul(threads);
    vec![
        row("heap", HEAP_SWITCH, regions.heap, "limit", heap_reason(regions, numbers, adapted).to_owned()),
        row("metaspace", METASPACE_SWITCH, regions.metaspace, "classes", metaspace_reason(regions.metaspace, classes)),
        row("code cache", CODE_CACHE_SWITCH, regions.code_cache, "default", default_reason(regions.code_cache)),
        row("direct memory", DIRECT_SWITCH, regions.direct, "default", default_reason(regions.direct)),
        Row { bytes: stacks, ..row("stacks", STACK_SWITCH, regions.stack, "threads", stack_reason(regions, threads)) },
        Row {
            region: "head room",
            switch: String::new(),
            bytes: regions.head_room,
            input: "head room",
            why: format!("{head_room}% of the limit"),
        },
    ]
}

fn row(name: &'static str, switch: &str, region: Region, input: &'static str, why: String) -> Row {
    let switch = format!("{switch}{}", size::print(region.bytes));
    match region.origin {
        Origin::User if name == "stacks" => {
            Row { region: name, switch, bytes: region.bytes, input: "JVM options", why }
        }
        Origin::User => {
            let why = "given in the JVM options".to_owned();
            Row { region: name, switch, bytes: region.bytes, input: "JVM options", why }
        }
        // Whatever was cut was cut for the limit.
        Origin::Calculated if why.ends_with(CUT) => {
            Row { region: name, switch, bytes: region.bytes, input: "limit", why }
        }
        Origin::Default | Origin::Calculated => Row { region: name, switch, bytes: region.bytes, input, why },
    }
}

/// End of the reason for a region that was made smaller.
const CUT: &str = "cut to fit";

fn heap_reason(regions: &Regions, numbers: &Numbers, adapted: bool) -> &'static str {
    let usable = numbers.total.saturating_sub(regions.head_room);
    if adapted && regions.heap.bytes >= usable / 4 {
        "a quarter of the limit, for which others are cut"
    } else {
        "what all others leave of the limit"
    }
}

fn metaspace_reason(region: Region, classes: i64) -> String {
    let estimate = metaspace_estimate(classes);
    let reason = format!("14000000 bytes and 5800 for each of {classes} loaded classes");
    if region.bytes < estimate { format!("{reason} are {}, {CUT}", size::print(estimate)) } else { reason }
}

fn default_reason(region: Region) -> String {
    match region.origin {
        Origin::Calculated => format!("less than the default, {CUT}"),
        Origin::Default | Origin::User => "what is always taken".to_owned(),
    }
}

fn stack_reason(regions: &Regions, threads: i64) -> String {
    let counted = size::print(regions.stack_counted);
    if regions.stack_counted < regions.stack.bytes {
        let reserved = size::print(regions.stack.bytes.max(regions.stack_counted));
        format!("{threads} threads, each counted with {counted} of the {reserved} it reserves")
    } else {
        format!("{threads} threads of {counted} each")
    }
}
