//! Random changes of documents and archives.

use crate::random::Random;

/// Texts that readers stumble over.
const TOKENS: [&[u8]; 22] = [
    b"\0",
    b"\x1b[31m",
    b"\r\n",
    b"\n\n",
    b"..",
    b"../../../etc/passwd",
    b"/",
    b"//",
    b"\xff\xfe",
    b"\xe2\x80\xae",
    b"-1",
    b"18446744073709551616",
    b"1e999",
    b"null",
    b"{}",
    b"[]",
    b"\"",
    b"'",
    b"*",
    b"&a",
    b"<<: *a",
    b"sha256:",
];

/// Changes some bytes, and says how.
pub(crate) fn mutate(bytes: &mut Vec<u8>, random: &mut Random) -> &'static str {
    let (from, at) = (random.below(bytes.len()), random.below(bytes.len() + 1));
    let most = (bytes.len() - from).min(1 << random.below(16));
    let end = from + random.below(1 + most);
    match random.below(9) {
        0 => {
            bytes.truncate(at);
            "cut off"
        }
        1 => {
            let piece = bytes[from.min(end)..end].to_vec();
            bytes.splice(at..at, piece);
            "a piece twice"
        }
        2 => {
            bytes.drain(from..end);
            "a piece missing"
        }
        3 => {
            bytes.splice(at..at, random.pick(&TOKENS).iter().copied());
            "a text between"
        }
        4 => {
            let piece = [b"[".as_slice(), b"{\"a\":", b"a.", b"- ", b"A", b"a/", b" "][random.below(7)];
            let times = 1 << random.below(17);
            bytes.splice(at..at, piece.repeat(times));
            "the same many times"
        }
        5 => {
            digits(bytes, random);
            "other numbers"
        }
        6 => {
            let noise = random.bytes(end - from);
            bytes.splice(from..end, noise);
            "a piece of noise"
        }
        _ => {
            for _ in 0..=random.below(8) {
                let at = random.below(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            "bits flipped"
        }
    }
}

/// Replaces a run of digits, or four bytes, which are a number in archives.
fn digits(bytes: &mut Vec<u8>, random: &mut Random) {
    let start = random.below(bytes.len());
    let Some(first) = bytes[start..].iter().position(u8::is_ascii_digit).map(|found| start + found) else { return };
    let count = bytes[first..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if random.once_in(2) {
        let number = *random.pick(&["0", "-1", "4294967296", "9223372036854775808", "99999999999999999999999", "1.5"]);
        bytes.splice(first..first + count, number.bytes());
    } else if start + 4 <= bytes.len() {
        let number = random.pick(&[0_u32, 1, 0xffff, 0x7fff_ffff, 0xffff_ffff]).to_le_bytes();
        bytes[start..start + 4].copy_from_slice(&number);
    }
}
