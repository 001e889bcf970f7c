//! Layouts made by code, sound and broken.

use std::path::{Path, PathBuf};

use fs_err as fs;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::{Base, BaseError, BaseLayer, Platform};
use super::{from_archive, from_directory};
use crate::digest::Digest;
use crate::image::with_memory_profile;

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A layout that is written piece by piece.
struct FakeLayout(TempDir);

impl FakeLayout {
    fn new() -> Self {
        let layout = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(layout.0.path().join("blobs/sha256")).unwrap();
        fs::write(layout.0.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        layout
    }

    /// A layout with one image of two layers, tagged `v1`.
    fn with_image() -> Self {
        let layout = Self::new();
        let manifest = layout.manifest(OCI_MANIFEST, &config());
        layout.index(&json!([tagged(manifest, "v1")]));
        layout
    }

    fn dir(&self) -> &Path {
        self.0.path()
    }

    fn blob_path(&self, descriptor: &Value) -> PathBuf {
        self.dir().join("blobs/sha256").join(&descriptor["digest"].as_str().unwrap()[7..])
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        fs::write(self.dir().join("blobs/sha256").join(digest.hex()), bytes).unwrap();
        json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() })
    }

    fn json(&self, media_type: &str, value: &Value) -> Value {
        self.blob(media_type, value.to_string().as_bytes())
    }

    fn manifest(&self, media_type: &str, config: &Value) -> Value {
        let (config_type, layer_type) = if media_type == OCI_MANIFEST {
            ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip")
        } else {
            ("application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar.gzip")
        };
        let mut second = self.blob(layer_type, b"second");
        second["annotations"] = json!({ "a": "b" });
        let document = json!({
            "schemaVersion": 2,
            "config": self.json(config_type, config),
            "layers": [self.blob(layer_type, b"first"), second],
            "annotations": { "of": "the manifest" },
        });
        self.json(media_type, &document)
    }

    fn index(&self, manifests: &Value) {
        let index = json!({ "schemaVersion": 2, "manifests": manifests });
        fs::write(self.dir().join("index.json"), index.to_string()).unwrap();
    }

    fn open(&self, tag: Option<&str>) -> Result<Base, BaseError> {
        from_directory(self.dir(), tag, &Platform::default())
    }

    fn error(&self) -> String {
        self.open(None).unwrap_err().to_string()
    }

    fn archive(&self) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        tar.append_dir_all(".", self.dir()).unwrap();
        tar.into_inner().unwrap()
    }

    /// Writes the archive beside the layout's files, where nothing looks.
    fn open_archive(&self, bytes: &[u8]) -> Result<Base, BaseError> {
        let path = self.dir().join("archive");
        fs::write(&path, bytes).unwrap();
        from_archive(&path, None, &Platform::default())
    }
}

fn diff_id(number: u8) -> String {
    Digest::of(&[number]).to_string()
}

fn config() -> Value {
    json!({
        "os": "linux",
        "architecture": "amd64",
        "rootfs": { "type": "layers", "diff_ids": [diff_id(1), diff_id(2)] },
        "config": { "Env": ["A=b"] },
        "x-unknown": [1.5],
    })
}

fn tagged(mut descriptor: Value, tag: &str) -> Value {
    descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
    descriptor
}

fn layers(base: &Base) -> Vec<(String, Vec<u8>)> {
    let layers = base.layers.iter().map(|layer| match layer {
        BaseLayer::Blob(blob) => (blob.diff_id.to_string(), blob.content.read(100).unwrap().into_owned()),
        BaseLayer::Built(spec) => panic!("{spec:?}"),
    });
    layers.collect()
}

#[test]
fn an_image_is_read_in_order_with_all_it_has() {
    let layout = FakeLayout::with_image();
    let base = layout.open(Some("v1")).unwrap();
    assert_eq!(layers(&base), [(diff_id(1), b"first".to_vec()), (diff_id(2), b"second".to_vec())]);
    let BaseLayer::Blob(second) = &base.layers[1] else { panic!() };
    assert_eq!(second.media_type, "application/vnd.oci.image.layer.v1.tar+gzip");
    assert_eq!((second.digest, second.size), (Digest::of(b"second"), 6));
    assert_eq!(second.annotations["a"], "b");
    let profiled = with_memory_profile(&base, Some("java=21"));
    let manifest: Value = serde_json::from_slice(&profiled.manifest.bytes).unwrap();
    assert_eq!(manifest["annotations"], json!({ "of": "the manifest" }));
    assert_eq!(manifest["layers"][1]["annotations"], json!({ "a": "b" }));
    assert_eq!(base.top_layer.unwrap().to_string(), diff_id(2));
    assert_eq!(base.config, config());
    assert_eq!(base.reference, base.manifest.unwrap().to_string());
    assert_eq!((base.image, base.platform), (None, Platform::default()));
    // index.json, oci-layout, manifest, config and two layers.
    assert_eq!(base.inputs.len(), 6);
}

