//! `JAVA_TOOL_OPTIONS`: what is accepted never exceeds the limit, and is accepted with more.
#![no_main]

use memcalc::fit::{self, Classes, Facts, Options};
use memcalc::libjvm::Request;
use memcalc::size::MEBI;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(request) = Request::from_options(text) else { return };
    let (classes, options) = (Classes::Loaded(11_000), Options::read(text));
    let mut fitted = false;
    for limit in [64, 256, 1024, 4096] {
        let facts = Facts {
            total: limit * MEBI,
            head_room: 0,
            threads: 50,
            classes,
            java: Some(17),
            profile: None,
            options,
        };
        let plan = fit::plan(&request, &facts);
        assert!(plan.is_ok() || !fitted, "{limit}M");
        if let Ok(plan) = plan {
            let sum = plan.regions.sum(facts.threads) + plan.native + plan.files + plan.spare;
            assert!(sum <= facts.total, "{limit}M: {plan:?}");
            fitted = true;
        }
    }
});
