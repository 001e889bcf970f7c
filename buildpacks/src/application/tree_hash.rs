//! BLAKE3 of a part of a file: its tree's branches are read and hashed by different threads.

use std::ops::Range;

use blake3::Hasher;
use blake3::hazmat::{ChainingValue, HasherExt, Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root};

use super::{ContentError, Source};

/// What one thread reads and hashes at a time, bytes: a power of two, so that it is a branch of the tree.
const BRANCH_BYTES: u64 = 1 << 20;
/// Read at once, bytes: it stays in the processor's cache until it is hashed.
const PIECE_BYTES: usize = 64 * 1024;

/// Is shown every piece and its offset in the source, in any order.
type Seen<'a> = &'a (dyn Fn(u64, &[u8]) + Sync);

/// The hash of the bytes in `range` of `source`.
pub(super) fn of(source: &Source, range: Range<u64>, seen: Seen<'_>) -> Result<[u8; 32], ContentError> {
    let length = range.end.saturating_sub(range.start);
    if length <= BRANCH_BYTES {
        let mut hasher = Hasher::new();
        feed(&mut hasher, source, range, seen)?;
        return Ok(*hasher.finalize().as_bytes());
    }
    let middle = range.start + left_subtree_len(length);
    let (left, right) = rayon::join(
        || branch(source, range.start..middle, range.start, seen),
        || branch(source, middle..range.end, range.start, seen),
    );
    Ok(*merge_subtrees_root(&left?, &right?, Mode::Hash).as_bytes())
}

/// The branch of the bytes in `range`, of a tree that begins at `root`.
fn branch(source: &Source, range: Range<u64>, root: u64, seen: Seen<'_>) -> Result<ChainingValue, ContentError> {
    let length = range.end - range.start;
    if length <= BRANCH_BYTES {
        let mut hasher = Hasher::new();
        hasher.set_input_offset(range.start - root);
        feed(&mut hasher, source, range, seen)?;
        return Ok(hasher.finalize_non_root());
    }
    let middle = range.start + left_subtree_len(length);
    let (left, right) = rayon::join(
        || branch(source, range.start..middle, root, seen),
        || branch(source, middle..range.end, root, seen),
    );
    Ok(merge_subtrees_non_root(&left?, &right?, Mode::Hash))
}

fn feed(hasher: &mut Hasher, source: &Source, range: Range<u64>, seen: Seen<'_>) -> Result<(), ContentError> {
    let length = range.end.saturating_sub(range.start);
    let mut buffer = vec![0; usize::try_from(length).unwrap_or(usize::MAX).min(PIECE_BYTES)];
    let mut at = range.start;
    while at < range.end {
        let piece = usize::try_from(range.end - at).unwrap_or(usize::MAX).min(PIECE_BYTES);
        let piece = &mut buffer[..piece];
        source.read_at(at, piece)?;
        hasher.update(piece);
        seen(at, piece);
        at += piece.len() as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn is_the_hash_of_the_bytes(length in 0_usize..5 << 20, skip in 0_usize..3000) {
            let bytes: Vec<u8> = (0..251_u8).map(|at| at.wrapping_mul(31)).cycle().take(length + skip).collect();
            let expected = *blake3::hash(&bytes[skip..]).as_bytes();
            let source = Source::from_bytes(bytes, Path::new("x"));
            prop_assert_eq!(of(&source, skip as u64..source.len(), &|_, _| {}).unwrap(), expected);
        }
    }
}
