//! PHP: Composer's file, or PHP files not too deep.

use super::{evidence, first_of};
use crate::api::Evidence;
use crate::system::tree::Tree;

/// Folders where the name alone counts, be it of a file, a folder or a link.
const WEB_FOLDERS: [&str; 5] = ["", "htdocs", "public", "web", "www"];
/// How deep files are looked for.
const DEPTH: usize = 3;

pub(super) fn look(tree: Tree<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    if tree.is_file("composer.json") {
        found.push(evidence("composer.json", "is Composer's"));
    }
    let deep = tree.files("").filter(|(depth, entry)| *depth <= DEPTH && entry.path.has_extension("php"));
    let mut files: Vec<_> = deep.map(|(_, entry)| entry.path.to_string()).collect();
    files.extend(WEB_FOLDERS.iter().flat_map(|folder| tree.ending_in(folder, ".php")));
    files.sort_unstable();
    files.dedup();
    found.extend(first_of(&files, "is a PHP file"));
    found
}
