//! How many layers an image may have: container runtimes mount no more.

use std::num::NonZero;

use buildpacks::java::slices::Slice;

/// Most layers of an image: Docker's and containers-storage's overlay drivers mount up to 128, one of which is the
/// container's own.
pub(super) const MOST_LAYERS: usize = 127;

/// Merges the last slices where there are more than `room`. Says so.
pub(super) fn merge(mut slices: Vec<Slice>, room: NonZero<usize>) -> (Vec<Slice>, Option<String>) {
    let room = room.get();
    let count = slices.len();
    if count <= room {
        return (slices, None);
    }
    let rest = slices.split_off(room);
    if let Some(last) = slices.last_mut() {
        for slice in rest {
            last.entries.extend(slice.entries);
            last.name = slice.name;
        }
    }
    let note = format!(
        "The last {} of the application's {count} layers are one, since runtimes mount no more than {MOST_LAYERS} layers",
        count - room + 1
    );
    (slices, Some(note))
}

#[cfg(test)]
mod tests {
    use buildpacks::application::{Content, Entry, EntryPath};

    use super::*;

    #[test]
    fn the_last_slices_are_merged_and_nothing_is_lost() {
        let slices = || -> Vec<Slice> {
            let entry = |at: usize| Entry::file(EntryPath::new(&format!("f{at}")).unwrap(), Content::from_bytes(*b"x"));
            (0..5).map(|at| Slice { name: format!("s{at}"), entries: vec![entry(at)] }).collect()
        };
        for (room, names) in [(5, vec!["s0", "s1", "s2", "s3", "s4"]), (3, vec!["s0", "s1", "s4"]), (1, vec!["s4"])] {
            let (merged, note) = merge(slices(), NonZero::new(room).unwrap());
            assert_eq!(merged.iter().map(|slice| slice.name.as_str()).collect::<Vec<_>>(), names);
            assert_eq!(merged.iter().map(|slice| slice.entries.len()).sum::<usize>(), 5);
            assert_eq!(note.is_some(), room < 5);
        }
    }
}