#[test]
fn an_archive_gives_the_same_base() {
    let layout = FakeLayout::with_image();
    let directory = layout.open(None).unwrap();
    let archive = layout.open_archive(&layout.archive()).unwrap();
    assert_eq!(layers(&archive), layers(&directory));
    assert_eq!((archive.reference, archive.config), (directory.reference, directory.config));
    assert_eq!(archive.inputs.len(), 1);
}

#[test]
fn dockers_media_types_are_taken_and_kept() {
    let layout = FakeLayout::new();
    let manifest = layout.manifest("application/vnd.docker.distribution.manifest.v2+json", &config());
    layout.index(&json!([manifest]));
    let base = layout.open(None).unwrap();
    let BaseLayer::Blob(first) = &base.layers[0] else { panic!() };
    assert_eq!(first.media_type, "application/vnd.docker.image.rootfs.diff.tar.gzip");
}

#[test]
fn nested_indexes_are_followed_by_platform() {
    let layout = FakeLayout::new();
    let mut arm = config();
    arm["architecture"] = json!("arm64");
    let mut manifests = [layout.manifest(OCI_MANIFEST, &arm), layout.manifest(OCI_MANIFEST, &config())];
    manifests[0]["platform"] = json!({ "os": "linux", "architecture": "arm64", "variant": "v8" });
    manifests[1]["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    let inner = layout.json(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": manifests }));
    let outer = layout.json(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": [inner] }));
    layout.index(&json!([tagged(outer, "v1")]));
    assert_eq!(layout.open(Some("v1")).unwrap().platform.architecture, "amd64");
    let wanted = Platform { architecture: "arm64".to_owned(), ..Platform::default() };
    let base = from_directory(layout.dir(), None, &wanted).unwrap();
    assert_eq!(base.platform.architecture, "arm64");
    let wanted = Platform { architecture: "s390x".to_owned(), ..Platform::default() };
    let error = from_directory(layout.dir(), None, &wanted).unwrap_err().to_string();
    assert!(error.contains("for linux/s390x; it has `linux/amd64`, `linux/arm64/v8`"), "{error}");
}

#[test]
fn indexes_nested_without_end_are_refused() {
    let layout = FakeLayout::new();
    let mut descriptor = layout.manifest(OCI_MANIFEST, &config());
    for _ in 0..8 {
        descriptor = layout.json(OCI_INDEX, &json!({ "manifests": [descriptor] }));
    }
    layout.index(&json!([descriptor]));
    assert!(layout.error().contains("nested more than"));
}

#[test]
fn a_full_name_becomes_the_reference() {
    let layout = FakeLayout::new();
    let manifest = layout.manifest(OCI_MANIFEST, &config());
    layout.index(&json!([tagged(manifest.clone(), "registry.example:5000/team/base:v1")]));
    let base = layout.open(None).unwrap();
    assert_eq!(base.image.as_deref(), Some("registry.example:5000/team/base:v1"));
    let digest = manifest["digest"].as_str().unwrap();
    assert_eq!(base.reference, format!("registry.example:5000/team/base@{digest}"));
}

#[test]
fn several_images_are_listed() {
    let layout = FakeLayout::new();
    let one = layout.manifest(OCI_MANIFEST, &config());
    let two = layout.blob(OCI_MANIFEST, b"{}");
    layout.index(&json!([tagged(one, "v1"), tagged(two, "v2")]));
    let error = layout.open(None).unwrap_err();
    assert!(error.to_string().ends_with("choose one by its tag: `v1`, `v2`"), "{error}");
    assert_eq!(error.hint().unwrap(), "append the tag, for example `:v1`");
    assert!(layout.open(Some("v1")).is_ok());
    let error = layout.open(Some("v3")).unwrap_err().to_string();
    assert!(error.contains("No image is tagged `v3`") && error.ends_with("it has `v1`, `v2`"), "{error}");
}

#[test]
fn digests_that_leave_the_layout_are_refused() {
    for digest in ["sha256:../../../etc/passwd", "sha256:..", "../x", "sha512:00", ""] {
        let layout = FakeLayout::new();
        layout.index(&json!([{ "mediaType": OCI_MANIFEST, "digest": digest, "size": 1 }]));
        assert!(matches!(layout.open(None).unwrap_err(), BaseError::Digest { .. }), "{digest}");
    }
    let layout = FakeLayout::new();
    let mut config = config();
    config["rootfs"]["diff_ids"][0] = json!("sha256:../../x");
    layout.index(&json!([layout.manifest(OCI_MANIFEST, &config)]));
    assert!(matches!(layout.open(None).unwrap_err(), BaseError::Digest { .. }));
}

