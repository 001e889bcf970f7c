//! Temporary folders, and those that killed builders have left.
//!
//! A folder is locked as long as its builder lives, by a lock on the folder itself which the kernel lets go with the process.
//! A folder of the same user that is named like one of ours and not locked was left, and is removed. Nothing of others, and
//! nothing behind a link, is ever touched: the parent may be a `/tmp` that everybody writes to.

use std::fs::DirBuilder;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::fs::{FlockOperation, Mode, OFlags, flock, fstat, open};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::{partial, system};

/// What a temporary folder is for, and how its name starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// What becomes the droplet's `deps` and `profile.d`. Scripts see the name, which starts as the original's does.
    Contents,
    /// The isolated scripts' own `/tmp`.
    Isolation,
    /// A cache for one staging.
    Cache,
    /// A buildpack that is being downloaded.
    Download,
}

impl Purpose {
    const ALL: [Self; 4] = [Self::Contents, Self::Isolation, Self::Cache, Self::Download];

    fn prefix(self) -> &'static str {
        match self {
            Self::Contents => "contents",
            Self::Isolation => "isolation",
            Self::Cache => "stage-cache",
            Self::Download => "stage-download",
        }
    }
}

/// Digits at the end of a name. The original's folders, which are not locked, have ten at most.
const DIGITS: usize = 18;

/// A temporary folder of mode 0700; removed when dropped.
#[derive(Debug)]
pub(super) struct Temporary {
    path: PathBuf,
    /// Holds the lock.
    _folder: OwnedFd,
}

/// No temporary folder could be made.
#[derive(Debug, thiserror::Error)]
#[error("mkdir {}: {}", path.display(), system::reason(error))]
pub(super) struct NoFolder {
    path: PathBuf,
    error: io::Error,
}

impl Temporary {
    /// Makes a fresh one in `parent`.
    ///
    /// # Errors
    /// When no folder can be made there.
    pub(super) fn create(parent: &Path, purpose: Purpose) -> Result<Self, NoFolder> {
        /// Names that somebody else took, at most.
        const ATTEMPTS: usize = 1000;
        for _ in 0..ATTEMPTS {
            let number = RandomState::new().hash_one(parent) % 10_u64.pow(18);
            let path = parent.join(format!("{}{number:0DIGITS$}", purpose.prefix()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(NoFolder { path, error }),
            }
            // Until it is locked, another builder may take it for left.
            match Folder::open(&path) {
                Ok(folder) if folder.lock() != Lock::Others && folder.is_at(&path) => {
                    return Ok(Self { path, _folder: folder.0 });
                }
                Ok(_) | Err(Errno::NOENT) => {}
                Err(error) => {
                    drop(fs::remove_dir(&path));
                    return Err(NoFolder { path, error: error.into() });
                }
            }
        }
        Err(NoFolder { path: parent.to_owned(), error: ErrorKind::AlreadyExists.into() })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed stays; staging has its result already.
        partial::remove_folder(&self.path);
    }
}

/// Removes what killed builders of this user have left in `parent`; what cannot be removed stays.
pub(super) fn clear(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_ours) {
            remove_left(&entry.path());
        }
    }
}

fn is_ours(name: &str) -> bool {
    let digits = Purpose::ALL.into_iter().find_map(|purpose| name.strip_prefix(purpose.prefix()));
    digits.is_some_and(|digits| digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn remove_left(path: &Path) {
    let Ok(folder) = Folder::open(path) else { return };
    if !folder.is_own() || folder.lock() != Lock::Ours || !folder.is_at(path) {
        return;
    }
    // By way of the folder that was looked at, whatever has its name by now.
    let opened = PathBuf::from(format!("/proc/self/fd/{}", folder.0.as_raw_fd()));
    drop(fs::set_permissions(&opened, std::fs::Permissions::from_mode(0o700)));
    for entry in fs::read_dir(&opened).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            partial::remove_folder(&entry.path());
        } else {
            drop(fs::remove_file(entry.path()));
        }
    }
    drop(fs::remove_dir(path));
}

/// A folder that was opened, and is no link.
struct Folder(OwnedFd);

/// What came of locking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    /// It is locked here.
    Ours,
    /// Somebody else holds the lock.
    Others,
    /// The file system has no locks: nothing there is ever taken for left.
    None,
}

impl Folder {
    #[expect(clippy::disallowed_methods, reason = "a folder, to be locked")]
    fn open(path: &Path) -> Result<Self, Errno> {
        open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()).map(Self)
    }

    fn lock(&self) -> Lock {
        match flock(&self.0, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Lock::Ours,
            Err(Errno::WOULDBLOCK) => Lock::Others,
            Err(_) => Lock::None,
        }
    }

    fn is_own(&self) -> bool {
        fstat(&self.0).is_ok_and(|stat| stat.st_uid == geteuid().as_raw())
    }

    /// Whether it is what has this name.
    fn is_at(&self, path: &Path) -> bool {
        let named = fs::symlink_metadata(path);
        let same = |named: std::fs::Metadata| {
            fstat(&self.0).is_ok_and(|own| (own.st_dev, own.st_ino) == (named.dev(), named.ino()))
        };
        named.is_ok_and(same)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{chown, symlink};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_left_is_removed_and_what_lives_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let alive = Temporary::create(parent.path(), Purpose::Contents).unwrap();
        fs::write(alive.path().join("file"), "").unwrap();
        for purpose in Purpose::ALL {
            let left = Temporary::create(parent.path(), purpose).unwrap();
            let path = left.path().to_owned();
            drop(left);
            fs::create_dir_all(path.join("locked/in")).unwrap();
            fs::write(path.join("locked/in/file"), "").unwrap();
            fs::set_permissions(path.join("locked"), std::fs::Permissions::from_mode(0o555)).unwrap();
        }
        clear(parent.path());
        assert_eq!(names(parent.path()), [alive.path().file_name().unwrap().to_str().unwrap()]);
        assert!(alive.path().join("file").exists());
        drop(alive);
        assert_eq!(names(parent.path()), [""; 0]);
    }

    #[test]
    fn nothing_of_others_is_touched() {
        let parent = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("kept"), "").unwrap();
        symlink(outside.path(), parent.path().join("contents000000000000000001")).unwrap();
        fs::write(parent.path().join("contents000000000000000002"), "a file").unwrap();
        // As the original names its own, and as nobody does.
        for name in ["contents4242424242", "contents", "contents00000000000000000x", "isolation0000000000000000011"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let mut kept = 6;
        if geteuid().is_root() {
            let foreign = parent.path().join("isolation000000000000000003");
            fs::create_dir(&foreign).unwrap();
            chown(&foreign, Some(65534), None).unwrap();
            kept += 1;
        }
        clear(parent.path());
        assert_eq!(names(parent.path()).len(), kept);
        assert!(outside.path().join("kept").exists());
    }
}
