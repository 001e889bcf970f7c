//! The archive as a file: whole or not at all.

use std::path::Path;

use super::member::{DropletError, Member};
use super::packing::{Packing, Section};

/// Writes members as a gzipped tar, in the order given: a tree's is that of its sorted folders.
pub(in crate::cloudfoundry) fn write(path: &Path, members: Vec<Member>) -> Result<(), DropletError> {
    let packing = Packing::start(path);
    packing.add(Section::Members(members));
    packing.end()?.publish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fs_err as fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn tree(at: &Path) {
        fs::create_dir_all(at.join("a-b")).unwrap();
        fs::create_dir_all(at.join("a/c")).unwrap();
        fs::write(at.join("a/c/file"), vec![7; 3 << 20]).unwrap();
        fs::write(at.join("a.txt"), "x").unwrap();
        fs::hard_link(at.join("a.txt"), at.join("b.txt")).unwrap();
        symlink("a.txt", at.join("link")).unwrap();
        for folder in [at, &at.join("a"), &at.join("a/c"), &at.join("a-b")] {
            fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    #[test]
    fn the_same_files_give_the_same_bytes_whatever_the_sections() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("tree");
        tree(&root);
        let mut written = Vec::new();
        for cut in [0, 1, 4] {
            let target = folder.path().join(format!("{cut}.tgz"));
            let mut members = Member::tree("./app", &root).unwrap();
            let packing = Packing::start_hashed(&target);
            let rest = members.split_off(cut);
            packing.add(Section::Members(members));
            packing.add(Section::Members(rest));
            let whole = packing.end().unwrap();
            assert!(!target.exists());
            let digest = whole.digest().unwrap();
            whole.publish().unwrap();
            let bytes = fs::read(&target).unwrap();
            assert_eq!(digest, (crate::digest::Digest::of(&bytes), bytes.len() as u64));
            written.push(bytes);
        }
        assert!(written.windows(2).all(|pair| pair[0] == pair[1]));
        let listed = std::process::Command::new("tar").arg("tzf").arg(folder.path().join("1.tgz")).output().unwrap();
        let names = String::from_utf8(listed.stdout).unwrap();
        assert!(names.starts_with("./app/\n./app/a/\n"), "{names}");
        assert!(names.contains("./app/a/c/file\n"), "{names}");
    }

    #[test]
    fn nothing_is_left_of_an_archive_that_failed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("gone"), "x").unwrap();
        let members = Member::tree("./app", &folder.path().join("gone")).unwrap();
        fs::remove_file(folder.path().join("gone")).unwrap();
        assert!(write(&folder.path().join("droplet"), members).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn nothing_is_left_of_an_archive_that_is_not_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("tree");
        tree(&root);
        let out = folder.path().join("out");
        fs::create_dir(&out).unwrap();
        let packing = Packing::start(&out.join("droplet"));
        packing.add(Section::Members(Member::tree("./app", &root).unwrap()));
        drop(packing);
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
    }
}
