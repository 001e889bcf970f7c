//! Sizes, ranges and numbers of every generation.
#![no_main]

use memcalc::{go, size, v2};

libfuzzer_sys::fuzz_target!(|text: &str| {
    for units in ["bkmgt", "kmgt"] {
        if let Ok(bytes) = size::parse_digits(text, units) {
            let printed = size::print(bytes);
            if bytes >= 0 && bytes % size::KIBI == 0 {
                assert_eq!(size::parse_digits(&printed, units).ok(), Some(bytes));
            }
        }
    }
    if let Ok(bytes) = size::parse(text) {
        assert!(bytes > 0);
        assert_eq!(size::parse(&format!("{bytes}b")), Ok(bytes));
    }
    let _ = size::parse_v2(text);
    let _ = v2::Range::parse(text);
    let _ = go::parse_int_literal(text);
    let _ = go::parse_float32(text);
    let _ = go::parse_float64(text);
});
