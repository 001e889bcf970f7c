//! The least limits that an application would start in, by its estimate and by its profile.

use buildpacks::java::MemoryPlan;
use memcalc::fit::{Classes, Facts, Options, Profile, plan};
use memcalc::libjvm::Request;
use memcalc::size::MEBI;
use schemars::JsonSchema;
use serde::Serialize;

/// The least limits, bytes, whole MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeastLimits {
    /// By what is estimated from the application's classes.
    pub estimated: i64,
    /// By what was measured.
    pub measured: i64,
}

impl LeastLimits {
    /// Of an application with this plan.
    pub fn of(memory: &MemoryPlan, profile: &Profile) -> Self {
        let facts = Facts {
            total: 0,
            head_room: 0,
            threads: number(memory.thread_count),
            classes: Classes::Likely {
                present: number(memory.application_class_count),
                likely: number(memory.likely_class_count),
            },
            java: Some(i64::from(memory.java_feature)).filter(|java| *java > 0),
            profile: None,
            options: Options::default(),
        };
        Self { estimated: least(&facts), measured: least(&Facts { profile: Some(*profile), ..facts }) }
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What would have to be there where nothing is.
fn least(facts: &Facts) -> i64 {
    let required = plan(&Request::default(), facts).map_or_else(|refusal| refusal.required, |_| 0);
    (required + MEBI - 1) / MEBI * MEBI
}
