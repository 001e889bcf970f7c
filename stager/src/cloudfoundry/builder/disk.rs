//! How much the folders hold that scripts fill, and whether their disk is full.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fs_err as fs;

/// A folder that scripts write to, as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    /// What it is for.
    pub(super) what: &'static str,
    /// Where it is.
    pub(super) path: PathBuf,
}

/// The limit was exceeded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{total} bytes are more than the limit of {limit}; {what} `{}` grew most, from {before} to {after} bytes", path.display())]
pub(super) struct LimitExceeded {
    limit: u64,
    total: u64,
    what: &'static str,
    path: PathBuf,
    before: u64,
    after: u64,
}

/// Watches the folders against a limit.
///
/// Walking trees is dear, asking a disk for its free space is cheap: the trees are walked only when the disks have lost as
/// much as was left below the limit, or when the last walk is so long ago that another takes a small part of the time.
pub(super) struct Watch<'a> {
    folders: &'a [Folder],
    limit: u64,
    before: Vec<u64>,
    total: u64,
    free: u64,
    walked: Instant,
    pause: Duration,
}

/// The trees are walked for at most one part in so many of the time.
const PART_OF_TIME: u32 = 20;
/// Shortest pause between walks that no disk gave reason for.
const PAUSE: Duration = Duration::from_secs(2);

impl<'a> Watch<'a> {
    /// Measures what the folders hold now.
    pub(super) fn start(folders: &'a [Folder], limit: u64) -> Self {
        let started = Instant::now();
        let before = sizes(folders);
        let total = before.iter().sum();
        let walked = Instant::now();
        let pause = PAUSE.max((walked - started) * PART_OF_TIME);
        Self { folders, limit, before, total, free: free(folders), walked, pause }
    }

    /// Measures again if there is reason to.
    pub(super) fn look(&mut self) -> Result<(), LimitExceeded> {
        let lost = self.free.saturating_sub(free(self.folders));
        if lost > self.limit.saturating_sub(self.total) || self.walked.elapsed() > self.pause {
            return self.measure();
        }
        Ok(())
    }

    /// Measures again.
    pub(super) fn measure(&mut self) -> Result<(), LimitExceeded> {
        let started = Instant::now();
        let free = free(self.folders);
        let sizes = sizes(self.folders);
        self.total = sizes.iter().sum();
        self.free = free;
        self.walked = Instant::now();
        self.pause = PAUSE.max((self.walked - started) * PART_OF_TIME);
        if self.total <= self.limit {
            return Ok(());
        }
        let grown = self.folders.iter().zip(&self.before).zip(&sizes);
        let Some(((folder, before), after)) = grown.max_by_key(|((_, before), after)| after.saturating_sub(**before))
        else {
            return Ok(());
        };
        let (path, what) = (folder.path.clone(), folder.what);
        Err(LimitExceeded { limit: self.limit, total: self.total, what, path, before: *before, after: *after })
    }
}

/// The first folder whose disk has no room left, for bytes or for files.
pub(super) fn full(folders: &[Folder]) -> Option<&Folder> {
    /// With less, nothing worth its name can be written.
    const ROOM: u64 = 64 * 1024;
    folders.iter().find(|folder| {
        rustix::fs::statvfs(&folder.path).is_ok_and(|disk| {
            disk.f_bavail.saturating_mul(disk.f_frsize) < ROOM || (disk.f_files > 0 && disk.f_favail == 0)
        })
    })
}

/// Free bytes on the disks of the folders, each disk once.
fn free(folders: &[Folder]) -> u64 {
    let mut disks = BTreeSet::new();
    let mut free = 0_u64;
    for folder in folders {
        if let Ok(disk) = rustix::fs::statvfs(&folder.path)
            && fs::metadata(&folder.path).is_ok_and(|metadata| disks.insert(metadata.dev()))
        {
            free = free.saturating_add(disk.f_bavail.saturating_mul(disk.f_frsize));
        }
    }
    free
}

/// Bytes in the files below each folder; a file with several names counts once. What cannot be looked at, such as a file
/// that is being removed, counts nothing.
fn sizes(folders: &[Folder]) -> Vec<u64> {
    let mut linked = BTreeSet::new();
    folders.iter().map(|folder| size(&folder.path, &mut linked)).collect()
}

fn size(folder: &Path, linked: &mut BTreeSet<(u64, u64)>) -> u64 {
    let files = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    files
        .filter_map(|entry| entry.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .filter(|metadata| metadata.nlink() == 1 || linked.insert((metadata.dev(), metadata.ino())))
        .map(|metadata| metadata.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_that_grew_is_named() {
        let root = tempfile::tempdir().unwrap();
        let folder = |what, name| Folder { what, path: root.path().join(name) };
        let folders = [folder("the build folder", "app"), folder("the cache", "cache")];
        for folder in &folders {
            fs::create_dir(&folder.path).unwrap();
        }
        fs::write(folders[0].path.join("a"), [0; 600]).unwrap();
        let mut watch = Watch::start(&folders, 1000);
        fs::write(folders[1].path.join("b"), [0; 400]).unwrap();
        fs::hard_link(folders[1].path.join("b"), folders[1].path.join("c")).unwrap();
        assert_eq!(watch.measure(), Ok(()));
        fs::write(folders[1].path.join("d"), [0; 1]).unwrap();
        let message = watch.measure().unwrap_err().to_string();
        assert!(message.starts_with("1001 bytes are more than the limit of 1000; the cache `"), "{message}");
    }
}
