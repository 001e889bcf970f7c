//! Archives made by code: prefix, top folder, links.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::archive;
use super::{Archive, DependencyError, Description, Format, Kind, Version};
use crate::application::{EntryKind, Source};

fn description(archive: Archive) -> Description {
    Description::new("runtime", Version::parse("17.0.1").unwrap(), Kind::Tool, archive)
}

fn mapped(bytes: &[u8]) -> Arc<Source> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Arc::new(Source::from_file(file, Path::new("test")).unwrap())
}

/// A tar; a text that starts with `->` is a link, a name that ends with `/` a folder.
fn tar(members: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in members {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(0);
        if let Some(target) = text.strip_prefix("->") {
            header.set_entry_type(tar::EntryType::Symlink);
            tar.append_link(&mut header, name, target).unwrap();
        } else {
            let kind = if name.ends_with('/') { tar::EntryType::Directory } else { tar::EntryType::Regular };
            header.set_entry_type(kind);
            header.set_size(text.len() as u64);
            tar.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn open(bytes: &[u8], archive: Archive) -> Result<Vec<String>, DependencyError> {
    let folder = tempfile::tempdir().unwrap();
    let entries = archive::open(&mapped(bytes), &description(archive), folder.path())?.entries;
    let text = |entry: &crate::application::Entry| match &entry.kind {
        EntryKind::Directory => format!("{}/", entry.path),
        EntryKind::Symlink { target } => format!("{} -> {target}", entry.path),
        EntryKind::File { content, .. } => {
            format!("{}={}", entry.path, String::from_utf8_lossy(&content.read(1 << 20).unwrap()))
        }
    };
    Ok(entries.iter().map(text).collect())
}

const MEMBERS: [(&str, &str); 5] = [
    ("jre-17/", ""),
    ("jre-17/release", "R"),
    ("jre-17/bin/", ""),
    ("jre-17/bin/java", "J"),
    ("jre-17/a", "->bin/java"),
];
const STRIPPED: [&str; 4] = ["a -> bin/java", "bin/", "bin/java=J", "release=R"];

#[test]
fn the_top_folder_comes_off_a_tar_gz() {
    let archive = Archive { strip: 1, ..Archive::new(Format::TarGz) };
    assert_eq!(open(&gzip(&tar(&MEMBERS)), archive).unwrap(), STRIPPED);
    let archive = Archive { strip: 1, ..Archive::new(Format::Tar) };
    assert_eq!(open(&tar(&MEMBERS), archive).unwrap(), STRIPPED);
}

#[test]
fn a_prefix_takes_a_part() {
    let archive = Archive { prefix: Some("jre-17".into()), ..Archive::new(Format::Tar) };
    let mut members = MEMBERS.to_vec();
    members.extend([("jre-17b/x", "X"), ("top", "T")]);
    assert_eq!(open(&tar(&members), archive).unwrap(), STRIPPED);
    let archive = Archive { prefix: Some("nowhere".into()), ..Archive::new(Format::Tar) };
    let error = open(&tar(&members), archive).unwrap_err();
    assert_eq!(error.to_string(), "The archive of `runtime@17.0.1` has nothing below `nowhere`");
}

#[test]
fn two_top_folders_cannot_be_stripped() {
    let mut members = MEMBERS.to_vec();
    members.push(("other/x", "X"));
    let error = open(&tar(&members), Archive { strip: 1, ..Archive::new(Format::Tar) }).unwrap_err();
    assert!(matches!(&error, DependencyError::Strip { entry, .. } if entry == "other/x"), "{error}");
    let error = open(&tar(&[("file", "F")]), Archive { strip: 1, ..Archive::new(Format::Tar) }).unwrap_err();
    assert!(matches!(error, DependencyError::Strip { .. }), "{error}");
}

#[test]
fn a_link_out_of_the_part_that_is_taken_is_refused() {
    let members = [("top/secret", "S"), ("top/jre/bin/java", "J"), ("top/jre/up", "->../secret")];
    let archive = Archive { prefix: Some("top/jre".into()), ..Archive::new(Format::Tar) };
    let error = open(&tar(&members), archive).unwrap_err();
    assert!(matches!(&error, DependencyError::Link { entry, .. } if entry == "up"), "{error}");
    assert!(open(&tar(&members), Archive { strip: 1, ..Archive::new(Format::Tar) }).is_ok());
}

#[test]
fn broken_archives_are_refused() {
    assert!(matches!(open(b"no gzip", Archive::new(Format::TarGz)), Err(DependencyError::Inflate { .. })));
    assert!(matches!(open(b"no zip", Archive::new(Format::Zip)), Err(DependencyError::Open { .. })));
    let gzip = gzip(&tar(&MEMBERS));
    let cut = open(&gzip[..gzip.len() - 9], Archive::new(Format::TarGz));
    assert!(matches!(cut, Err(DependencyError::Inflate { .. })));
}

#[test]
fn a_single_file_keeps_its_name() {
    assert_eq!(open(b"J", Archive::new(Format::Jar)).unwrap(), ["runtime-17.0.1.jar=J"]);
    assert_eq!(open(b"J", Archive::new(Format::File)).unwrap(), ["runtime-17.0.1=J"]);
    let named = Archive { file: Some("agent.so".into()), ..Archive::new(Format::File) };
    assert_eq!(open(b"J", named).unwrap(), ["agent.so=J"]);
    let mut published = description(Archive::new(Format::File));
    published.uri = Some("https://example.org/x/jvmkill-1.17.0-RELEASE.so?a=b.c".into());
    assert_eq!(published.file_name(), "runtime-17.0.1.so");
}
