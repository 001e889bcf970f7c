//! What [`crate::fit`] gives each region.

use super::{Explanation, Row, row};
use crate::fit::{self, Advice, Classes, Facts, Need, Plan, Refusal};
use crate::libjvm::{
    CODE_CACHE_SWITCH, DIRECT_SWITCH, HEAP_SWITCH, METASPACE_SWITCH, Numbers, Origin, Region, Request, STACK_SWITCH,
};
use crate::size;

pub(super) fn explain(request: &Request, facts: &Facts, options: &str) -> Explanation {
    let needs = fit::Needs::of(facts);
    let Facts { total, threads, head_room, .. } = *facts;
    let numbers = Numbers { total, threads, classes: needs.classes.usual, head_room };
    match fit::plan(request, facts) {
        Ok(plan) => Explanation {
            numbers,
            rows: rows(facts, &plan),
            more_switches: fit::more_switches(&plan, options),
            unadapted_from: (!plan.adapted.is_empty()).then(|| fit::unadapted_limit(request, facts)).flatten(),
            adapted: plan.adapted,
            failure: None,
            advice: None,
        },
        Err(refusal) => Explanation {
            numbers,
            rows: least(&facts.options.fixed(request), &refusal, facts),
            more_switches: Vec::new(),
            adapted: Vec::new(),
            unadapted_from: None,
            failure: Some(refusal.to_string()),
            advice: Some(Advice::fitted(request, facts)),
        },
    }
}

fn rows(facts: &Facts, plan: &Plan) -> Vec<Row> {
    let (regions, needs) = (&plan.regions, &plan.needs);
    let source = if facts.profile.is_some() { "profile" } else { "classes" };
    let code = if plan.quick_compiler_only { needs.code } else { needs.optimised_code };
    let compilers = if plan.quick_compiler_only { "C1 alone" } else { "both compilers" };
    let spare = plan.spare + regions.head_room;
    vec![
        row("heap", HEAP_SWITCH, regions.heap, "limit", format!("what is left; {} are usual", size(needs.heap.usual))),
        row("metaspace", METASPACE_SWITCH, regions.metaspace, source, metaspace(facts, plan)),
        row(
            "code cache",
            CODE_CACHE_SWITCH,
            regions.code_cache,
            source,
            format!("{compilers}; {}", range_and_room(code, regions.code_cache)),
        ),
        row("direct memory", DIRECT_SWITCH, regions.direct, "limit", range_and_room(needs.direct, regions.direct)),
        Row { bytes: plan.stacks, ..row("stacks", STACK_SWITCH, regions.stack, "threads", stacks(facts)) },
        Row { region: "the JVM itself", ..unlimited(plan.native, source, range(needs.native)) },
        Row {
            region: "files",
            ..unlimited(plan.files, "limit", "the JVM's code and modules stay in memory".to_owned())
        },
        Row { region: "head room", ..unlimited(spare, "head room", head_room(facts)) },
    ]
}

/// The least of everything, where not even that has room.
fn least(request: &Request, refusal: &Refusal, facts: &Facts) -> Vec<Row> {
    let least = refusal.least;
    let region = |asked: Option<i64>, bytes| {
        let origin = if asked.is_some() { Origin::User } else { Origin::Calculated };
        Region::new(bytes, origin)
    };
    let why = || "the least that is known to work".to_owned();
    vec![
        row("heap", HEAP_SWITCH, region(request.heap, least.heap), "classes", why()),
        row("metaspace", METASPACE_SWITCH, region(request.metaspace, least.metaspace), "classes", why()),
        row("code cache", CODE_CACHE_SWITCH, region(request.code_cache, least.code), "classes", why()),
        row("direct memory", DIRECT_SWITCH, region(request.direct, least.direct), "default", why()),
        Row { region: "stacks", ..unlimited(least.stacks, "threads", stacks(facts)) },
        Row { region: "the JVM itself", ..unlimited(least.native + least.collector, "classes", why()) },
        Row { region: "files", ..unlimited(least.files, "limit", why()) },
    ]
}

fn unlimited(bytes: i64, input: &'static str, why: String) -> Row {
    Row { region: "", switch: String::new(), bytes, input, why }
}

fn size(bytes: i64) -> String {
    // A tenth of a MiB is more than any estimate knows.
    size::print(bytes.max(0) / size::MEBI * size::MEBI)
}

fn range(need: Need) -> String {
    format!("{} are usual, {} at most", size(need.usual), size(need.most))
}

/// What is given beyond the most that is estimated serves who needs more than was thought.
fn range_and_room(need: Need, region: Region) -> String {
    let room = size(region.bytes - need.most);
    let room = (region.origin == Origin::Calculated && room != "0").then(|| format!(", {room} more as room"));
    format!("{}{}", range(need), room.unwrap_or_default())
}

fn metaspace(facts: &Facts, plan: &Plan) -> String {
    let classes = plan.needs.classes;
    let range = range_and_room(plan.needs.metaspace, plan.regions.metaspace);
    match (facts.profile, facts.classes) {
        (Some(profile), _) => format!("{} measured; {range}", size(profile.metaspace)),
        (None, Classes::Loaded(_)) => format!("{} loaded classes; {range}", classes.usual),
        (None, Classes::Present(present) | Classes::Likely { present, .. }) => {
            format!("{} to {} of {present} classes and the runtime's; {range}", classes.least, classes.most)
        }
    }
}

fn stacks(facts: &Facts) -> String {
    format!("{} threads and the JVM's own, as far as committed", facts.threads.max(0))
}

fn head_room(facts: &Facts) -> String {
    if facts.head_room > 0 {
        format!("{}% of the limit, and what nothing needs", facts.head_room)
    } else {
        "for files, and what `malloc` keeps".to_owned()
    }
}
