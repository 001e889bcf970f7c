//! An image's files in a folder, so that they run from there without root and without container.
//!
//! Only what staging has put there is unpacked: layers, application, launcher. The base is the machine's own. Places in the
//! files that the launcher reads, and targets of links, are moved along with the files.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use buildpacks::application::ContentError;
use fs_err as fs;
use tar::EntryType;

use crate::digest::{Digest, HashingWriter};
use crate::image::base::{Base, BaseLayer, BlobLayer};

/// Folders of an image that are staging's.
const OURS: [&str; 3] = ["layers", "workspace", "cnb"];

/// Why an image could not be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// A layer cannot be read.
    #[error("Could not read layer {digest}")]
    Content {
        /// Which.
        digest: Digest,
        /// Why.
        source: ContentError,
    },
    /// A layer has other bytes than its digest says.
    #[error("Layer {digest} has other bytes: found {found}")]
    WrongDigest {
        /// Expected.
        digest: Digest,
        /// Found.
        found: Digest,
    },
    /// A layer cannot be unpacked.
    #[error("Could not unpack layer {digest} into `{}`", folder.display())]
    Layer {
        /// Which.
        digest: Digest,
        /// Where.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be changed.
    #[error("Could not change `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Unpacks the image into `folder`, which is empty.
///
/// # Errors
/// [`UnpackError`]; what was unpacked so far stays.
pub(super) fn unpack(image: &Base, folder: &Path) -> Result<(), UnpackError> {
    for layer in &image.layers {
        if let BaseLayer::Blob(blob) = layer {
            check(blob)?;
            let failed = |source| UnpackError::Layer { digest: blob.digest, folder: folder.to_owned(), source };
            unpack_layer(blob, folder).map_err(failed)?;
        }
    }
    for name in OURS {
        move_places(&folder.join(name), folder)?;
    }
    Ok(())
}

/// Text with places in the image replaced by those in the folder.
pub(super) fn moved(text: &str, folder: &Path) -> String {
    // `/layers` and `/layers/x`, but not `/layers-of` nor `/home/layers`.
    let goes_on = |character: char| character.is_alphanumeric() || "._-".contains(character);
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('/') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let name = OURS.iter().find(|name| from[1..].starts_with(**name));
        let ends = name.is_some_and(|name| !from[1 + name.len()..].starts_with(goes_on));
        if ends && !out.ends_with(goes_on) {
            out.push_str(&folder.to_string_lossy());
        }
        // To the next slash.
        let next = from[1..].find('/').map_or(from.len(), |next| next + 1);
        out.push_str(&from[..next]);
        rest = &from[next..];
    }
    out + rest
}

fn check(blob: &BlobLayer) -> Result<(), UnpackError> {
    let digest = blob.digest;
    let mut hashing = HashingWriter::new(io::sink());
    blob.content.copy_to(&mut hashing).map_err(|source| UnpackError::Content { digest, source })?;
    let (_, found, _) = hashing.finish();
    if found == digest { Ok(()) } else { Err(UnpackError::WrongDigest { digest, found }) }
}

fn unpack_layer(blob: &BlobLayer, folder: &Path) -> io::Result<()> {
    blob.read_plain(|plain| unpack_tar(plain, folder))
}

fn unpack_tar(plain: &mut dyn Read, folder: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(plain);
    archive.set_preserve_permissions(false);
    for member in archive.entries()? {
        let mut member = member?;
        let path = member.path()?.into_owned();
        let first = path.components().find_map(|part| match part {
            std::path::Component::Normal(name) => name.to_str(),
            _ => None,
        });
        let wanted = first.is_some_and(|first| OURS.contains(&first))
            && matches!(member.header().entry_type(), EntryType::Regular | EntryType::Directory | EntryType::Symlink);
        // It refuses what would lie outside of the folder.
        if wanted && !member.unpack_in(folder)? {
            return Err(io::Error::other(format!("`{}` would lie outside", path.display())));
        }
    }
    Ok(())
}

/// Moves targets of links, and the places in files that the launcher reads: variables, and the start command.
#[expect(clippy::disallowed_methods, reason = "a file that was unpacked just now")]
fn move_places(below: &Path, folder: &Path) -> Result<(), UnpackError> {
    for entry in walkdir::WalkDir::new(below).into_iter().flatten() {
        let path = entry.path();
        let failed = |source| UnpackError::File { path: path.to_owned(), source };
        if entry.file_type().is_symlink() {
            let target = fs::read_link(path).map_err(failed)?;
            let moved_target = moved(&target.to_string_lossy(), folder);
            if target.is_absolute() && Path::new(&moved_target) != target {
                fs::remove_file(path).map_err(failed)?;
                std::os::unix::fs::symlink(moved_target, path).map_err(failed)?;
            }
        } else if entry.file_type().is_file() && is_read_by_launcher(path, folder) {
            let text = buildpacks::files::read_text(path, buildpacks::files::DOCUMENT_BYTES).map_err(failed)?;
            fs::write(path, moved(&text, folder)).map_err(failed)?;
        }
    }
    Ok(())
}

/// `layers/config/metadata.toml`, and `layers/BUILDPACK/LAYER/env*/...`.
fn is_read_by_launcher(path: &Path, folder: &Path) -> bool {
    let Ok(inner) = path.strip_prefix(folder.join("layers")) else { return false };
    let parts: Vec<_> = inner.iter().filter_map(|part| part.to_str()).collect();
    matches!(parts.as_slice(), ["config", "metadata.toml"] | [_, _, "env" | "env.launch", ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_move_and_words_that_look_like_them_do_not() {
        for (text, expected) in [
            ("/layers/stage_java/jre", "/t/layers/stage_java/jre"),
            ("-javaagent:/layers/a.jar=/workspace", "-javaagent:/t/layers/a.jar=/t/workspace"),
            ("/workspace:/workspace/lib/*", "/t/workspace:/t/workspace/lib/*"),
            ("command = [\"/cnb/lifecycle/launcher\"]", "command = [\"/t/cnb/lifecycle/launcher\"]"),
            ("/home/layers /layers-of x/workspace", "/home/layers /layers-of x/workspace"),
            ("2", "2"),
        ] {
            assert_eq!(moved(text, Path::new("/t")), expected);
        }
        // A folder below one of the places is not moved once more.
        assert_eq!(
            moved("/layers/x:/workspace", Path::new("/workspace/t")),
            "/workspace/t/layers/x:/workspace/t/workspace"
        );
    }

    #[test]
    fn files_of_the_launcher() {
        for (path, expected) in [
            ("/t/layers/config/metadata.toml", true),
            ("/t/layers/b/jre/env.launch/JAVA_HOME.default", true),
            ("/t/layers/b/jre/env.launch/web/X.append", true),
            ("/t/layers/b/jre/bin/java", false),
            ("/t/workspace/env/x", false),
        ] {
            assert_eq!(is_read_by_launcher(Path::new(path), Path::new("/t")), expected, "{path}");
        }
    }
}
