//! Parts of a deposit as files in the folders of a staging, and as pieces of the droplet.

use std::path::Path;

use buildpacks::application::{Entry, EntryPath};
use buildpacks::java::cloudfoundry::{Part, Unpacked};

use super::super::error::StageError;
use super::context::Context;
use super::place::place;
use crate::cloudfoundry::droplet::Piece;

/// What goes with no archive of a part: the folders that archives' own folders lie in, and files beside those.
pub(in super::super) fn resident(part: &Part) -> Vec<Entry> {
    let within = |entry: &Entry| part.archives.iter().any(|archive| is_within(entry, &archive.at));
    let parents = part.archives.iter().flat_map(|archive| archive.at.ancestors()).map(Entry::directory);
    parents.chain(part.files.entries().filter(|entry| !within(entry))).collect()
}

/// The archives of a part, whose root is `root` in the droplet, each with the files that lie in its folder.
pub(in super::super) fn pieces(root: &str, part: &Part) -> Vec<Piece> {
    let root = EntryPath::new(root).unwrap_or_else(|error| unreachable!("`{root}`: {error}"));
    let below = |entry: Entry| Entry { path: root.join(&entry.path), kind: entry.kind };
    let piece = |archive: &Unpacked| Piece {
        at: root.join(&archive.at),
        dependency: archive.dependency.clone(),
        more: part.files.entries().filter(|entry| is_within(entry, &archive.at)).map(below).collect(),
    };
    part.archives.iter().map(piece).collect()
}

fn is_within(entry: &Entry, folder: &EntryPath) -> bool {
    entry.path == *folder || entry.path.is_below(folder)
}

/// Writes a part below `root`, archives unpacked.
pub(super) fn unpack(root: &Path, part: &Part, context: &Context) -> Result<(), StageError> {
    for archive in &part.archives {
        let opened = archive.dependency.open(&context.store.scratch());
        let entries = opened.map_err(|error| StageError::Other(error.to_string()))?;
        let below = entries.into_iter().map(|entry| Entry { path: archive.at.join(&entry.path), kind: entry.kind });
        place(root, below)?;
    }
    place(root, part.files.entries())
}
