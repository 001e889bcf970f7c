//! This process's own memory.

/// The most anonymous memory this process has held so far, bytes: resident memory at its peak less the file pages
/// resident now. `None` where the kernel does not tell.
pub fn peak_anonymous_memory() -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim_end_matches(" kB").trim().parse::<u64>().ok()? * 1024)
    };
    Some(field("VmHWM:")?.saturating_sub(field("RssFile:")?))
}
