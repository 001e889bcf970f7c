//! Jars.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = memcalc::count::jar_bytes(bytes);
});
