//! The answer to `GC.heap_info`.

/// Used heap in bytes: the sum over the heap's generations, whatever the collector.
pub(crate) fn used(heap_info: &str) -> Option<i64> {
    let mut sum = None;
    for line in heap_info.lines() {
        let words = line.trim_start();
        // Spaces within a generation are indented under it, and the metaspace follows the heap.
        let names = [
            "garbage-first heap",
            "def new generation",
            "tenured generation",
            "DefNew",
            "Tenured",
            "PSYoungGen",
            "ParOldGen",
            "ZHeap",
            "Z Heap",
        ];
        if names.iter().any(|name| words.starts_with(name))
            && let Some(bytes) = line.split_once("used ").and_then(|(_, after)| size(after))
        {
            sum = Some(sum.unwrap_or(0) + bytes);
        }
    }
    sum.or_else(|| shenandoah(heap_info))
}

/// Shenandoah: ` 1024M max, 1024M soft max, 128M committed, 44M used, ...` or with other units.
fn shenandoah(heap_info: &str) -> Option<i64> {
    let line = heap_info.lines().find(|line| line.contains(" committed,") && line.contains(" used"))?;
    let (before, _) = line.split_once(" used")?;
    size(before.rsplit(' ').next()?)
}

/// `123K`, `123M`.
fn size(text: &str) -> Option<i64> {
    let end = text.find(|character: char| !character.is_ascii_digit())?;
    let number: i64 = text[..end].parse().ok()?;
    let unit = match text.as_bytes().get(end)? {
        b'B' => 1,
        b'K' => 1 << 10,
        b'M' => 1 << 20,
        b'G' => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_collector() {
        let kib = 1024;
        for (text, used_bytes) in [
            (
                " def new generation   total 9792K, used 5000K [0x1, 0x2)\n  eden space 8704K,  55% used [0x1, 0x2)\n \
                 tenured generation   total 21888K, used 12000K [0x1, 0x2)\n Metaspace       used 4242K, committed 1K",
                17_000 * kib,
            ),
            (" DefNew     total 1K, used 2K [0x1)\n Tenured    total 3K, used 4K [0x1)", 6 * kib),
            (" garbage-first heap   total 262144K, used 30720K [0x1, 0x2)\n  region size 1024K, 1 young", 30_720 * kib),
            (" PSYoungGen      total 1K, used 10K [0x1)\n ParOldGen       total 1K, used 20K [0x1)", 30 * kib),
            (" ZHeap           used 50M, capacity 128M, max capacity 256M", 50 * kib * kib),
            ("Shenandoah Heap\n 256M max, 256M soft max, 64M committed, 44M used\n 512 x 512K regions", 44 * kib * kib),
        ] {
            assert_eq!(used(text), Some(used_bytes), "{text}");
        }
        assert_eq!(used("nothing"), None);
    }
}
