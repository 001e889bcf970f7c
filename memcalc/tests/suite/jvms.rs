//! Real JVMs, where there are any.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// Homes of the JVMs found through `JAVA_HOME`, `java` on the path, and `/usr/lib/jvm`.
pub(crate) fn homes() -> BTreeSet<PathBuf> {
    let mut homes: Vec<PathBuf> = std::env::var_os("JAVA_HOME").map(PathBuf::from).into_iter().collect();
    for directory in std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()) {
        if let Ok(java) = directory.join("java").canonicalize() {
            homes.extend(java.parent().and_then(|bin| bin.parent()).map(PathBuf::from));
        }
    }
    if let Ok(entries) = std::fs::read_dir("/usr/lib/jvm") {
        homes.extend(entries.flatten().map(|entry| entry.path()));
    }
    homes
        .into_iter()
        .filter_map(|home| home.canonicalize().ok())
        .filter(|home| home.join("bin/java").exists())
        .collect()
}
