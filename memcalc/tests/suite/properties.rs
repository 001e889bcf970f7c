//! Properties of the parsers and the programs, for any input.

use memcalc::outcome::Compat;
use memcalc::size::{self, Largest};
use memcalc::{count, go, shellwords, v2, v3, v4};
use proptest::prelude::*;

/// Arguments that are near enough to real ones to get past the first check.
fn args(names: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let value = prop_oneof!["[0-9a-z:,.%+ -]{0,12}", "\\PC*", "[1-9][0-9]{0,20}[bkmgt]?"];
    let arg = (prop::sample::select(names), value).prop_map(|(name, value)| format!("{name}{value}"));
    prop::collection::vec(prop_oneof![9 => arg, 1 => any::<String>()], 0..8)
}

const SINGLE: &[&str] = &[
    "-totMemory=",
    "--totMemory=",
    "-stackThreads=",
    "-memoryWeights=heap:",
    "-memoryWeights=stack:",
    "-memorySizes=stack:",
    "-memorySizes=heap:",
    "-memoryInitials=heap:",
    "-loadedClasses=",
    "-poolType=metaspace",
    "-headRoom=",
    "-vmOptions=-Xmx",
    "-",
];
const DOUBLE: &[&str] = &[
    "--total-memory=",
    "--thread-count=",
    "--loaded-class-count=",
    "--head-room=",
    "--jvm-options=-Xss",
    "--jvm-options=",
    "-",
];

proptest! {
    #[test]
    fn v2_never_panics(args in args(SINGLE)) {
        v2::run("p", &args, Compat::Exact);
        v2::run("p", &args, Compat::Mended);
    }

    #[test]
    fn v3_never_panics(args in args(SINGLE)) {
        v3::run("p", &args, Compat::Exact);
        v3::run("p", &args, Compat::Mended);
    }

    #[test]
    fn v4_never_panics(args in args(DOUBLE)) {
        v4::run("p", &args, Compat::Exact);
        v4::run("p", &args, Compat::Mended);
    }

    #[test]
    fn v4_regions_never_exceed_the_limit(total: i64, threads in 1..10_000_i64, classes in 1..1_000_000_i64, head_room in 0..=100_i64) {
        let calculator = v4::Calculator { head_room, options: v4::Options::default(), classes, threads, total };
        if let Ok(switches) = calculator.calculate() {
            let sum: i64 = switches
                .iter()
                .map(|switch| {
                    let size = switch.trim_start_matches(|c: char| !c.is_ascii_digit());
                    let bytes = size::parse_digits(size, "kmgt").unwrap();
                    if switch.starts_with("-Xss") { bytes * threads } else { bytes }
                })
                .sum();
            prop_assert!(sum <= total);
            let wider = v4::Calculator { total: total.saturating_add(1 << 30), ..calculator };
            prop_assert!(wider.calculate().is_ok());
        }
    }

    #[test]
    fn v2_regions_never_exceed_the_limit(
        total in 1024..1_i64 << 42,
        weights in prop::collection::btree_map("heap|metaspace|native|permgen|other", 0.1..100.0, 1..5),
        lower in 0..1_i64 << 32,
    ) {
        let configuration = v2::Configuration {
            total,
            threads: 0,
            ranges: weights.keys().take(1).map(|name| (name.clone(), v2::Range { lower, upper: None })).collect(),
            weights,
        };
        if let Ok(balanced) = configuration.balance() {
            // Each share is rounded, so a byte a type may be gained.
            let sum: i64 = balanced.sizes.values().sum();
            prop_assert!(sum <= total + 5);
        }
    }

    #[test]
    fn printed_sizes_are_read_back(kibi in 0..=i64::MAX >> 10) {
        let bytes = kibi << 10;
        let text = size::print(bytes);
        prop_assert_eq!(size::parse_digits(&text, "bkmgt").ok(), Some(bytes));
        prop_assert_eq!(size::parse_digits(&text.to_lowercase(), "kmgt").ok(), Some(bytes));
        prop_assert_eq!(size::parse(&text).ok(), Some(bytes).filter(|bytes| *bytes > 0));
        prop_assert_eq!(size::parse_v2(&size::print_up_to(bytes, Largest::G)), Ok(bytes));
        prop_assert_eq!(size::parse_v2(&size::print_up_to(-bytes, Largest::G)), Ok(-bytes));
    }

    #[test]
    fn printed_ranges_are_read_back(lower in 0..1_i64 << 40, more in prop::option::of(0..1_i64 << 40)) {
        let whole = |bytes: i64| bytes & !0x3ff;
        let range = v2::Range { lower: whole(lower), upper: more.map(|more| whole(lower) + whole(more)) };
        prop_assert_eq!(v2::Range::parse(&range.to_string()), Ok(range));
    }

    #[test]
    fn parsers_never_panic(text: String, bytes: Vec<u8>) {
        let _ = shellwords::split(&text);
        let _ = go::parse_float32(&text);
        let _ = go::parse_float64(&text);
        let _ = go::parse_int_literal(&text);
        let _ = go::format_without_arguments(&text);
        let _ = size::parse_v2(&text);
        let _ = size::parse_digits(&text, "kmgt");
        let _ = size::parse(&text);
        let _ = v2::Range::parse(&text);
        let _ = count::jar_bytes(&bytes);
        let _ = count::jimage_bytes(&bytes);
    }

    #[test]
    fn quoted_text_is_one_word(text in "[a-zA-Z0-9 ;&|<>()`$\\t]*") {
        prop_assert_eq!(shellwords::split(&format!("'{text}'")), Ok(vec![text]));
    }
}
