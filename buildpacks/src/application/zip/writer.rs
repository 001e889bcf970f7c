//! A zip writer for tests that can lie in every field.

use std::io::Write;

/// An archive to be.
#[derive(Clone, Default)]
pub(crate) struct Zip {
    pub(crate) items: Vec<Item>,
    /// Bytes before the archive.
    pub(crate) prefix: Vec<u8>,
    /// Whether offsets count from the archive's start instead of the file's.
    pub(crate) relative: bool,
    pub(crate) comment: Vec<u8>,
    /// Whether to write zip64 end records and extra fields.
    pub(crate) zip64: bool,
    /// Added to the number of entries in the end record.
    pub(crate) count_lie: u16,
    /// The number of this disk.
    pub(crate) disk: u16,
}

/// An entry to be.
#[derive(Clone, Default)]
pub(crate) struct Item {
    pub(crate) name: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) deflate: bool,
    pub(crate) descriptor: bool,
    pub(crate) flags: u16,
    /// Unix mode; DOS without.
    pub(crate) mode: Option<u32>,
    pub(crate) method: Option<u16>,
    pub(crate) local_name: Option<Vec<u8>>,
    pub(crate) local_method: Option<u16>,
    pub(crate) local_size: Option<u32>,
    pub(crate) size: Option<u32>,
    pub(crate) crc: Option<u32>,
    /// Local header taken from this earlier entry.
    pub(crate) same_place_as: Option<usize>,
}

impl Item {
    pub(crate) fn new(name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        Self { name: name.as_ref().to_vec(), data: data.as_ref().to_vec(), ..Self::default() }
    }
}

impl Zip {
    pub(crate) fn with(items: impl IntoIterator<Item = Item>) -> Self {
        Self { items: items.into_iter().collect(), ..Self::default() }
    }

    pub(crate) fn of<N: AsRef<[u8]>, D: AsRef<[u8]>>(files: impl IntoIterator<Item = (N, D)>) -> Self {
        Self::with(files.into_iter().map(|(name, data)| Item::new(name, data)))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = self.prefix.clone();
        let base = if self.relative { out.len() } else { 0 };
        let mut central = Vec::new();
        let mut offsets = Vec::new();
        for item in &self.items {
            let stored = item.stored();
            offsets.push(out.len() - base);
            if item.same_place_as.is_none() {
                item.write_local(&stored, &mut out);
            }
            let offset = offsets[item.same_place_as.unwrap_or(offsets.len() - 1)];
            item.write_central(&stored, offset, self.zip64, &mut central);
        }
        let offset = out.len() - base;
        out.extend_from_slice(&central);
        self.write_end(offset, central.len(), base, &mut out);
        out
    }

    fn write_end(&self, offset: usize, size: usize, base: usize, out: &mut Vec<u8>) {
        let count = self.items.len();
        if self.zip64 {
            let at = out.len() - base;
            out.extend_from_slice(b"PK\x06\x06");
            put64(out, 44);
            put16s(out, &[45, 45]);
            put32s(out, &[0, 0]);
            for number in [count, count, size, offset] {
                put64(out, number as u64);
            }
            out.extend_from_slice(b"PK\x06\x07");
            put32s(out, &[0]);
            put64(out, at as u64);
            put32s(out, &[1]);
        }
        out.extend_from_slice(b"PK\x05\x06");
        let count = if self.zip64 { 0xffff } else { small16(count).wrapping_add(self.count_lie) };
        put16s(out, &[self.disk, self.disk, count, count]);
        put32s(out, &if self.zip64 { [u32::MAX; 2] } else { [small(size), small(offset)] });
        put16s(out, &[small16(self.comment.len())]);
        out.extend_from_slice(&self.comment);
    }
}

impl Item {
    fn stored(&self) -> Vec<u8> {
        if !self.deflate {
            return self.data.clone();
        }
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&self.data).unwrap();
        encoder.finish().unwrap()
    }

    fn crc(&self) -> u32 {
        self.crc.unwrap_or_else(|| {
            let mut crc = flate2::Crc::new();
            crc.update(&self.data);
            crc.sum()
        })
    }

    fn size(&self) -> u32 {
        self.size.unwrap_or(small(self.data.len()))
    }

    fn flags(&self) -> u16 {
        self.flags | if self.descriptor { 8 } else { 0 }
    }

    fn method(&self) -> u16 {
        self.method.unwrap_or(if self.deflate { 8 } else { 0 })
    }

    fn write_local(&self, stored: &[u8], out: &mut Vec<u8>) {
        let name = self.local_name.as_ref().unwrap_or(&self.name);
        out.extend_from_slice(b"PK\x03\x04");
        put16s(out, &[20, self.flags(), self.local_method.unwrap_or(self.method()), 0, 0]);
        let sizes = [self.crc(), small(stored.len()), self.local_size.unwrap_or(self.size())];
        put32s(out, &if self.descriptor { [0; 3] } else { sizes });
        // An extra field of its own, so that the data starts elsewhere than the central directory suggests.
        put16s(out, &[small16(name.len()), 8]);
        out.extend_from_slice(name);
        put16s(out, &[0xcafe, 4, 0, 0]);
        out.extend_from_slice(stored);
        if self.descriptor {
            out.extend_from_slice(b"PK\x07\x08");
            put32s(out, &sizes);
        }
    }

    fn write_central(&self, stored: &[u8], offset: usize, zip64: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(b"PK\x01\x02");
        let system = if self.mode.is_some() { 3 << 8 } else { 0 };
        put16s(out, &[system + 20, 20, self.flags(), self.method(), 0, 0]);
        put32s(out, &[self.crc()]);
        put32s(out, &if zip64 { [u32::MAX; 2] } else { [small(stored.len()), self.size()] });
        put16s(out, &[small16(self.name.len()), if zip64 { 28 } else { 0 }, 0, 0, 0]);
        put32s(out, &[self.mode.unwrap_or(0) << 16, if zip64 { u32::MAX } else { small(offset) }]);
        out.extend_from_slice(&self.name);
        if zip64 {
            put16s(out, &[1, 24]);
            for number in [u64::from(self.size()), stored.len() as u64, offset as u64] {
                put64(out, number);
            }
        }
    }
}

fn put16s(out: &mut Vec<u8>, numbers: &[u16]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn put32s(out: &mut Vec<u8>, numbers: &[u32]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn put64(out: &mut Vec<u8>, number: u64) {
    out.extend(number.to_le_bytes());
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap()
}

fn small16(number: usize) -> u16 {
    u16::try_from(number & 0xffff).unwrap()
}
