//! Makes the file trees the vectors describe.

use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// How jars in jars are kept.
#[derive(Clone, Copy)]
pub(crate) enum Nested {
    Stored,
    Deflated,
}

/// Replaces `{ROOT}` by the directory.
pub(crate) fn placed(text: &str, root: &Path) -> String {
    text.replace("{ROOT}", root.to_str().unwrap())
}

pub(crate) fn make(tree: &Value, root: &Path, nested: Nested) {
    for (name, node) in tree.as_object().unwrap() {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if node["dir"] == true {
            fs::create_dir_all(&path).unwrap();
        } else if let Some(text) = node["text"].as_str() {
            fs::write(&path, text).unwrap();
        } else if let Some(hex) = node["hex"].as_str() {
            fs::write(&path, bytes(hex)).unwrap();
        } else if let Some(target) = node["symlink"].as_str() {
            std::os::unix::fs::symlink(placed(target, root), &path).unwrap();
        } else {
            fs::write(&path, zip(&node["zip"], nested)).unwrap();
        }
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Makes a zip file of entries: a name (one byte of content, none for a directory), or a name with content.
pub(crate) fn zip(entries: &Value, nested: Nested) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let entries = entries.as_array().unwrap();
    for entry in entries {
        let name = entry.as_str().or(entry["name"].as_str()).unwrap();
        let content = match (entry["hex"].as_str(), entry["zip"].is_array()) {
            (Some(hex), _) => bytes(hex),
            (None, true) => zip(&entry["zip"], nested),
            (None, false) if name.ends_with('/') => Vec::new(),
            (None, false) => vec![b'x'],
        };
        let mut checksum = flate2::Crc::new();
        checksum.update(&content);
        let (method, data) = match nested {
            Nested::Stored => (0u16, content.clone()),
            Nested::Deflated => (8, deflated(&content)),
        };
        let offset = u32::try_from(out.len()).unwrap();
        let mut header = Vec::new();
        header.extend([20, 0, 0, 0]);
        header.extend(method.to_le_bytes());
        header.extend([0; 4]);
        header.extend(checksum.sum().to_le_bytes());
        header.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        header.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
        header.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        header.extend([0; 2]);
        out.extend(b"PK\x03\x04");
        out.extend(&header);
        out.extend(name.as_bytes());
        out.extend(data);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&header);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let start = u32::try_from(out.len()).unwrap();
    let length = u32::try_from(directory.len()).unwrap();
    out.extend(directory);
    out.extend(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend(count);
    out.extend(count);
    out.extend(length.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    out
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}
