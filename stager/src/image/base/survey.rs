//! What reading a layer of a foreign image once tells: that its plain tar is the one the image's config promises, and
//! whether a shell is in it.
//!
//! A layer's bytes decide both, so that it can be remembered by the layer's digest and is read once, whatever is staged on
//! it.

use std::io::{self, Read};

use buildpacks::application::Content;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::plain::{decoded, stored};
use super::{BaseError, BlobLayer};
use crate::digest::{DiffId, Digest};

/// Where shells lie: in most images one folder is a link to the other.
const SHELLS: [&str; 2] = ["bin/sh", "usr/bin/sh"];
/// What a member is called that removes a file, and one that removes all files of its folder (OCI image layer
/// specification, "Whiteouts").
const REMOVED: &str = ".wh.";
const ALL_REMOVED: &str = ".wh..wh..opq";

/// What a layer does to the shells below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shell {
    /// It brings one.
    Brought,
    /// It removes them.
    Removed,
    /// Nothing.
    Untouched,
}

/// What a layer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surveyed {
    /// Digest of its plain tar.
    pub diff_id: DiffId,
    /// What it does to shells.
    pub shell: Shell,
}

/// Reads a layer of a foreign image. None when it has other bytes than its digest says, which whoever copies it tells.
///
/// # Errors
/// [`BaseError::Layer`] when it is no tar in the compression that its media type names.
pub fn survey(layer: &BlobLayer) -> Result<Option<Surveyed>, BaseError> {
    let failed = |source| BaseError::Layer { digest: layer.digest, source };
    let mut stored = Hashing::of(stored(&layer.content).map_err(failed)?);
    let read = |stored: &mut dyn Read| -> io::Result<Surveyed> {
        let mut plain = Hashing::of(decoded(stored, &layer.media_type)?);
        let shell = shell_in(&mut plain)?;
        Ok(Surveyed { diff_id: DiffId(plain.digest()?), shell })
    };
    let surveyed = read(&mut stored);
    if stored.digest().map_err(failed)? == layer.digest { surveyed.map(Some).map_err(failed) } else { Ok(None) }
}

/// What the plain tar in `content` does to shells.
///
/// # Errors
/// When it is no tar.
pub fn shell_of_tar(content: &Content) -> io::Result<Shell> {
    shell_in(&mut stored(content)?)
}

/// Whether a shell is in the image whose layers, lowest first, do this to shells.
pub fn has_shell(layers: impl DoubleEndedIterator<Item = Shell>) -> bool {
    layers.rev().find(|shell| *shell != Shell::Untouched) == Some(Shell::Brought)
}

fn shell_in(tar: &mut dyn Read) -> io::Result<Shell> {
    let mut found = Shell::Untouched;
    for member in tar::Archive::new(tar).entries()? {
        let member = member?;
        let path = member.path_bytes();
        let path = String::from_utf8_lossy(&path);
        let path = path.trim_start_matches("./").trim_matches('/');
        // A layer's own files count, whatever it removes below them.
        if SHELLS.contains(&path) {
            found = Shell::Brought;
        } else if found == Shell::Untouched && removes_shells(path) {
            found = Shell::Removed;
        }
    }
    Ok(found)
}

/// Whether a member of this name removes the shells below, or the folder in which they are.
fn removes_shells(path: &str) -> bool {
    let (folder, name) =
        path.rsplit_once('/').map_or((String::new(), path), |(folder, name)| (format!("{folder}/"), name));
    let gone = match name.strip_prefix(REMOVED) {
        _ if name == ALL_REMOVED => folder,
        Some(name) => format!("{folder}{name}"),
        None => return false,
    };
    // A whole folder, or the file; a link to the other folder may stay, and then this errs on the side of a message.
    SHELLS.iter().any(|shell| *shell == gone || shell.starts_with(&gone) && (gone.is_empty() || gone.ends_with('/')))
        || SHELLS.iter().any(|shell| shell.strip_prefix(gone.as_str()).is_some_and(|rest| rest.starts_with('/')))
}

/// A reader that hashes what is read through it.
struct Hashing<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Hashing<R> {
    fn of(inner: R) -> Self {
        Self { inner, hasher: Sha256::new() }
    }

    /// The digest of everything, read to its end.
    fn digest(mut self) -> io::Result<Digest> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(Digest::from(<[u8; 32]>::from(self.hasher.finalize())))
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Write as _;

    use super::*;

    fn tar_of(names: &[&str]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for name in names {
            let mut header = tar::Header::new_gnu();
            header.set_size(1);
            header.set_mode(0o755);
            builder.append_data(&mut header, name, &b"x"[..]).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn layer(media_type: &str, bytes: Vec<u8>) -> BlobLayer {
        BlobLayer {
            media_type: format!("application/vnd.oci.image.layer.v1.{media_type}"),
            digest: Digest::of(&bytes),
            size: bytes.len() as u64,
            diff_id: DiffId(Digest::of(b"")),
            annotations: BTreeMap::new(),
            content: Content::from_bytes(bytes),
        }
    }

    #[test]
    fn a_layer_is_known_by_its_plain_tar_whatever_its_compression() {
        let plain = tar_of(&["bin/sh", "etc/x"]);
        let wanted = Surveyed { diff_id: DiffId(Digest::of(&plain)), shell: Shell::Brought };
        let zstd = zstd::encode_all(&plain[..], 1).unwrap();
        for (media_type, bytes) in [("tar", plain.clone()), ("tar+gzip", gzip(&plain)), ("tar+zstd", zstd)] {
            assert_eq!(survey(&layer(media_type, bytes)).unwrap().as_ref(), Some(&wanted), "{media_type}");
        }
        let changed = BlobLayer { digest: Digest::of(b"x"), ..layer("tar+gzip", gzip(&plain)) };
        assert_eq!(survey(&changed).unwrap(), None);
        for broken in [layer("tar+gzip", b"no gzip".to_vec()), layer("tar+xz", plain.clone())] {
            assert!(matches!(survey(&broken), Err(BaseError::Layer { .. })), "{broken:?}");
        }
    }

    #[test]
    fn the_topmost_layer_that_says_something_of_shells_counts() {
        for (layers, expected) in [
            (&[][..], false),
            (&[&["./bin/sh"][..]], true),
            (&[&["usr/bin/sh"], &["app/x"]], true),
            (&[&["bin/sh"], &["bin/.wh.sh"]], false),
            (&[&["bin/sh"], &["bin/.wh..wh..opq"]], false),
            (&[&["usr/bin/sh"], &["usr/.wh.bin"]], false),
            (&[&["usr/bin/sh"], &[".wh.usr"]], false),
            (&[&["bin/sh"], &[".wh.bing", "opt/.wh.bin", "bin/.wh.she"]], true),
            (&[&["bin/sh"], &["bin/.wh..wh..opq", "bin/sh"]], true),
            (&[&["bin/.wh.sh"], &["usr/bin/sh"]], true),
            (&[&["usr/sbin/sh", "bin/sh/x"]], false),
        ] {
            let shells = layers.iter().map(|names| shell_of_tar(&Content::from_bytes(tar_of(names))).unwrap());
            assert_eq!(has_shell(shells), expected, "{layers:?}");
        }
    }
}
