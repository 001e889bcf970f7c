//! Class files, and bytes chosen so that a CRC-32 comes out as wanted.

/// A class file that every JVM of `major - 44` reads: a public class without members, and `payload` in an attribute that
/// JVMs must ignore.
pub(crate) fn class(name: &str, major: u16, payload: &[u8]) -> Vec<u8> {
    let utf8 = |out: &mut Vec<u8>, text: &str| {
        out.push(1);
        out.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        out.extend(text.as_bytes());
    };
    let mut out = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0];
    out.extend(major.to_be_bytes());
    out.extend([0, 6]); // constants 1 to 5
    utf8(&mut out, name);
    out.extend([7, 0, 1]);
    utf8(&mut out, "java/lang/Object");
    out.extend([7, 0, 3]);
    utf8(&mut out, "Payload");
    out.extend([0, 0x21, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 5]);
    out.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
    out.extend(payload);
    out
}

pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Changes the four bytes at `at` so that the CRC-32 of all is `wanted`. The checksum is linear in them: each of their 32
/// bits flips a fixed set of bits of the result, and those sets span all results.
pub(crate) fn forge_crc32(bytes: &mut [u8], at: usize, wanted: u32) {
    bytes[at..at + 4].fill(0);
    let zero = crc32(bytes);
    // Rows of a system over GF(2): what a bit does to the checksum, and which bit it is.
    let mut rows: Vec<(u32, u32)> = (0..32)
        .map(|bit| {
            bytes[at..at + 4].copy_from_slice(&(1u32 << bit).to_le_bytes());
            (crc32(bytes) ^ zero, 1 << bit)
        })
        .collect();
    for column in 0..32 {
        let pivot = (column..32).find(|row| rows[*row].0 >> column & 1 == 1).expect("CRC-32 is invertible");
        rows.swap(column, pivot);
        let (effect, bits) = rows[column];
        for (row, other) in rows.iter_mut().enumerate() {
            if row != column && other.0 >> column & 1 == 1 {
                *other = (other.0 ^ effect, other.1 ^ bits);
            }
        }
    }
    let difference = zero ^ wanted;
    let chosen = (0..32).filter(|column| difference >> column & 1 == 1).fold(0, |bits, row| bits ^ rows[row].1);
    bytes[at..at + 4].copy_from_slice(&chosen.to_le_bytes());
    assert_eq!(crc32(bytes), wanted);
}

#[test]
fn four_bytes_forge_any_crc32() {
    let (one, mut other) = (class("A", 61, b"payload-1-____"), class("A", 61, b"payload-2-____"));
    let at = other.len() - 4;
    forge_crc32(&mut other, at, crc32(&one));
    assert_ne!(one, other);
}
