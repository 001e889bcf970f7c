//! The files of a runtime that cannot be trimmed: its tree, links out of it replaced by what they lead to.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use walkdir::WalkDir;

use super::HostError;
use crate::absence::absent_ok;

/// What a running application does not need, relative to the runtime's home.
const LEFT_OUT: [&str; 10] =
    ["demo", "docs", "include", "jmods", "lib/ct.sym", "lib/src.zip", "man", "sample", "src.zip", "lib/desktop"];

/// A file of the runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A folder.
    Folder,
    /// A file, and where its bytes are.
    File { from: PathBuf, executable: bool },
    /// A link inside the tree.
    Link(String),
}

/// The files of the runtime at `home`, by path. Links that lead nowhere are left out.
pub(super) fn tree(home: &Path) -> Result<BTreeMap<String, Node>, HostError> {
    let read = |source: std::io::Error| HostError::Read { home: home.to_owned(), source };
    let mut nodes = BTreeMap::new();
    let mut walk = WalkDir::new(home).min_depth(1).into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|error| read(error.into()))?;
        let below = entry.path().strip_prefix(home).unwrap_or(entry.path());
        let name = below.to_str().ok_or_else(|| HostError::Name { path: below.to_owned() })?.to_owned();
        if is_left_out(&name) {
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
        } else if entry.file_type().is_symlink() {
            take_link(home, entry.path(), &name, &mut nodes)?;
        } else if entry.file_type().is_dir() {
            nodes.insert(name, Node::Folder);
        } else if entry.file_type().is_file() {
            nodes.insert(name, file(entry.path()).map_err(read)?);
        }
    }
    Ok(nodes)
}

/// A link that stays inside is kept; else what it leads to takes its place, a folder with all below it.
fn take_link(home: &Path, path: &Path, name: &str, nodes: &mut BTreeMap<String, Node>) -> Result<(), HostError> {
    let unreadable = |source| HostError::Read { home: home.to_owned(), source };
    let target = fs::read_link(path).map_err(unreadable)?;
    let Some(real) = absent_ok(fs::canonicalize(path)).map_err(unreadable)? else { return Ok(()) };
    match target.to_str() {
        Some(target) if !target.starts_with('/') && real.starts_with(home) && stays_inside(name, target) => {
            nodes.insert(name.to_owned(), Node::Link(target.to_owned()));
        }
        _ if real.is_file() => {
            nodes.insert(name.to_owned(), file(&real).map_err(unreadable)?);
        }
        _ => {
            nodes.insert(name.to_owned(), Node::Folder);
            for entry in WalkDir::new(&real).min_depth(1).follow_links(true) {
                let entry = match entry {
                    Ok(entry) => entry,
                    // a loop or a link to nowhere
                    Err(error) if error.loop_ancestor().is_some() => continue,
                    Err(error) => match absent_ok(Err(error.into())).map_err(unreadable)? {
                        Some(entry) => entry,
                        None => continue,
                    },
                };
                let below = entry.path().strip_prefix(&real).unwrap_or(entry.path());
                let below = below.to_str().ok_or_else(|| HostError::Name { path: below.to_owned() })?;
                let node =
                    if entry.file_type().is_dir() { Node::Folder } else { file(entry.path()).map_err(unreadable)? };
                nodes.insert(format!("{name}/{below}"), node);
            }
        }
    }
    Ok(())
}

fn file(path: &Path) -> std::io::Result<Node> {
    let mode = fs::metadata(path)?.permissions().mode();
    Ok(Node::File { from: path.to_owned(), executable: mode & 0o100 != 0 })
}

fn is_left_out(name: &str) -> bool {
    let debug = [".debuginfo", ".diz"].iter().any(|suffix| name.ends_with(suffix));
    debug || LEFT_OUT.contains(&name)
}

fn stays_inside(name: &str, target: &str) -> bool {
    let mut depth = name.matches('/').count();
    target.split('/').all(|component| match component {
        "" | "." => true,
        ".." if depth == 0 => false,
        ".." => {
            depth -= 1;
            true
        }
        _ => {
            depth += 1;
            true
        }
    })
}
