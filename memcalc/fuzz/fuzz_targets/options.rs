//! `JAVA_TOOL_OPTIONS`: what is accepted never exceeds the limit.
#![no_main]

use memcalc::libjvm::{Numbers, Request};
use memcalc::{fit, size};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(request) = Request::from_options(text) else { return };
    for mebi in [64, 256, 1024] {
        let numbers = Numbers { total: mebi * size::MEBI, threads: 50, classes: 31_500, head_room: 0 };
        if let Ok(plan) = fit::plan(&request, &numbers) {
            assert!(plan.regions.sum(numbers.threads) <= numbers.total);
        }
    }
});
