//! The end record: where the archive begins and ends inside its file.

use crate::application::ArchiveError;

/// Size of the end record without its comment (APPNOTE 4.3.16).
const END_BYTES: usize = 22;
/// `PK\5\6`.
const END_SIGNATURE: &[u8] = b"PK\x05\x06";
/// Size of the zip64 end record's locator (4.3.15), which lies right before the end record.
const LOCATOR_BYTES: usize = 20;
/// `PK\6\7`.
const LOCATOR_SIGNATURE: &[u8] = b"PK\x06\x07";
/// Size of a zip64 end record without extensible data (4.3.14).
const ZIP64_END_BYTES: usize = 56;
/// `PK\6\6`.
const ZIP64_SIGNATURE: &[u8] = b"PK\x06\x06";
/// Longest comment.
const MAX_COMMENT_BYTES: usize = 0xffff;
/// How far into a file with a launch script the first local header is looked for, to tell a truncated archive from
/// other files. Spring Boot's script has about 9 KiB.
const SCRIPT_BYTES: usize = 64 * 1024;

/// Where an archive lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Offsets inside the archive count from here: zero, or the length of the bytes before it.
    pub(super) base: usize,
    /// Start of the end record.
    pub(super) end: usize,
}

/// Whether `bytes` are a zip archive, whole or cut off.
pub(in crate::application) fn looks_like_zip(bytes: &[u8]) -> bool {
    find_end(bytes).is_ok() || first_header(bytes).is_some()
}

/// Where the first local header lies: at the start, or behind a launch script.
fn first_header(bytes: &[u8]) -> Option<usize> {
    let script = if bytes.starts_with(b"#!") { bytes.len().min(SCRIPT_BYTES) } else { 4 };
    bytes.get(..script)?.windows(4).position(|window| window == b"PK\x03\x04")
}

/// Finds the end record and from it the archive's start.
pub(super) fn locate(bytes: &[u8]) -> Result<Bounds, ArchiveError> {
    let end = find_end(bytes)?;
    let record = &bytes[end..];
    let sentinel = |number: u16| number != 0 && number != u16::MAX;
    if sentinel(u16_at(record, 4)) || sentinel(u16_at(record, 6)) || u16_at(record, 8) != u16_at(record, 10) {
        return Err(ArchiveError::MultiDisk);
    }
    let locator = end.checked_sub(LOCATOR_BYTES).filter(|&at| bytes[at..].starts_with(LOCATOR_SIGNATURE));
    if let Some(locator) = locator {
        return Ok(Bounds { base: zip64_base(bytes, locator)?, end });
    }
    let (size, offset) = (u32_at(record, 12), u32_at(record, 16));
    let base = end.checked_sub(size as usize + offset as usize);
    let base = base.ok_or(ArchiveError::End { size: size.into(), offset: offset.into() })?;
    Ok(Bounds { base, end })
}

/// The last end record whose comment ends with the file.
fn find_end(bytes: &[u8]) -> Result<usize, ArchiveError> {
    let first = bytes.len().saturating_sub(END_BYTES + MAX_COMMENT_BYTES);
    let mut shortest_tail = None;
    for at in (first..(bytes.len() + 1).saturating_sub(END_BYTES)).rev() {
        if !bytes[at..].starts_with(END_SIGNATURE) {
            continue;
        }
        let comment_end = at + END_BYTES + usize::from(u16_at(bytes, at + 20));
        if comment_end == bytes.len() {
            return Ok(at);
        }
        if comment_end < bytes.len() && !is_nested(bytes, at) {
            shortest_tail = shortest_tail.or(Some(bytes.len() - comment_end));
        }
    }
    Err(shortest_tail.map_or(ArchiveError::Truncated, |count| ArchiveError::Trailing { count }))
}

/// Whether the end record at `at` is that of an archive inside this one, stored as it is: it starts behind the first
/// local header. An archive cut off behind a nested jar has nothing but such ones.
fn is_nested(bytes: &[u8], at: usize) -> bool {
    let directory = u32_at(bytes, at + 12) as usize + u32_at(bytes, at + 16) as usize;
    let start = at.checked_sub(directory).filter(|start| *start > 0);
    start.zip(first_header(bytes)).is_some_and(|(start, first)| start > first)
}

/// The archive's start by its zip64 end record, which says where it believes to be itself.
fn zip64_base(bytes: &[u8], locator: usize) -> Result<usize, ArchiveError> {
    let claimed = u64_at(bytes, locator + 8);
    if u32_at(bytes, locator + 4) != 0 || u32_at(bytes, locator + 16) > 1 {
        return Err(ArchiveError::MultiDisk);
    }
    let reaches_locator = |at: usize| {
        at.checked_add(ZIP64_END_BYTES).is_some_and(|end| end <= locator)
            && bytes[at..].starts_with(ZIP64_SIGNATURE)
            && u64_at(bytes, at + 4).checked_add(at as u64 + 12) == Some(locator as u64)
    };
    let broken = ArchiveError::End { size: 0, offset: claimed };
    let claimed = usize::try_from(claimed).unwrap_or(usize::MAX);
    let at = if reaches_locator(claimed) { claimed } else { locator.saturating_sub(ZIP64_END_BYTES) };
    if !reaches_locator(at) {
        return Err(broken);
    }
    if u32_at(bytes, at + 16) != 0 || u32_at(bytes, at + 20) != 0 {
        return Err(ArchiveError::MultiDisk);
    }
    at.checked_sub(claimed).ok_or(broken)
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
