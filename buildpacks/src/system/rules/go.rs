//! Go: a file of one of its dependency tools, or `.go` files in a place or under a name that says how to build them.

use super::{evidence, first_of};
use crate::api::Evidence;
use crate::system::tree::Tree;

/// Files of dependency tools, and what is said of them.
const TOOLS: [(&str, &str); 7] = [
    ("go.mod", "is a Go module"),
    ("Godeps/Godeps.json", "is of godep"),
    ("vendor/vendor.json", "is of govendor"),
    ("glide.yaml", "is of glide"),
    ("Gopkg.toml", "is of dep"),
    ("Godeps", "is of godep"),
    (".godir", "is of an older buildpack"),
];

pub(super) fn look(tree: Tree<'_>, package_name: Option<&str>) -> Vec<Evidence> {
    let mut found: Vec<_> =
        TOOLS.iter().filter(|(path, _)| tree.is_file(path)).map(|(path, what)| evidence(*path, *what)).collect();
    let source = |folder: &str, depth: usize| -> Vec<&str> {
        let files = tree.files(folder).filter(|(at, entry)| *at >= depth && entry.path.has_extension("go"));
        files.map(|(_, entry)| entry.path.as_str()).collect()
    };
    // `find` does not look behind a link it is given.
    if tree.is_directory("src") {
        found.extend(first_of(&source("src", 2), "is Go source in a folder below `src/`"));
    }
    if tree.is_directory("vendor") {
        found.extend(first_of(&source("", 1), "is Go source, beside `vendor/`"));
    }
    // The original's test takes one word; of several it errs, which is a no.
    if package_name.is_some_and(|name| name.split_ascii_whitespace().count() == 1) {
        found.extend(first_of(&source("", 1), "is Go source, and `GOPACKAGENAME` is set"));
    }
    found
}
