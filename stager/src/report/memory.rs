//! This process's own memory.

use std::sync::atomic::{AtomicU64, Ordering};

use buildpacks::files;

static PEAK: AtomicU64 = AtomicU64::new(0);

/// Notes the anonymous memory this process holds now. Called while layers are built, when it is highest: the kernel
/// keeps a peak for all memory only, mapped input files among it.
pub fn sample_anonymous_memory() {
    let status = files::read_text("/proc/self/status".as_ref(), files::SYSTEM_BYTES).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes = line.and_then(|line| line.trim_end_matches(" kB").trim().parse::<u64>().ok());
    PEAK.fetch_max(kilobytes.unwrap_or(0) * 1024, Ordering::Relaxed);
}

/// The most anonymous memory that was noted, bytes. `None` where the kernel does not tell.
pub fn peak_anonymous_memory() -> Option<u64> {
    sample_anonymous_memory();
    Some(PEAK.load(Ordering::Relaxed)).filter(|peak| *peak > 0)
}
