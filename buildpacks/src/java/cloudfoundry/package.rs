//! Offline packages of the Java buildpack, of any generation, as sources of dependencies for the offline cache: a folder or
//! a zip, its root at the top or in one folder.
//!
//! | generation | lists | files |
//! | --- | --- | --- |
//! | 5 | `manifest.yml`, with checksums | `dependencies/`, named by `file` |
//! | 3, 4 | `index.yml` of each repository | `resources/cache/<URI>.cached` |

use std::io;
use std::path::{Path, PathBuf};

use super::bits::Form;
use super::inside::is_inside;
use super::v5::Manifest;
use super::{Bits, Faults, Unreadable};
use crate::application::{Application, ContentError, EntryPath, OpenError};
use crate::dependency::{
    Archive, CachedDependency, Catalogue, DependencyCache, DependencyError, Description, Format, Imported, Kind,
    Sha256, Skipped, Version, is_vendors_runtime,
};
use crate::yaml::{self, YamlError};

/// A file that a package brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packaged {
    /// What the generation calls it.
    pub(super) name: String,
    /// As the package writes it.
    pub(super) version: String,
    /// Where it was published.
    pub(super) uri: String,
    /// What its bytes must hash to, where the package says it, as written.
    pub(super) sha256: Option<String>,
    /// Where it lies in the package.
    pub(super) path: String,
}

