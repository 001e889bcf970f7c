//! Limit files: the lines stand for `MEMORY_LIMIT` and both cgroup files, the list of groups and of mounts, the rest for meminfo.
#![no_main]

use memcalc::libjvm::limit::{CGROUP_V1, CGROUP_V2, File, MEMINFO, Sources};
use memcalc::limit::{Find, LARGEST, Read};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut parts = text.splitn(6, '\n');
    let given = parts.next().map(|text| ("$MEMORY_LIMIT", text));
    let [v1, v2, groups, mounts, meminfo] = [(); 5].map(|()| parts.next());
    let sources = Sources {
        cgroup_v1: File::new("v1", v1),
        cgroup_v2: File::new("v2", v2),
        meminfo: File::new("meminfo", meminfo),
    };
    sources.total(&mut Vec::new());
    let read = |path: &str| {
        let text = match path {
            CGROUP_V1 => v1,
            CGROUP_V2 => v2,
            MEMINFO => meminfo,
            "/proc/self/cgroup" => groups,
            "/proc/self/mountinfo" => mounts,
            _ => None,
        };
        text.map_or(Read::Missing, |text| Read::Text(text.to_owned()))
    };
    for given in [None, given] {
        if let Ok(total) = (Find { given, read: &read }).total(&mut Vec::new()) {
            assert!((0..=LARGEST).contains(&total), "{total}");
        }
    }
});
