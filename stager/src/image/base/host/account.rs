//! Accounts, name service and folders: written here, the same on every host.

use super::super::BaseError;
use super::closure::Layer;
use crate::layer::Owner;

const PASSWD: &str = "\
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
cnb:x:1000:1000:cnb:/home/cnb:/sbin/nologin
";
const GROUP: &str = "\
root:x:0:
nogroup:x:65534:
cnb:x:1000:
";
const NSSWITCH: &str = "\
passwd: files
group: files
hosts: files dns
";
/// Container runtimes put their own over it.
const HOSTS: &str = "\
127.0.0.1 localhost
::1 localhost
";

/// The folder of applications' user.
pub(in crate::image::base) const HOME: &str = "/home/cnb";
/// Who owns it: platforms that give every application a user of its own (`OpenShift`) put it into group 0.
const CNB: Owner = Owner { uid: 1000, gid: 0 };
const ROOT: Owner = Owner { uid: 0, gid: 0 };

pub(super) fn add(layer: &mut Layer) -> Result<(), BaseError> {
    layer.text("etc/passwd", PASSWD)?;
    layer.text("etc/group", GROUP)?;
    layer.text("etc/nsswitch.conf", NSSWITCH)?;
    layer.text("etc/hosts", HOSTS)?;
    layer.directory("tmp", 0o1777, ROOT)?;
    layer.directory(HOME.trim_start_matches('/'), 0o775, CNB)?;
    // Where a runtime mounts: a read-only root could not make them.
    ["dev", "proc", "sys", "run"].into_iter().try_for_each(|path| layer.directory(path, 0o755, ROOT))
}
