//! Variants of a jar, every other byte of every other entry as it was.

use std::io;

const END: &[u8] = b"PK\x05\x06";
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;

struct Entry {
    /// The central directory's record: header, name, extra field, comment.
    record: Vec<u8>,
    name: String,
    /// Where the local header starts in the file.
    start: usize,
}

fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
}

fn put_u32(bytes: &mut [u8], at: usize, value: usize) -> io::Result<()> {
    let value = u32::try_from(value).map_err(io::Error::other)?;
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    Ok(())
}

/// Entries in the order they lie in the file, where the central directory starts, and the end record.
fn read(jar: &[u8]) -> io::Result<(Vec<Entry>, usize, &[u8])> {
    let end = jar.windows(4).rposition(|window| window == END).ok_or_else(|| io::Error::other("no zip"))?;
    let (count, directory) = (u16_at(jar, end + 10), u32_at(jar, end + 16));
    let mut at = directory;
    let mut entries = Vec::new();
    for _ in 0..count {
        let name_bytes = u16_at(jar, at + 28);
        let length = CENTRAL_BYTES + name_bytes + u16_at(jar, at + 30) + u16_at(jar, at + 32);
        let name = &jar[at + CENTRAL_BYTES..at + CENTRAL_BYTES + name_bytes];
        entries.push(Entry {
            record: jar[at..at + length].to_vec(),
            name: String::from_utf8_lossy(name).into_owned(),
            start: u32_at(jar, at + 42),
        });
        at += length;
    }
    entries.sort_by_key(|entry| entry.start);
    Ok((entries, directory, &jar[end..]))
}

/// The jar without a launch script before it; with `change` above zero, `class` has another debug name of its source
/// file: one letter of its constant pool, so that it stays a valid class. Its time moves on: Jib looks at
/// times, not at content, and would ship the old class.
pub(crate) fn rewrite(jar: &[u8], class: &str, change: u8) -> io::Result<Vec<u8>> {
    build(jar, |entry| {
        if entry.name != class || change == 0 {
            return Ok(Some(None));
        }
        let content = content(jar, entry)?;
        let found = content.windows(5).position(|window| window == b".java");
        let at = found.ok_or_else(|| io::Error::other("the class names no source file"))?;
        let mut changed = content;
        changed[at - 1] = b'0' + change;
        Ok(Some(Some(changed)))
    })
}

/// A small application of the same kind: launcher, manifest and index stay, libraries and classes go.
pub(crate) fn minimal(jar: &[u8]) -> io::Result<Vec<u8>> {
    build(jar, |entry| {
        let name = &entry.name;
        let kept = name.starts_with("org/springframework/boot/loader/")
            || name.starts_with("META-INF/MANIFEST")
            || name == "BOOT-INF/classes/zipkin/server/ZipkinServer.class"
            || name == "BOOT-INF/layers.idx"
            || name.starts_with("BOOT-INF/lib/slf4j-api");
        Ok(kept.then_some(None))
    })
}

/// The decoded content of an entry.
fn content(jar: &[u8], entry: &Entry) -> io::Result<Vec<u8>> {
    let data = entry.start + LOCAL_BYTES + u16_at(jar, entry.start + 26) + u16_at(jar, entry.start + 28);
    let (packed, size) = (u32_at(&entry.record, 20), u32_at(&entry.record, 24));
    let stored = &jar[data..data + packed];
    if u16_at(&entry.record, 10) == 0 {
        return Ok(stored.to_vec());
    }
    let mut out = vec![0; size];
    libdeflater::Decompressor::new().deflate_decompress(stored, &mut out).map_err(io::Error::other)?;
    Ok(out)
}

/// Copies entries: `None` drops one, `Some(None)` keeps its bytes, `Some(Some(content))` stores that content instead.
fn build(jar: &[u8], mut choose: impl FnMut(&Entry) -> io::Result<Option<Option<Vec<u8>>>>) -> io::Result<Vec<u8>> {
    let (entries, directory_at, end) = read(jar)?;
    let mut out = Vec::with_capacity(jar.len());
    let mut directory = Vec::new();
    let mut count = 0_u16;
    for (at, entry) in entries.iter().enumerate() {
        let Some(replacement) = choose(entry)? else { continue };
        let mut record = entry.record.clone();
        put_u32(&mut record, 42, out.len())?;
        match replacement {
            None => {
                let stop = entries.get(at + 1).map_or(directory_at, |next| next.start);
                out.extend_from_slice(&jar[entry.start..stop]);
            }
            Some(content) => {
                // Stored, sizes in the header, no data descriptor.
                record[8] &= !8;
                record[12] ^= 1;
                record[10..12].copy_from_slice(&0_u16.to_le_bytes());
                put_u32(&mut record, 16, libdeflater::crc32(&content) as usize)?;
                put_u32(&mut record, 20, content.len())?;
                put_u32(&mut record, 24, content.len())?;
                let mut local = jar[entry.start..entry.start + LOCAL_BYTES].to_vec();
                local[4..26].copy_from_slice(&record[6..28]);
                local[28..30].copy_from_slice(&[0, 0]);
                out.extend_from_slice(&local);
                out.extend_from_slice(entry.name.as_bytes());
                out.extend_from_slice(&content);
            }
        }
        directory.extend_from_slice(&record);
        count += 1;
    }
    let mut end = end.to_vec();
    end[8..10].copy_from_slice(&count.to_le_bytes());
    end[10..12].copy_from_slice(&count.to_le_bytes());
    put_u32(&mut end, 12, directory.len())?;
    put_u32(&mut end, 16, out.len())?;
    out.extend_from_slice(&directory);
    out.extend_from_slice(&end);
    Ok(out)
}
