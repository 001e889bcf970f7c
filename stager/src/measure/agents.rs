//! Agents that came only with the start: of those the launcher knows nothing but their size, and adds it to a profile.

use std::path::Path;

use fs_err as fs;
use memcalc::libjvm::{agent_file, agent_paths};

use super::process_facts::ProcessFacts;
use super::runner::Running;

/// Bytes of the agents that `JAVA_TOOL_OPTIONS` of the JVM names and the image's own folders do not hold.
pub(super) fn bytes(running: &Running, process: ProcessFacts) -> i64 {
    let options = process.variable("JAVA_TOOL_OPTIONS").unwrap_or_default();
    let paths = agent_paths(&options).unwrap_or_default();
    let added = paths.iter().map(|path| agent_file(path)).filter(|path| !running.is_staged(Path::new(path)));
    let size = |path: &str| fs::metadata(process.place(path)).map_or(0, |file| file.len());
    added.map(size).fold(0, |sum, bytes| sum.saturating_add(i64::try_from(bytes).unwrap_or(i64::MAX)))
}
