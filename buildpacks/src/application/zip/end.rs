//! The end record: where the archive begins and ends inside its file.

use super::view::View;
use crate::application::ArchiveError;

/// Size of the end record without its comment (APPNOTE 4.3.16).
const END_BYTES: u64 = 22;
/// `PK\5\6`.
const END_SIGNATURE: &[u8] = b"PK\x05\x06";
/// Size of the zip64 end record's locator (4.3.15), which lies right before the end record.
const LOCATOR_BYTES: u64 = 20;
/// `PK\6\7`.
const LOCATOR_SIGNATURE: &[u8] = b"PK\x06\x07";
/// Size of a zip64 end record without extensible data (4.3.14).
const ZIP64_END_BYTES: u64 = 56;
/// `PK\6\6`.
const ZIP64_SIGNATURE: &[u8] = b"PK\x06\x06";
/// Longest comment.
const MAX_COMMENT_BYTES: u64 = 0xffff;
/// All that is read to find the directory: end records, and the longest comment.
pub(crate) const MAX_END_BYTES: u64 = END_BYTES + MAX_COMMENT_BYTES + LOCATOR_BYTES + ZIP64_END_BYTES;
/// How far into a file with a launch script the first local header is looked for, to tell a truncated archive from
/// other files. Spring Boot's script has about 9 KiB.
const SCRIPT_BYTES: u64 = 64 * 1024;

/// Where an archive lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Offsets inside the archive count from here: zero, or the length of the bytes before it.
    pub(super) base: u64,
    /// Start of the end record.
    pub(super) end: u64,
}

/// Whether the file is a zip archive, whole or cut off.
pub(in crate::application) fn looks_like_zip(view: &View<'_>) -> Result<bool, ArchiveError> {
    match find_end(view) {
        Ok(_) => Ok(true),
        Err(error @ ArchiveError::Content(_)) => Err(error),
        Err(_) => Ok(first_header(view)?.is_some()),
    }
}

/// Where the first local header lies: at the start, or behind a launch script.
fn first_header(view: &View<'_>) -> Result<Option<u64>, ArchiveError> {
    let script = if view.array(0)? == Some(*b"#!") { view.len().min(SCRIPT_BYTES) } else { view.len().min(4) };
    let bytes = view.bytes(0..script)?;
    Ok(bytes.windows(4).position(|window| window == b"PK\x03\x04").map(|at| at as u64))
}

/// Finds the end record and from it the archive's start.
pub(super) fn locate(view: &View<'_>) -> Result<Bounds, ArchiveError> {
    let end = find_end(view)?;
    let record = view.bytes(end..end + END_BYTES)?;
    let sentinel = |number: u16| number != 0 && number != u16::MAX;
    if sentinel(u16_at(&record, 4)) || sentinel(u16_at(&record, 6)) || u16_at(&record, 8) != u16_at(&record, 10) {
        return Err(ArchiveError::MultiDisk);
    }
    if let Some(at) = end.checked_sub(LOCATOR_BYTES) {
        let locator = view.bytes(at..end)?;
        if locator.starts_with(LOCATOR_SIGNATURE) {
            return Ok(Bounds { base: zip64_base(view, &locator, at)?, end });
        }
    }
    let (size, offset) = (u64::from(u32_at(&record, 12)), u64::from(u32_at(&record, 16)));
    let base = end.checked_sub(size + offset).ok_or(ArchiveError::End { size, offset })?;
    Ok(Bounds { base, end })
}

/// The last end record whose comment ends with the file.
fn find_end(view: &View<'_>) -> Result<u64, ArchiveError> {
    // Hardly any archive has a comment.
    for longest in [0, MAX_COMMENT_BYTES] {
        let first = view.len().saturating_sub(END_BYTES + longest);
        let tail = view.bytes(first..view.len())?;
        let mut shortest_tail = None;
        for at in (0..(tail.len() + 1).saturating_sub(usize::try_from(END_BYTES).unwrap_or_default())).rev() {
            if !tail[at..].starts_with(END_SIGNATURE) {
                continue;
            }
            let comment_end = at + usize::try_from(END_BYTES).unwrap_or_default() + usize::from(u16_at(&tail, at + 20));
            if comment_end == tail.len() {
                return Ok(first + at as u64);
            }
            if comment_end < tail.len() && !is_nested(view, first + at as u64, &tail[at..])? {
                shortest_tail = shortest_tail.or(Some(tail.len() - comment_end));
            }
        }
        if let Some(count) = shortest_tail {
            return Err(ArchiveError::Trailing { count });
        }
    }
    Err(ArchiveError::Truncated)
}

/// Whether the end record at `at` is that of an archive inside this one, stored as it is: it starts behind the first
/// local header. An archive cut off behind a nested jar has nothing but such ones.
fn is_nested(view: &View<'_>, at: u64, record: &[u8]) -> Result<bool, ArchiveError> {
    let directory = u64::from(u32_at(record, 12)) + u64::from(u32_at(record, 16));
    let Some(start) = at.checked_sub(directory).filter(|start| *start > 0) else { return Ok(false) };
    Ok(first_header(view)?.is_some_and(|first| start > first))
}

/// The archive's start by its zip64 end record, which says where it believes to be itself.
fn zip64_base(view: &View<'_>, locator: &[u8], locator_at: u64) -> Result<u64, ArchiveError> {
    let claimed = u64_at(locator, 8);
    if u32_at(locator, 4) != 0 || u32_at(locator, 16) > 1 {
        return Err(ArchiveError::MultiDisk);
    }
    let record_at = |at: u64| -> Result<Option<[u8; 24]>, ArchiveError> {
        if at.checked_add(ZIP64_END_BYTES).is_none_or(|end| end > locator_at) {
            return Ok(None);
        }
        let reaches_locator = |record: &[u8; 24]| {
            record.starts_with(ZIP64_SIGNATURE) && u64_at(record, 4).checked_add(at + 12) == Some(locator_at)
        };
        Ok(view.array::<24>(at)?.filter(reaches_locator))
    };
    let broken = || ArchiveError::End { size: 0, offset: claimed };
    let (at, record) = if let Some(record) = record_at(claimed)? {
        (claimed, record)
    } else {
        let at = locator_at.saturating_sub(ZIP64_END_BYTES);
        (at, record_at(at)?.ok_or_else(broken)?)
    };
    if u32_at(&record, 16) != 0 || u32_at(&record, 20) != 0 {
        return Err(ArchiveError::MultiDisk);
    }
    at.checked_sub(claimed).ok_or_else(broken)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
