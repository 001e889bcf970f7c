//! Rules by example, order by property.

use proptest::prelude::*;

use super::{Requirement, Version};

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn requirement(text: &str) -> Requirement {
    Requirement::parse(text).unwrap()
}

/// The published JREs the Java buildpack's own vectors are about.
fn published() -> Vec<Version> {
    ["8.0.492+9", "11.0.32+11", "17.0.20+10", "21.0.12+10", "25.0.4+9"].map(version).to_vec()
}

fn chosen(request: &str, among: &[Version]) -> Option<String> {
    requirement(request).select(among, |version| version).map(ToString::to_string)
}

#[test]
fn reads_the_forms_java_uses() {
    for (text, numbers, build) in [
        ("17.0.20+10", &[17, 0, 20][..], Some(10)),
        ("1.8.0_432", &[8, 0, 432], None),
        ("1.8.0_252-b09", &[8, 0, 252], Some(9)),
        ("8u492", &[8, 0, 492], None),
        ("8u492+9", &[8, 0, 492], Some(9)),
        ("8u492-b09", &[8, 0, 492], Some(9)),
        ("8.0.492+9", &[8, 0, 492], Some(9)),
        ("21.0.5_b11", &[21, 0, 5], Some(11)),
        ("25", &[25], None),
        ("25.0.3+9-LTS", &[25, 0, 3], Some(9)),
        ("17.0.15+6-Debian-1deb12u1", &[17, 0, 15], Some(6)),
        ("3.0.0.RELEASE", &[3], None),
        ("17.0.20.1", &[17, 0, 20, 1], None),
        ("42.7.13.jre8", &[42, 7, 13], None),
    ] {
        let version = version(text);
        assert_eq!((version.numbers(), version.build()), (numbers, build), "{text}");
        assert_eq!(version.to_string(), text);
    }
}

#[test]
fn refuses_what_is_no_version() {
    for text in ["", "x", "17 .0", "-1", "99999999999999999999", "Brixton.SR7", "1/2", &"1".repeat(129)] {
        assert!(Version::parse(text).is_err(), "{text}");
    }
}

#[test]
fn orders_as_java_and_maven_do() {
    let ascending = [
        "1.5.22.RELEASE",
        "1.8.9",
        "2.0.0-alpha.1",
        "2.0.0.M2",
        "2.0.0.RC1-SNAPSHOT",
        "2.0.0.RC1",
        "2.0.0.BUILD-SNAPSHOT",
        "2.0.0",
        "2.0.0.SP1",
        "2.7.18-SNAPSHOT",
        "2.7.18",
        "1.8.0_252",
        "8.0.432",
        "8.0.492+9",
        "8.0.492+10",
        "17.0.9",
        "17.0.20-ea",
        "17.0.20",
        "17.0.20+10",
        "17.0.20.1",
        "25",
        "25.0.3",
    ];
    for (at, pair) in ascending.windows(2).enumerate() {
        assert!(version(pair[0]) < version(pair[1]), "{at}: {} < {}", pair[0], pair[1]);
    }
}

#[test]
fn equal_meaning_is_equal() {
    for (one, other) in [
        ("17", "17.0.0"),
        ("3.0.0.RELEASE", "3.0.0"),
        ("3.0.0.Final", "3.0"),
        ("1.8.0_432", "8.0.432"),
        ("1.8.0_432", "8u432"),
        ("25.0.3+9-LTS", "25.0.3+9"),
    ] {
        assert_eq!(version(one), version(other));
    }
    assert_eq!(version("1.8").java(), version("8"));
    assert_eq!(version("1.8.0").java(), version("8"));
    assert_ne!(version("1.8"), version("8"), "other artifacts have real versions 1.8");
}

