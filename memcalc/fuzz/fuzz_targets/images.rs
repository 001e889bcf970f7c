//! Run-time images.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = memcalc::count::jimage_bytes(bytes);
});
