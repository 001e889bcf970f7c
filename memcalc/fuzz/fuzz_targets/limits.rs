//! Limit files: the lines stand for `MEMORY_LIMIT` and both cgroup files, the rest for meminfo.
#![no_main]

use memcalc::libjvm::limit::{File, Sources};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut parts = text.splitn(4, '\n');
    let sources = Sources {
        memory_limit: parts.next(),
        cgroup_v1: File::new("v1", parts.next()),
        cgroup_v2: File::new("v2", parts.next()),
        meminfo: File::new("meminfo", parts.next()),
    };
    sources.total(&mut Vec::new());
});
