//! A zip writer that can lie in every field.

use std::io::Write;

use super::class::crc32;

/// An archive to be.
#[derive(Clone, Default)]
pub(crate) struct Zip {
    pub(crate) items: Vec<Item>,
    /// Bytes before the archive, such as a launch script.
    pub(crate) prefix: Vec<u8>,
}

/// An entry to be.
#[derive(Clone, Default)]
pub(crate) struct Item {
    pub(crate) name: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) deflate: bool,
    /// Bytes as they lie in the archive, when they are not to be computed from `data`.
    pub(crate) stored: Option<Vec<u8>>,
    /// Time and date as DOS has them.
    pub(crate) time: (u16, u16),
    /// Unix mode; DOS without.
    pub(crate) mode: Option<u32>,
    /// General purpose flags besides UTF-8, which follows from the name.
    pub(crate) flags: u16,
    /// Whether a non-ASCII name is marked as UTF-8.
    pub(crate) unmarked: bool,
    /// Claims, where they are not the truth.
    pub(crate) size: Option<u32>,
    pub(crate) crc: Option<u32>,
    pub(crate) method: Option<u16>,
    /// Name in the local header, where it is another one.
    pub(crate) local_name: Option<Vec<u8>>,
    /// The central directory points to the local header of this earlier entry.
    pub(crate) same_place_as: Option<usize>,
}

/// 2020-02-02 02:02:02.
const TIME: (u16, u16) = (0x1041, 0x5042);

impl Item {
    pub(crate) fn new(name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        Self { name: name.as_ref().to_vec(), data: data.as_ref().to_vec(), time: TIME, ..Self::default() }
    }

    pub(crate) fn deflated(name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        Self { deflate: true, ..Self::new(name, data) }
    }

    fn stored(&self) -> Vec<u8> {
        if let Some(stored) = &self.stored {
            return stored.clone();
        }
        if !self.deflate {
            return self.data.clone();
        }
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&self.data).unwrap();
        encoder.finish().unwrap()
    }

    fn flags(&self) -> u16 {
        let utf8 = !self.unmarked && !self.name.is_ascii();
        self.flags | if utf8 { 0x800 } else { 0 }
    }

    /// Version, flags, method, time, date, CRC-32, stored size, size: what both headers share.
    fn claims(&self, stored: &[u8]) -> Vec<u8> {
        let method = self.method.unwrap_or(if self.deflate { 8 } else { 0 });
        let mut out = Vec::new();
        shorts(&mut out, &[20, self.flags(), method, self.time.0, self.time.1]);
        let size = self.size.unwrap_or(int(self.data.len()));
        ints(&mut out, &[self.crc.unwrap_or_else(|| crc32(&self.data)), int(stored.len()), size]);
        out
    }
}

impl Zip {
    pub(crate) fn new(items: impl IntoIterator<Item = Item>) -> Self {
        Self { items: items.into_iter().collect(), prefix: Vec::new() }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = self.prefix.clone();
        let mut central = Vec::new();
        let mut offsets = Vec::new();
        for item in &self.items {
            let stored = item.stored();
            offsets.push(int(out.len()));
            if item.same_place_as.is_none() {
                let name = item.local_name.as_ref().unwrap_or(&item.name);
                out.extend(b"PK\x03\x04");
                out.extend(item.claims(&stored));
                shorts(&mut out, &[short(name.len()), 0]);
                out.extend(name);
                out.extend(&stored);
            }
            central.extend(b"PK\x01\x02");
            let system = if item.mode.is_some() { 3 << 8 } else { 0 };
            shorts(&mut central, &[system + 20]);
            central.extend(item.claims(&stored));
            shorts(&mut central, &[short(item.name.len()), 0, 0, 0, 0]);
            let offset = offsets[item.same_place_as.unwrap_or(offsets.len() - 1)];
            ints(&mut central, &[item.mode.unwrap_or(0) << 16, offset]);
            central.extend(&item.name);
        }
        self.end(&central, &mut out);
        out
    }

    fn end(&self, central: &[u8], out: &mut Vec<u8>) {
        let (count, offset) = (self.items.len(), out.len());
        out.extend(central);
        if count > 0xfffe {
            let at = out.len();
            out.extend(b"PK\x06\x06");
            longs(out, &[44]);
            shorts(out, &[45, 45]);
            ints(out, &[0, 0]);
            longs(out, &[count, count, central.len(), offset]);
            out.extend(b"PK\x06\x07");
            ints(out, &[0]);
            longs(out, &[at]);
            ints(out, &[1]);
        }
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        out.extend(b"PK\x05\x06");
        shorts(out, &[0, 0, count, count]);
        ints(out, &[int(central.len()), int(offset)]);
        shorts(out, &[0]);
    }
}

fn shorts(out: &mut Vec<u8>, numbers: &[u16]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn ints(out: &mut Vec<u8>, numbers: &[u32]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn longs(out: &mut Vec<u8>, numbers: &[usize]) {
    out.extend(numbers.iter().flat_map(|number| (*number as u64).to_le_bytes()));
}

fn int(number: usize) -> u32 {
    u32::try_from(number).unwrap()
}

fn short(number: usize) -> u16 {
    u16::try_from(number).unwrap()
}
