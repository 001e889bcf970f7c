//! Measured profiles: what is read is printed and read back, and any of them has a plan or a refusal.
#![no_main]

use memcalc::fit::{self, Classes, Facts, Options, Profile};
use memcalc::libjvm::Request;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(profile) = text.parse::<Profile>() else { return };
    assert_eq!(profile.to_string().parse(), Ok(profile));
    let facts = Facts {
        total: 512 << 20,
        head_room: 0,
        threads: 250,
        classes: Classes::Present(60_000),
        java: Some(profile.java),
        profile: Some(profile),
        options: Options::default(),
    };
    if fit::plan(&Request::default(), &facts).is_err() {
        let _ = fit::Advice::fitted(&Request::default(), &facts).lines();
    }
});