#[test]
fn the_java_buildpacks_vectors() {
    let published = published();
    for (request, result) in [
        ("17", Some("17.0.20+10")),
        ("17.x", Some("17.0.20+10")),
        ("17.*", Some("17.0.20+10")),
        ("17.+", Some("17.0.20+10")),
        ("17.0.*", Some("17.0.20+10")),
        ("17.0.x", Some("17.0.20+10")),
        ("17.0.+", Some("17.0.20+10")),
        ("17.0.20", Some("17.0.20+10")),
        ("17.0.20+10", Some("17.0.20+10")),
        ("17.0.20+99", None),
        ("17.0.19", None),
        ("17.1.x", None),
        ("1.7", None),
        ("8.*", Some("8.0.492+9")),
        ("8", Some("8.0.492+9")),
        ("*", Some("25.0.4+9")),
        ("x", Some("25.0.4+9")),
        ("latest", Some("25.0.4+9")),
        ("newest", Some("25.0.4+9")),
        ("1.8.*", None),
    ] {
        assert_eq!(chosen(request, &published).as_deref(), result, "{request}");
    }
    for request in ["1.8", "1.8.*", "1.8.+", "1.8.0", "1.8.0_+", "1.8.0_492", "1.8.0_492-b09"] {
        let java = requirement(request).java();
        assert_eq!(java.select(&published, |version| version), Some(&published[0]), "{request}");
    }
    assert!(!requirement("1.8.0_400").java().matches(&published[0]));
}

#[test]
fn zeros_count_in_requests() {
    assert!(requirement("17").matches(&version("17.1")));
    assert!(!requirement("17.0").matches(&version("17.1")));
    assert!(requirement("17.0").matches(&version("17")));
    assert!(requirement("17.0.0").matches(&version("17+35")));
    assert!(!requirement("17.0.0").matches(&version("17.0.1")));
}

#[test]
fn refuses_what_is_no_request() {
    for text in ["", "  ", ".*", "+17", ">=17", "~17", "17..*", "a.*", "17.a.*", "seventeen"] {
        assert!(Requirement::parse(text).is_err(), "{text}");
    }
}

#[test]
fn wildcards_prefer_releases() {
    let versions = ["3.4.9", "3.5.0-RC1", "3.4.0-RELEASE"].map(version);
    assert_eq!(chosen("3.x", &versions).as_deref(), Some("3.4.9"));
    assert_eq!(chosen("3.5.*", &versions).as_deref(), Some("3.5.0-RC1"), "nothing else is there");
}

#[test]
fn of_equal_versions_the_last_is_taken() {
    let versions = [version("3.4.0"), version("3.4.0.RELEASE")];
    assert_eq!(chosen("3", &versions).as_deref(), Some("3.4.0.RELEASE"));
}

fn any_version() -> impl Strategy<Value = Version> {
    "[0-9]{1,2}(\\.[0-9]{1,3}){0,3}([.-](RC[0-9]|M[0-9]|RELEASE|SNAPSHOT|SR[0-9]|alpha|jre8|x1y2))?(\\+[0-9]{1,2})?"
        .prop_map(|text| Version::parse(&text).unwrap())
}

proptest! {
    #[test]
    fn order_is_total(a in any_version(), b in any_version(), c in any_version()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a == b, a.cmp(&b).is_eq());
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
    }

    #[test]
    fn equal_versions_hash_equally(a in any_version(), b in any_version()) {
        use std::hash::{BuildHasher, RandomState};
        let state = RandomState::new();
        if a == b {
            prop_assert_eq!(state.hash_one(&a), state.hash_one(&b));
        }
    }

    #[test]
    fn text_survives_and_means_the_same(a in any_version()) {
        let again: Version = serde_json::from_str(&serde_json::to_string(&a).unwrap()).unwrap();
        prop_assert_eq!(again.as_str(), a.as_str());
        prop_assert_eq!(&again, &a);
        prop_assert!(Requirement::exactly(&a).matches(&a));
    }

    #[test]
    fn anything_is_read_or_refused(text in "\\PC{0,24}") {
        let _ = Version::parse(&text);
        let _ = Requirement::parse(&text).map(Requirement::java);
    }

    #[test]
    fn more_numbers_are_never_older(numbers in prop::collection::vec(0u64..1000, 1..4), more in 1u64..1000) {
        let text = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
        let longer = version(&format!("{text}.{more}"));
        prop_assert!(version(&text) < longer);
        let prefix = requirement(&format!("{text}.*"));
        prop_assert!(prefix.matches(&longer));
    }
}
