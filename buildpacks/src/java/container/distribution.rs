//! Folders of a program with its start scripts: a jar at their top may be a tool of it, or a library for its users, and
//! prints its usage where the program was to start.
//!
//! An application's own jar names its libraries in its `Class-Path`, or a script names the jar.

use super::class_path::ClassPath;
use crate::application::{Application, Entry, EntryPath};

/// Where start scripts lie, and where the jars that they start.
const SCRIPTS: &str = "bin/";
const LIBRARIES: &str = "lib/";
/// So much of a script is looked at, bytes. What plugins of build tools write has 10 KB.
const SCRIPT_BYTES: u64 = 256 * 1024;

/// A script that starts something else than `jar`, which lies at the top and has this class path; none where the folder is
/// no distribution, or the jar is what it starts.
pub(super) fn started_otherwise<'a>(
    application: &'a Application,
    jar: &EntryPath,
    class_path: &ClassPath,
) -> Option<&'a EntryPath> {
    let in_libraries = |path: &EntryPath| path.as_str().starts_with(LIBRARIES) && path.has_extension("jar");
    if class_path.found.iter().any(in_libraries) {
        return None;
    }
    let has_libraries = application.below(LIBRARIES).iter().any(|entry| in_libraries(&entry.path));
    let scripts: Vec<&Entry> = application.below(SCRIPTS).iter().filter(|entry| is_script(entry)).collect();
    let names = |script: &&Entry| text(script).is_some_and(|text| text.contains(jar.as_str()));
    if !has_libraries || scripts.iter().any(names) {
        return None;
    }
    scripts.first().map(|script| &script.path)
}

/// Whether it is a shell's script directly in the folder: its first characters say so.
fn is_script(entry: &Entry) -> bool {
    let mut start = [0; 2];
    let directly = !entry.path.as_str()[SCRIPTS.len()..].contains('/');
    let read = |content: &crate::application::Content| content.read_prefix(&mut start).is_ok();
    directly && entry.content().is_some_and(read) && start == *b"#!"
}

fn text(entry: &Entry) -> Option<String> {
    let bytes = entry.content()?.read(SCRIPT_BYTES).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