#[test]
fn damaged_documents_are_refused() {
    let layout = FakeLayout::with_image();
    let index: Value = serde_json::from_slice(&fs::read(layout.dir().join("index.json")).unwrap()).unwrap();
    let path = layout.blob_path(&index["manifests"][0]);
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, good.replace("\"schemaVersion\":2", "\"schemaVersion\":3")).unwrap();
    assert!(matches!(layout.open(None).unwrap_err(), BaseError::WrongDigest { .. }));
    fs::write(&path, good + " ").unwrap();
    let error = layout.open(None).unwrap_err();
    assert!(matches!(error, BaseError::BlobSize { .. }) && error.hint().is_some());
    fs::remove_file(&path).unwrap();
    assert!(layout.error().starts_with("The manifest `sha256:"));
}

#[test]
fn missing_and_short_layers_are_refused() {
    let layout = FakeLayout::with_image();
    let path = layout.dir().join("blobs/sha256").join(Digest::of(b"first").hex());
    fs::write(&path, b"short").unwrap();
    assert!(layout.open(None).is_ok(), "equal size: whoever copies it finds out");
    fs::write(&path, b"longer").unwrap();
    assert!(matches!(layout.open(None).unwrap_err(), BaseError::BlobSize { claimed: 5, found: 6, .. }));
    fs::remove_file(&path).unwrap();
    let error = layout.open(None).unwrap_err();
    assert!(error.to_string().starts_with("The layer `sha256:"), "{error}");
    assert!(error.hint().unwrap().contains("every layer"));
}

#[test]
fn documents_of_the_wrong_kind_are_refused() {
    let layout = FakeLayout::new();
    assert!(layout.error().contains("it has no `index.json`"));
    layout.index(&json!([]));
    assert!(layout.error().ends_with("has no image"));
    fs::write(layout.dir().join("index.json"), "{").unwrap();
    assert!(layout.error().starts_with("Could not understand the `index.json`"));
    fs::write(layout.dir().join("index.json"), r#"{"manifests":[],"layers":[]}"#).unwrap();
    assert!(layout.error().contains("manifest and index at once"));
    fs::write(layout.dir().join("index.json"), vec![b' '; (4 << 20) + 1]).unwrap();
    assert!(layout.error().contains("4194305 bytes, more than the 4194304 allowed"));

    let layout = FakeLayout::with_image();
    fs::write(layout.dir().join("oci-layout"), r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
    assert!(layout.error().contains("version `2.0.0`"));
    fs::remove_file(layout.dir().join("oci-layout")).unwrap();
    assert!(layout.error().contains("it has no `oci-layout`"));
}

#[test]
fn images_that_cannot_be_a_base_are_refused() {
    let refused = |change: &dyn Fn(&mut Value)| {
        let layout = FakeLayout::new();
        let mut config = config();
        change(&mut config);
        layout.index(&json!([layout.manifest(OCI_MANIFEST, &config)]));
        layout.error()
    };
    assert!(refused(&|config| config["os"] = json!("windows")).contains("for `windows`, not for linux"));
    assert!(refused(&|config| config["rootfs"]["diff_ids"] = json!([])).contains("2 layers in its manifest and 0"));
    assert!(refused(&|config| config["rootfs"] = json!(null)).starts_with("Could not understand the config"));

    let layout = FakeLayout::new();
    let artifact = json!({
        "config": layout.blob("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [layout.blob("application/x", b"x")],
    });
    layout.index(&json!([layout.json(OCI_MANIFEST, &artifact)]));
    assert!(layout.error().contains("`application/vnd.oci.empty.v1+json`, which is not that of an image"));
}

#[test]
fn broken_archives_are_refused() {
    let layout = FakeLayout::with_image();
    let archive = layout.archive();
    let end = archive.len() - 1024;
    for cut in (0..end).step_by(97) {
        // A cut may take only what nobody needs; then the rest must give the same image.
        if let Ok(base) = layout.open_archive(&archive[..cut]) {
            assert_eq!(layers(&base).len(), 2);
        }
    }
    assert!(layout.open_archive(b"\x1f\x8b\x08").unwrap_err().to_string().contains("compressed with gzip"));
    assert!(layout.open_archive(b"").unwrap_err().to_string().contains("not an OCI image layout"));
    assert!(layout.open_archive(&[b'x'; 4096]).is_err());
    let twice = [&archive[..end], &archive].concat();
    let error = layout.open_archive(&twice).unwrap_err().to_string();
    assert!(error.ends_with("it is there twice"), "{error}");
}

#[test]
fn a_file_is_no_directory_and_a_missing_one_is_named() {
    let layout = FakeLayout::with_image();
    let file = layout.dir().join("index.json");
    assert!(matches!(from_directory(&file, None, &Platform::default()).unwrap_err(), BaseError::Read { .. }));
    let missing = layout.dir().join("missing");
    let error = from_directory(&missing, None, &Platform::default()).unwrap_err().to_string();
    assert_eq!(error, format!("Could not read `{}`", missing.display()));
}
