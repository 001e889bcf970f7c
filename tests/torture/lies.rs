//! Archives that lie: names that are no names, sizes that are not so, bombs.

use crate::random::Random;
use crate::support::{BootJar, Item, Zip};

/// Bytes of a name in an archive, at most.
const NAME: usize = 65_535;

fn name(random: &mut Random) -> Vec<u8> {
    let long = |text: &str, length: usize| text.repeat(length / text.len()).into_bytes();
    match random.below(14) {
        0 => b"../../etc/passwd".to_vec(),
        1 => b"/etc/passwd".to_vec(),
        2 => b"C:\\windows".to_vec(),
        3 => b"a\x1b[31m\x07b\nc".to_vec(),
        4 => "\u{202e}txt.\u{0}".as_bytes().to_vec(),
        5 => b"\xff\xfe\xe9".to_vec(),
        6 => long("a", 1 + random.below(NAME)),
        7 => long("a/", 2 + random.below(NAME - 2)),
        8 => b"boot-inf/classes/demo/main.class".to_vec(),
        9 => b"BOOT-INF/classes/demo/Main.class".to_vec(),
        10 => b"BOOT-INF/classes/demo/Main.class/below".to_vec(),
        11 => b"BOOT-INF//classes/./x".to_vec(),
        12 => Vec::new(),
        _ => [b"BOOT-INF/lib/", &random.bytes(8)[..], b".jar"].concat(),
    }
}

fn item(random: &mut Random) -> Item {
    let mut item = match random.below(3) {
        0 => Item::deflated(name(random), vec![0; 1 << random.below(26)]),
        1 => Item::new(name(random), random.bytes(100)),
        _ => Item::deflated(name(random), b"../../somewhere"),
    };
    match random.below(8) {
        0 => item.size = Some(*random.pick(&[0, 1, u32::MAX, 1 << 31])),
        1 => item.crc = Some(0),
        2 => item.method = Some(*random.pick(&[1, 8, 9, 12, 14, 93, 99])),
        3 => item.local_name = Some(name(random)),
        4 => item.mode = Some(*random.pick(&[0o120_777, 0o010_644, 0o020_666, 0o040_755, 0o104_755])),
        5 => item.same_place_as = Some(0),
        6 => item.flags = 1 << random.below(16),
        _ => item.unmarked = true,
    }
    item
}

/// The good jar with such entries, or very many ordinary ones.
pub(crate) fn lies(bytes: &mut Vec<u8>, random: &mut Random) -> &'static str {
    let mut zip: Zip = BootJar::new().zip();
    if random.once_in(12) {
        let many = 1 << random.below(18);
        zip.items.extend((0..many).map(|number| Item::new(format!("BOOT-INF/classes/{number}"), "")));
    }
    for _ in 0..=random.below(3) {
        let at = random.below(zip.items.len() + 1);
        zip.items.insert(at.max(1), item(random));
    }
    *bytes = zip.bytes();
    "lies"
}
