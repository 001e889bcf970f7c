//! Entries of one name. Fat jars have them (`META-INF/LICENSE` of every library); Java finds the last in the central
//! directory (`java.util.zip.ZipFile`), and so do we.

use crate::application::{Content, Entry, EntryKind, EntryPath};

/// Keeps the last of the files of one name, and says which names had different contents. Names that other kinds share
/// stay, to be refused.
pub(super) fn last_of_each(mut entries: Vec<Entry>) -> (Vec<Entry>, Vec<EntryPath>) {
    let is_file = |entry: &Entry| matches!(entry.kind, EntryKind::File { .. });
    let mut differing: Vec<EntryPath> = Vec::new();
    // The sort keeps the order of equals.
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries.dedup_by(|next, kept| {
        if next.path != kept.path || !is_file(next) || !is_file(kept) {
            return false;
        }
        if facts(next) != facts(kept) && differing.last() != Some(&next.path) {
            differing.push(next.path.clone());
        }
        std::mem::swap(next, kept);
        true
    });
    (entries, differing)
}

/// Size and CRC-32: enough to tell files of one name apart that nobody forged, and the last counts whatever they say.
fn facts(entry: &Entry) -> Option<(u64, Option<u32>)> {
    match entry.content()? {
        Content::Span(span) => Some((span.size, span.crc32)),
        other => Some((other.size(), None)),
    }
}
