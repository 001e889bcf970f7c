//! The archive as a file: whole or not at all.

use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use fs_err as fs;

use super::archive::Archive;
use super::member::{DropletError, Member};
use crate::cloudfoundry::partial;
use crate::cloudfoundry::surroundings::parent;
use crate::digest::{Digest, HashingWriter};
use crate::layer::{Compression, write_chunks};
use crate::store::LayerBlob;

/// A part of an archive.
#[derive(Clone, Debug)]
pub(in crate::cloudfoundry) enum Section {
    /// Members, compressed as they are written.
    Members(Vec<Member>),
    /// Members that are compressed already.
    Blob(LayerBlob),
}

/// Writes the sections as a gzipped tar, in the order given: a tree's is that of its sorted folders.
pub(in crate::cloudfoundry) fn write(path: &Path, sections: &[Section]) -> Result<(), DropletError> {
    whole(path, |file| pack(path, file, sections))
}

/// The same; digest and size of the file, hashed as it is written.
pub(in crate::cloudfoundry) fn write_hashed(path: &Path, sections: &[Section]) -> Result<(Digest, u64), DropletError> {
    whole(path, |file| {
        let mut hashing = HashingWriter::new(file);
        pack(path, &mut hashing, sections)?;
        let (_, digest, size) = hashing.finish();
        Ok((digest, size))
    })
}

/// Lets `fill` write a file that gets its name when it is complete. It is not synced: who reads it reads what the system
/// has, and after a loss of power an application is staged again.
fn whole<T>(path: &Path, write: impl FnOnce(&mut std::fs::File) -> Result<T, DropletError>) -> Result<T, DropletError> {
    let failed = |source| DropletError::Write { path: path.to_owned(), source };
    let mut file = tempfile::Builder::new().prefix(&partial::prefix(path)).tempfile_in(parent(path)).map_err(failed)?;
    let filled = write(file.as_file_mut())?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(filled)
}

/// One gzip member for each MiB, so that the bytes depend on the input alone, not on how many threads there are. `gzip`,
/// `tar` and every platform read members one after another as one file.
fn pack(path: &Path, out: &mut (dyn Write + Send), sections: &[Section]) -> Result<(), DropletError> {
    let packed = write_chunks(Compression::Gzip, out, |chunks| -> Result<(), NotPacked> {
        let mut archive = Archive::new(chunks, path.to_owned());
        for section in sections {
            match section {
                Section::Members(members) => members.iter().try_for_each(|member| archive.append(member))?,
                Section::Blob(blob) => {
                    let unreadable = |source| DropletError::Open { path: blob.path.clone(), source };
                    let file = fs::File::open(&blob.path).map_err(unreadable)?.into_file();
                    archive.inner().insert(file)?;
                }
            }
        }
        archive.finish()?;
        Ok(())
    });
    packed.map_err(|error| match error {
        NotPacked::Member(error) => error,
        NotPacked::Write(source) => DropletError::Write { path: path.to_owned(), source },
    })
}

/// Why an archive was not packed.
#[derive(Debug, thiserror::Error)]
enum NotPacked {
    #[error(transparent)]
    Member(#[from] DropletError),
    #[error(transparent)]
    Write(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

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
    fn the_same_files_give_the_same_bytes_whatever_the_threads() {
        let folder = tempfile::tempdir().unwrap();
        let mut written = Vec::new();
        for threads in [0, 1, 7] {
            let root = folder.path().join(format!("tree{threads}"));
            tree(&root);
            let target = folder.path().join(format!("{threads}.tgz"));
            let write = || write(&target, &[Section::Members(Member::tree("./app", &root).unwrap())]).unwrap();
            match threads {
                0 => write(),
                _ => rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(write),
            }
            written.push(fs::read(target).unwrap());
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
        assert!(write(&folder.path().join("droplet"), &[Section::Members(members)]).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
