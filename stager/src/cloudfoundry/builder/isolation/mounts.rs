//! What an isolated script sees of the file system.

use std::path::Path;

use fs_err as fs;
use rustix::fs::{StatVfsMountFlags, statvfs};
use rustix::io::Errno;
use rustix::mount::{MountFlags, mount_bind_recursive, mount_remount};

use super::super::namespaces::Refused;
use super::plan::{TMP, View};

/// Sets up the view. The private folder only takes the place of `/tmp` when all below it is in place, since it may itself
/// lie below `/tmp`, and so may what is put into it.
pub(super) fn set_up(view: &View) -> Result<(), Refused> {
    for folder in &view.folders {
        make(folder)?;
    }
    for bind in &view.binds {
        if bind.target != bind.source {
            make(&bind.target)?;
        }
        put(&bind.source, &bind.target)?;
        if bind.read_only {
            make_read_only(&bind.target)?;
        }
    }
    put(&view.private, Path::new(TMP))?;
    rustix::process::chdir(&view.current_dir).map_err(Refused::call(format!("chdir({})", view.current_dir.display())))
}

fn make(folder: &Path) -> Result<(), Refused> {
    fs::create_dir_all(folder).map_err(|error| {
        Refused::call(format!("mkdir({})", folder.display()))(Errno::from_io_error(&error).unwrap_or(Errno::IO))
    })
}

fn put(source: &Path, target: &Path) -> Result<(), Refused> {
    let call = format!("mount({}, {}, MS_BIND | MS_REC)", source.display(), target.display());
    mount_bind_recursive(source, target).map_err(Refused::call(call))
}

/// Makes what was put there read-only. Flags it has already must be kept: a user namespace may not drop them.
fn make_read_only(folder: &Path) -> Result<(), Refused> {
    let now = statvfs(folder).map_err(Refused::call(format!("statvfs({})", folder.display())))?.f_flag;
    let mut flags = MountFlags::BIND | MountFlags::RDONLY;
    for (has, flag) in [
        (StatVfsMountFlags::NOSUID, MountFlags::NOSUID),
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ] {
        flags.set(flag, now.contains(has));
    }
    let call = format!("mount({}, MS_REMOUNT | MS_BIND | MS_RDONLY)", folder.display());
    mount_remount(folder, flags, "").map_err(Refused::call(call))
}
