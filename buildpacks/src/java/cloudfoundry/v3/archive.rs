//! A cached file as a dependency: its name says nothing of its format, its first bytes do.

use std::io::{self, Read};
use std::path::Path;

use super::repository::Item;
use super::staging::Failure;
use crate::dependency::{Archive, Description, Format, Kind, ResolvedDependency, Version, redact};
use crate::files;

/// The first bytes of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// How an archive is unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unpack {
    /// A tar without the first part of every name, be it a folder or `.`.
    WithoutTop,
    /// A tar as it is.
    AsIs,
    /// No archive: the file itself.
    File,
}

/// The file of an item, checked from here on against what it is now. `id` is a name for it, as in `open_jdk_jre`.
pub(super) fn resolve(id: &str, item: &Item, path: &Path, unpack: Unpack) -> Result<ResolvedDependency, Failure> {
    let refused = |error: io::Error| Failure(format!("Could not read `{}`: {error}", path.display()));
    let format = if unpack == Unpack::File { Format::File } else { format(path).map_err(refused)? };
    let strip = match unpack {
        Unpack::WithoutTop => u32::from(!starts_at_dot(path, format).map_err(refused)?),
        Unpack::AsIs | Unpack::File => 0,
    };
    let archive = Archive { format, prefix: None, strip, file: (unpack == Unpack::File).then(|| id.to_owned()) };
    let version = Version::parse(item.version.as_str()).or_else(|_| Version::parse("0"));
    let version = version.map_err(|error| Failure(error.to_string()))?;
    let mut description = Description::new(id, version, Kind::Tool, archive);
    description.uri = Some(redact(&item.uri));
    ResolvedDependency::in_place(description, path).map_err(refused)
}

fn format(path: &Path) -> io::Result<Format> {
    let mut start = [0; 2];
    files::open(path)?.read_exact(&mut start)?;
    Ok(if start == GZIP { Format::TarGz } else { Format::Tar })
}

/// Whether the names in a tar start with `./`: that part is the first of their names then, and no folder is taken off.
fn starts_at_dot(path: &Path, format: Format) -> io::Result<bool> {
    let file = io::BufReader::new(files::open(path)?);
    let source: Box<dyn Read> = match format {
        Format::TarGz => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        _ => Box::new(file),
    };
    let mut archive = tar::Archive::new(source);
    let first = archive.entries()?.next().ok_or_else(|| io::Error::other("the archive is empty"))??;
    Ok(first.path_bytes().starts_with(b"./"))
}
