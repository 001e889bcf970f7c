//! Command lines: the first byte chooses the generation, lines are arguments.
#![no_main]

use memcalc::outcome::Compat;
use memcalc::{v2, v3, v4};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut chars = text.chars();
    let generation = chars.next();
    let args: Vec<String> = chars.as_str().split('\n').map(str::to_owned).collect();
    for compat in [Compat::Exact, Compat::Mended] {
        match generation {
            Some('2') => v2::run("fuzz", &args, compat),
            Some('3') => v3::run("fuzz", &args, compat),
            _ => v4::run("fuzz", &args, compat),
        };
    }
});
