//! Where in an archive something lies.

use crate::application::Entry;
use crate::dependency::jre::CLASS_LIBRARIES;

/// Every Java runtime has it.
const JAVA: &str = "bin/java";
/// Every Tomcat has it.
const CATALINA: &str = "lib/catalina.jar";

/// Folders of the archive that hold a Java runtime, the outermost only: a JDK 8 has another one inside. The root is empty.
pub(super) fn runtimes(entries: &[Entry]) -> Vec<String> {
    let holds_classes = |folder: &str| CLASS_LIBRARIES.iter().any(|library| has(entries, folder, library));
    let mut found = folders_with(entries, JAVA);
    found.retain(|folder| holds_classes(folder));
    outermost(found)
}

/// Folders of the archive that hold a Tomcat.
pub(super) fn tomcats(entries: &[Entry]) -> Vec<String> {
    outermost(folders_with(entries, CATALINA))
}

/// Whether there is such a file below `folder`.
pub(super) fn has(entries: &[Entry], folder: &str, file: &str) -> bool {
    let path = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    entries.binary_search_by(|entry| entry.path.as_str().cmp(&path)).is_ok()
}

/// Folders below which `file` lies, in order.
fn folders_with(entries: &[Entry], file: &str) -> Vec<String> {
    let folder = |entry: &Entry| {
        let before = entry.path.as_str().strip_suffix(file)?;
        if before.is_empty() { Some(String::new()) } else { before.strip_suffix('/').map(str::to_owned) }
    };
    entries.iter().filter_map(folder).collect()
}

fn outermost(mut folders: Vec<String>) -> Vec<String> {
    folders.sort();
    let mut kept: Vec<String> = Vec::new();
    for folder in folders {
        let inside = |outer: &String| outer.is_empty() || folder.starts_with(&format!("{outer}/"));
        if !kept.iter().any(inside) {
            kept.push(folder);
        }
    }
    kept
}
