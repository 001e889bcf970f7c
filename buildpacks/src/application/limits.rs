//! How much a tree may hold: bounds against hostile archives, far above what real applications need.

/// Bounds checked while an archive or a directory is opened, before any content is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most entries of one tree. The largest published applications stay below 100,000.
    pub entries: usize,
    /// Largest single file after decoding, bytes.
    pub entry_bytes: u64,
    /// Largest sum of all files after decoding, bytes.
    pub total_bytes: u64,
    /// Most bytes all files may decode to per byte of the archive, once they decode to more than `ratio_free_bytes`.
    /// Class files and text deflate 2 to 20 times; deflate itself ends at 1,032 times.
    pub ratio: u64,
    /// Sum of all files in bytes below which `ratio` is not looked at.
    pub ratio_free_bytes: u64,
    /// Longest target of a symbolic link, bytes (Linux' `PATH_MAX`).
    pub link_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            entry_bytes: 16 << 30,
            total_bytes: 64 << 30,
            ratio: 100,
            ratio_free_bytes: 1 << 30,
            link_bytes: 4096,
        }
    }
}

impl Limits {
    /// Most bytes all files of an archive of `archive_bytes` may decode to.
    pub fn total_of(&self, archive_bytes: u64) -> u64 {
        archive_bytes.saturating_mul(self.ratio).max(self.ratio_free_bytes).min(self.total_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_archives_may_decode_to_a_gibibyte_and_large_ones_to_a_hundred_times_their_size() {
        let limits = Limits::default();
        assert_eq!(limits.total_of(10), 1 << 30);
        assert_eq!(limits.total_of(1 << 28), 100 << 28);
        assert_eq!(limits.total_of(1 << 40), 64 << 30);
    }
}