/// Why a package could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The zip is broken.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A list in it is broken.
    #[error("`{path}` of the buildpack is not valid")]
    List {
        /// The list.
        path: String,
        /// Why.
        source: YamlError,
    },
    /// A file in it is broken.
    #[error("Could not read `{path}` of the buildpack")]
    Content {
        /// The file.
        path: String,
        /// Why.
        source: ContentError,
    },
    /// There is no place for a file on its way.
    #[error("Could not write a temporary file")]
    Scratch(#[source] io::Error),
    /// Something of it cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The cache does not take it.
    #[error(transparent)]
    Dependency(#[from] DependencyError),
}

const CACHE: &str = "resources/cache";
const INDEX: &str = "%2Findex.yml.cached";

/// Takes in every file of the package at `from`; none when it is no package.
///
/// # Errors
/// See [`PackageError`]; what was taken in before stays.
pub fn import(from: &Path, cache: &DependencyCache, catalogue: &Catalogue) -> Result<Option<Imported>, PackageError> {
    let faults = Faults::default();
    if from.is_dir() {
        return import_bits(Bits::folder(from, &faults), cache, catalogue);
    }
    let is_zip = from.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
    if !is_zip {
        return Ok(None);
    }
    let application = Application::open(from)?;
    import_bits(Bits::artifact(&application, &faults), cache, catalogue)
}

fn import_bits(
    bits: Bits<'_>,
    cache: &DependencyCache,
    catalogue: &Catalogue,
) -> Result<Option<Imported>, PackageError> {
    let listed = list(bits)?;
    bits.check()?;
    let Some(packaged) = listed else { return Ok(None) };
    let mut imported = Imported::default();
    for file in packaged {
        match take(bits, cache, catalogue, &file)? {
            Ok(record) => imported.added.push(record),
            Err(reason) => {
                let sha256 = file.sha256.and_then(|text| text.parse().ok());
                imported.skipped.push(Skipped { path: PathBuf::from(file.path), sha256, reason });
            }
        }
    }
    Ok(Some(imported))
}

/// Takes in a file; why not, when it is not to be taken.
fn take(
    bits: Bits<'_>,
    cache: &DependencyCache,
    catalogue: &Catalogue,
    file: &Packaged,
) -> Result<Result<CachedDependency, String>, PackageError> {
    let listed = |what: &str| Ok(Err(format!("{} {} is listed, and {what}", file.name, file.version)));
    let inside = match bits.form() {
        Form::Folder(folder) => is_inside(folder, Path::new(&file.path)),
        Form::Artifact(_) => EntryPath::new(&file.path).is_ok(),
    };
    if !inside {
        return listed("its file is outside the package");
    }
    let sha256 = match file.sha256.as_deref().map(|text| text.to_ascii_lowercase().parse::<Sha256>()) {
        Some(Err(_)) => return listed("its `sha256` is none"),
        known => known.and_then(Result::ok),
    };
    let Some(content) = bits.content(&file.path) else { return listed("its file is not there") };
    let mut copy = tempfile::NamedTempFile::new().map_err(PackageError::Scratch)?;
    content.copy_to(&mut copy).map_err(|source| PackageError::Content { path: file.path.clone(), source })?;
    Ok(add(cache, catalogue, file, sha256, copy.path())?)
}

/// Adds a file with its checksum, where that is known; why not, when it is not to be added.
fn add(
    cache: &DependencyCache,
    catalogue: &Catalogue,
    file: &Packaged,
    sha256: Option<Sha256>,
    copy: &Path,
) -> Result<Result<CachedDependency, String>, DependencyError> {
    let own = match sha256 {
        Some(sha256) => sha256,
        None => {
            Sha256::of_reader(
                crate::files::open_within(copy, crate::files::ARCHIVE_BYTES).map_err(DependencyError::Read)?,
            )
            .map_err(DependencyError::Read)?
            .0
        }
    };
    if let Some(entry) = catalogue.by_sha256(own) {
        return cache.add(copy, &entry.description, Some(entry.sha256)).map(Ok);
    }
    let Some(description) = description(file) else {
        return Ok(Err(format!("`{}` is not a version", file.version)));
    };
    match cache.add(copy, &description, sha256) {
        // Some archives have the runtime at their root.
        Err(DependencyError::NotAJre { .. } | DependencyError::Strip { .. }) if description.archive.strip > 0 => {
            let archive = Archive { strip: 0, ..description.archive.clone() };
            cache.add(copy, &Description { archive, ..description }, sha256).map(Ok)
        }
        other => other.map(Ok),
    }
}

fn description(file: &Packaged) -> Option<Description> {
    let runtime = is_vendors_runtime(&file.name);
    let format = Format::of_file_name(&file.uri);
    let strip = u32::from(runtime && format == Format::TarGz);
    let base = file.uri.rsplit('/').next().unwrap_or_default();
    let single = matches!(format, Format::File | Format::Jar).then(|| base.to_owned());
    let archive = Archive { strip, file: single, ..Archive::new(format) };
    let kind = if runtime { Kind::Jre } else { Kind::Tool };
    let mut description = Description::new(&file.name, Version::parse(&file.version).ok()?, kind, archive);
    description.uri = Some(file.uri.clone());
    Some(description)
}

/// The files that the package's lists name; none when there are no such lists.
fn list(bits: Bits<'_>) -> Result<Option<Vec<Packaged>>, PackageError> {
    let nested = match &bits.list("")[..] {
        [only] if only.is_dir => format!("{}/", only.name),
        _ => String::new(),
    };
    for root in [String::new(), nested] {
        let manifest = format!("{root}manifest.yml");
        if bits.exists(&manifest) {
            let text = bits.text(&manifest).unwrap_or_default();
            let manifest = Manifest::parse(&text, Path::new(&root))
                .map_err(|source| PackageError::List { path: manifest.clone(), source })?;
            return Ok(Some(manifest.packaged()));
        }
        if bits.is_dir(&format!("{root}{CACHE}")) {
            return indexed(bits, &format!("{root}{CACHE}")).map(Some);
        }
    }
    Ok(None)
}

/// The files of a package of the third or fourth generation.
fn indexed(bits: Bits<'_>, folder: &str) -> Result<Vec<Packaged>, PackageError> {
    let mut packaged = Vec::new();
    for index in bits.files(folder, |name| name.ends_with(INDEX)) {
        let Some(name) = repository(index.trim_end_matches(INDEX)) else { continue };
        let path = format!("{folder}/{index}");
        let text = bits.text(&path).unwrap_or_default();
        let root = yaml::parse(&text).map_err(|source| PackageError::List { path: path.clone(), source })?;
        let Some(root) = root else { continue };
        for (version, uri) in root.entries("map[string]string", &mut Vec::new()) {
            let Some(uri) = uri.text(&mut Vec::new()) else { continue };
            let path = format!("{folder}/{}.cached", uri.replace(':', "%3A").replace('/', "%2F"));
            // A package holds the file of one version; the index lists all there were.
            if bits.exists(&path) {
                packaged.push(Packaged { name: name.clone(), version: written(&version), uri, sha256: None, path });
            }
        }
    }
    Ok(packaged)
}

/// The name of a repository: the first part of its path, such as `openjdk` of `https://host/openjdk/trusty/x86_64`.
fn repository(escaped: &str) -> Option<String> {
    let path = escaped.split_once("%3A%2F%2F")?.1.split_once("%2F")?.1;
    path.split("%2F").next().map(str::to_owned).filter(|name| !name.is_empty())
}

/// A version of an index, whose qualifier stands behind `_`: a qualifier that is no number is one of a release.
fn written(version: &str) -> String {
    match version.split_once('_') {
        Some((core, qualifier)) if !qualifier.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{core}.{qualifier}")
        }
        _ => version.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::zip::writer::{Item, Zip};
    use fs_err as fs;

    fn jre(root: &str) -> Vec<u8> {
        let mut modules = vec![0; 28];
        modules[..4].copy_from_slice(&0xcafe_dada_u32.to_le_bytes());
        let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        let files: [(&str, &[u8]); 3] =
            [("bin/java", b"x"), ("lib/modules", &modules), ("release", b"JAVA_VERSION=\"17.0.1\"\n")];
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o755);
            builder.append_data(&mut header, format!("{root}{path}"), bytes).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn imported(bits: Bits<'_>) -> (Vec<String>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let cache = DependencyCache::open(folder.path());
        let imported = import_bits(bits, &cache, &Catalogue::built_in()).unwrap().unwrap();
        let added = imported.added.iter().map(|record| record.description.coordinates()).collect();
        (added, imported.skipped.len())
    }

    #[test]
    fn a_package_of_the_fifth_generation_comes_as_folder_and_zip() {
        let (runtime, jar) = (jre("jdk-17/"), b"PK jar".to_vec());
        let manifest = format!(
            "language: java\ndependencies:\n\
             - {{name: openjdk, version: 17.0.1+2, uri: 'https://host/o.tgz', sha256: {}, file: dependencies/a/o.tgz}}\n\
             - {{name: java-cfenv, version: 3.9.9, uri: 'https://host/c.jar', sha256: {}, file: dependencies/b/c.jar}}\n\
             - {{name: gone, version: 1.0.0, uri: 'https://host/g.jar', sha256: {}, file: dependencies/c/g.jar}}\n\
             - {{name: online, version: 1.0.0, uri: 'https://host/n.jar', sha256: {}}}\n",
            Sha256::of(&runtime),
            Sha256::of(&jar),
            Sha256::of(b"g"),
            Sha256::of(b"n"),
        );
        let files: [(&str, &[u8]); 3] =
            [("manifest.yml", manifest.as_bytes()), ("dependencies/a/o.tgz", &runtime), ("dependencies/b/c.jar", &jar)];
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let wanted = (vec!["openjdk@17.0.1+2".to_owned(), "java-cfenv@3.9.9".to_owned()], 1);
        assert_eq!(imported(Bits::folder(folder.path(), &Faults::default())), wanted);

        let items = files.map(|(path, bytes)| Item::new(format!("java-buildpack/{path}"), bytes));
        let zip = folder.path().join("package.zip");
        fs::write(&zip, Zip::with(items).bytes()).unwrap();
        let application = Application::open(&zip).unwrap();
        assert_eq!(imported(Bits::artifact(&application, &Faults::default())), wanted);
    }

    #[test]
    fn a_package_of_the_third_generation_brings_what_its_indexes_name() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join(CACHE);
        fs::create_dir_all(&cache).unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(cache.join(name), bytes).unwrap();
        write(
            "https%3A%2F%2Fhost%2Fopenjdk%2Ftrusty%2Fx86_64%2Findex.yml.cached",
            b"---\n1.8.0_91: https://host/openjdk/o.tar.gz\n1.8.0_77: https://host/openjdk/old.tar.gz\n",
        );
        write("https%3A%2F%2Fhost%2Fopenjdk%2Fo.tar.gz.cached", &jre("./"));
        write(
            "https%3A%2F%2Fhost%2Fauto-reconfiguration%2Findex.yml.cached",
            b"1.10.0_RELEASE: https://host/auto-reconfiguration/a.jar\n",
        );
        write("https%3A%2F%2Fhost%2Fauto-reconfiguration%2Fa.jar.cached", b"PK");
        let wanted = vec!["auto-reconfiguration@1.10.0.RELEASE".to_owned(), "openjdk@1.8.0_91".to_owned()];
        assert_eq!(imported(Bits::folder(folder.path(), &Faults::default())), (wanted, 0));
    }

    #[test]
    fn what_a_manifest_cannot_vouch_for_is_left_out() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("package");
        fs::create_dir(&folder).unwrap();
        fs::write(outside.path().join("a.jar"), "PK").unwrap();
        fs::write(folder.join("a.jar"), "PK").unwrap();
        std::os::unix::fs::symlink("../a.jar", folder.join("link.jar")).unwrap();
        let sha256 = Sha256::of(b"PK").to_string();
        let absolute = outside.path().join("a.jar");
        for (sha256, file, reason) in [
            ("none", "a.jar", "its `sha256` is none"),
            ("''", "a.jar", "its `sha256` is none"),
            (&*sha256, "../a.jar", "its file is outside the package"),
            (&*sha256, absolute.to_str().unwrap(), "its file is outside the package"),
            (&*sha256, "link.jar", "its file is outside the package"),
            (&*sha256, "gone.jar", "its file is not there"),
        ] {
            let manifest = format!(
                "language: java\ndependencies:\n\
                 - {{name: a, version: 1.0.0, uri: 'https://host/a.jar', sha256: {sha256}, file: {file}}}\n"
            );
            fs::write(folder.join("manifest.yml"), manifest).unwrap();
            let cache = tempfile::tempdir().unwrap();
            let cache = DependencyCache::open(cache.path());
            let imported = import_bits(Bits::folder(&folder, &Faults::default()), &cache, &Catalogue::built_in())
                .unwrap()
                .unwrap();
            assert!(imported.added.is_empty(), "{file}");
            assert_eq!(imported.skipped[0].reason, format!("a 1.0.0 is listed, and {reason}"));
        }
    }

    #[test]
    fn other_folders_are_no_packages() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("some.tgz"), "x").unwrap();
        assert!(list(Bits::folder(folder.path(), &Faults::default())).unwrap().is_none());
    }
}
