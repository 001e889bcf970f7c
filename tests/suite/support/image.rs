//! An independent reader of OCI layouts, which believes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// An image in a layout folder, with every descriptor checked.
pub(crate) struct Image {
    pub(crate) digest: String,
    pub(crate) manifest: Value,
    pub(crate) config: Value,
    /// The plain tars, lowest first.
    pub(crate) layers: Vec<Vec<u8>>,
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

impl Image {
    /// Reads the one image of the layout at `path`.
    ///
    /// # Panics
    /// When anything in it is not as the OCI image specification wants it, or blobs lie about that nobody refers to.
    pub(crate) fn read(path: &Path) -> Self {
        let mut seen = Vec::new();
        let layout: Value = serde_json::from_slice(&fs::read(path.join("oci-layout")).unwrap()).unwrap();
        assert_eq!(layout["imageLayoutVersion"], "1.0.0");
        let index: Value = serde_json::from_slice(&fs::read(path.join("index.json")).unwrap()).unwrap();
        let manifests = index["manifests"].as_array().unwrap();
        assert_eq!(manifests.len(), 1, "{index}");
        let mut blob = |descriptor: &Value| {
            let digest = descriptor["digest"].as_str().unwrap();
            let hex = digest.strip_prefix("sha256:").unwrap();
            let blob = path.join("blobs/sha256").join(hex);
            let bytes = fs::read(&blob).unwrap();
            assert_eq!(sha256_hex(&bytes), hex);
            assert_eq!(descriptor["size"].as_u64(), Some(bytes.len() as u64));
            seen.push(blob);
            bytes
        };
        let manifest: Value = serde_json::from_slice(&blob(&manifests[0])).unwrap();
        let config: Value = serde_json::from_slice(&blob(&manifest["config"])).unwrap();
        let descriptors = manifest["layers"].as_array().unwrap();
        let diff_ids = config["rootfs"]["diff_ids"].as_array().unwrap();
        assert_eq!(descriptors.len(), diff_ids.len());
        let mut layers = Vec::new();
        for (descriptor, diff_id) in descriptors.iter().zip(diff_ids) {
            let plain = decode(descriptor["mediaType"].as_str().unwrap(), blob(descriptor));
            assert_eq!(diff_id.as_str(), Some(format!("sha256:{}", sha256_hex(&plain)).as_str()));
            layers.push(plain);
        }
        seen.extend(["oci-layout", "index.json", "blobs", "blobs/sha256"].map(|name| path.join(name)));
        seen.sort();
        seen.dedup();
        assert_eq!(super::list(path), seen, "files that nobody refers to");
        let digest = manifests[0]["digest"].as_str().unwrap().to_owned();
        Self { digest, manifest, config, layers }
    }

    /// The image's files: path, then mode, link target and content of the topmost layer that has it.
    pub(crate) fn files(&self) -> BTreeMap<String, (u32, Option<PathBuf>, Vec<u8>)> {
        let mut files = BTreeMap::new();
        for layer in &self.layers {
            for entry in tar::Archive::new(&layer[..]).entries().unwrap() {
                let mut entry = entry.unwrap();
                let path = entry.path().unwrap().to_str().unwrap().to_owned();
                let link = entry.link_name().unwrap().map(std::borrow::Cow::into_owned);
                let mode = entry.header().mode().unwrap();
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).unwrap();
                files.insert(path, (mode, link, bytes));
            }
        }
        files
    }

    /// The content of a file of the application.
    pub(crate) fn workspace(&self, name: &str) -> Vec<u8> {
        let path = format!("workspace/{name}");
        self.files().remove(&path).unwrap_or_else(|| panic!("no `{path}`")).2
    }
}

fn decode(media_type: &str, bytes: Vec<u8>) -> Vec<u8> {
    let mut plain = Vec::new();
    if media_type.ends_with("gzip") {
        flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
    } else if media_type.ends_with("zstd") {
        plain = zstd::decode_all(&bytes[..]).unwrap();
    } else {
        assert!(media_type.ends_with("tar"), "{media_type}");
        plain = bytes;
    }
    plain
}

/// Changes the config of the one image of a layout, and what names it.
pub(crate) fn change_config(layout: &Path, change: impl Fn(&mut Value)) {
    let blob = |digest: &Value| layout.join("blobs/sha256").join(&digest.as_str().unwrap()["sha256:".len()..]);
    let read = |path: &Path| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let put = |value: &Value| {
        let bytes = serde_json::to_vec(value).unwrap();
        let digest = serde_json::json!(format!("sha256:{}", sha256_hex(&bytes)));
        fs::write(blob(&digest), &bytes).unwrap();
        (digest, serde_json::json!(bytes.len()))
    };
    let mut index = read(&layout.join("index.json"));
    let mut manifest = read(&blob(&index["manifests"][0]["digest"]));
    let mut config = read(&blob(&manifest["config"]["digest"]));
    change(&mut config);
    (manifest["config"]["digest"], manifest["config"]["size"]) = put(&config);
    (index["manifests"][0]["digest"], index["manifests"][0]["size"]) = put(&manifest);
    fs::write(layout.join("index.json"), serde_json::to_vec(&index).unwrap()).unwrap();
}
