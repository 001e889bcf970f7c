//! Readers of caches and outputs that believe nothing. They panic at what is not right.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{list, sha256_hex};

fn json(path: &Path, bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    if folder.is_dir() { list(folder).into_iter().filter(|path| path.is_file()).collect() } else { Vec::new() }
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// Everything in a cache is what its name says, and every record can be understood and is true.
#[track_caller]
pub(crate) fn cache(folder: &Path) {
    let layers = folder.join("layers");
    let blobs = blobs(&layers.join("blobs/sha256"));
    for record in files(&layers.join("selectors")) {
        let value = json(&record, &fs::read(&record).unwrap());
        let hex = value["digest"].as_str().unwrap().trim_start_matches("sha256:");
        let size = blobs.get(hex).unwrap_or_else(|| panic!("{} names a blob that is not there", record.display()));
        assert_eq!(value["size"].as_u64(), Some(*size), "{}", record.display());
    }
    for memo in files(&layers.join("memo")) {
        json(&memo, &fs::read(&memo).unwrap());
    }
    let dependencies = files(&folder.join("dependencies/sha256"));
    for file in &dependencies {
        let bytes = fs::read(file).unwrap();
        match file.extension().and_then(|extension| extension.to_str()) {
            None => assert_eq!(sha256_hex(&bytes), name(file), "an archive of the cache"),
            Some("json") => {
                let value = json(file, &bytes);
                let archive = file.with_extension("");
                assert_eq!(value["sha256"].as_str(), archive.file_name().unwrap().to_str(), "{}", file.display());
                let size = fs::metadata(&archive).map(|metadata| metadata.len()).ok();
                assert_eq!(value["size"].as_u64(), size, "{}", file.display());
            }
            Some(_) => _ = json(file, &bytes),
        }
    }
}

/// The blobs of a folder by their names, which their bytes hash to, with their sizes. What is being written is left out.
fn blobs(folder: &Path) -> BTreeMap<String, u64> {
    let named = files(folder).into_iter().filter(|path| !name(path).starts_with('.'));
    let checked = |path: PathBuf| {
        let bytes = fs::read(&path).unwrap();
        assert_eq!(sha256_hex(&bytes), name(&path), "{}", path.display());
        (name(&path).to_owned(), bytes.len() as u64)
    };
    named.map(checked).collect()
}

/// The images of a layout, by tag. Every blob in it is whole, and nothing that is referred to is missing.
#[track_caller]
pub(crate) fn layout(folder: &Path) -> BTreeMap<String, String> {
    blobs(&folder.join("blobs/sha256"));
    images(|path| fs::read(folder.join(path)).unwrap_or_else(|error| panic!("{path} of a layout: {error}")))
}

/// The images of an archive, by tag, as [`layout`].
#[track_caller]
pub(crate) fn archive(file: &Path) -> BTreeMap<String, String> {
    let mut members = BTreeMap::new();
    for entry in tar::Archive::new(fs::File::open(file).unwrap()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert!(entry.header().entry_type().is_dir() || bytes.len() as u64 == entry.size(), "{path} is cut off");
        members.insert(path, bytes);
    }
    images(|path| members.get(path).unwrap_or_else(|| panic!("{path} of an archive is missing")).clone())
}

fn images(read: impl Fn(&str) -> Vec<u8>) -> BTreeMap<String, String> {
    let document = |bytes: Vec<u8>| json(Path::new("a document"), &bytes);
    assert_eq!(document(read("oci-layout"))["imageLayoutVersion"], "1.0.0");
    let blob = |descriptor: &Value| {
        let hex = descriptor["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap().to_owned();
        let bytes = read(&format!("blobs/sha256/{hex}"));
        assert_eq!((sha256_hex(&bytes), Some(bytes.len() as u64)), (hex, descriptor["size"].as_u64()));
        bytes
    };
    let mut found = BTreeMap::new();
    for descriptor in document(read("index.json"))["manifests"].as_array().unwrap() {
        let manifest = document(blob(descriptor));
        let config = document(blob(&manifest["config"]));
        let layers = manifest["layers"].as_array().unwrap();
        let diff_ids = config["rootfs"]["diff_ids"].as_array().unwrap();
        assert_eq!(layers.len(), diff_ids.len());
        for (layer, diff_id) in layers.iter().zip(diff_ids) {
            let plain = plain(layer["mediaType"].as_str().unwrap(), blob(layer));
            assert_eq!(diff_id.as_str(), Some(format!("sha256:{}", sha256_hex(&plain)).as_str()));
        }
        let tag = descriptor["annotations"]["org.opencontainers.image.ref.name"].as_str().unwrap_or_default();
        found.insert(tag.to_owned(), descriptor["digest"].as_str().unwrap().to_owned());
    }
    found
}

fn plain(media_type: &str, bytes: Vec<u8>) -> Vec<u8> {
    if media_type.ends_with("gzip") {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
        plain
    } else if media_type.ends_with("zstd") {
        zstd::decode_all(&bytes[..]).unwrap()
    } else {
        bytes
    }
}

/// The SHA-256 of a droplet that can be unpacked to its end; nothing when there is none.
#[track_caller]
pub(crate) fn droplet(file: &Path) -> Option<String> {
    let bytes = fs::read(file).ok()?;
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(&bytes[..]));
    for entry in archive.entries().unwrap() {
        std::io::copy(&mut entry.unwrap(), &mut std::io::sink()).unwrap();
    }
    Some(sha256_hex(&bytes))
}

/// The names of a droplet's members.
pub(crate) fn names(file: &Path) -> String {
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(fs::File::open(file).unwrap()));
    let path =
        |entry: std::io::Result<tar::Entry<'_, _>>| String::from_utf8_lossy(&entry.unwrap().path_bytes()).into_owned();
    let mut names: Vec<_> = archive.entries().unwrap().map(path).collect();
    names.sort();
    names.join(" ")
}
