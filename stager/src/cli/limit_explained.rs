//! One limit of `stage memory`, as the calculators explain it.

use memcalc::explain::Explanation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a limit is divided. Sizes are bytes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitExplained {
    /// Whether the application fits.
    fits: bool,
    /// The limit.
    limit: i64,
    /// Threads that it was calculated with.
    threads: i64,
    /// Loaded classes that it was calculated with.
    classes: i64,
    /// Percent left free.
    head_room_percent: i64,
    /// All regions together.
    sum: i64,
    /// The regions, the heap first.
    regions: Vec<Region>,
    /// Switches that are no sizes.
    more_switches: Vec<String>,
    /// What does with less than it should have, in words.
    adapted: Vec<String>,
    /// Least limit at which nothing would be adapted, where something was.
    #[serde(skip_serializing_if = "Option::is_none")]
    unadapted_from: Option<i64>,
    /// Why it does not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// What would have to change for it to fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    would_fit_with: Option<Advice>,
}

/// A region of memory.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Region {
    /// Its name.
    #[serde(rename = "region")]
    name: String,
    /// What it is accounted for with.
    bytes: i64,
    /// The JVM's switch with its size; empty for what has none.
    switch: String,
    /// The input that decided it.
    input: String,
    /// How.
    why: String,
}

/// Values with which it would fit, each taken alone; none where no value of that input helps.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Advice {
    /// Most threads.
    threads: Option<i64>,
    /// Most loaded classes.
    classes: Option<i64>,
    /// Largest code cache.
    code_cache: Option<i64>,
    /// Least limit.
    limit: Option<i64>,
}

impl LimitExplained {
    /// Reads what the calculators, which know no serialisation, write.
    pub(super) fn of(explanation: &Explanation) -> serde_json::Result<Self> {
        serde_json::from_str(&explanation.json())
    }
}
