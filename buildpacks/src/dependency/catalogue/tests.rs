//! The format, replacing, lookups, and what is built in.

use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{Catalogue, CatalogueError};
use crate::dependency::{Format, Kind, Requirement, Target};

const SHA: &str = "42fe59620f1b72b247f90c4b5392106336d812d1b82f2a3320fbaeacf2d00e05";
const OTHER_SHA: &str = "00000000000000000000000000000000000000000000000000000000000000ff";

fn entry(version: &str, sha: &str, more: &str) -> String {
    format!(
        "[[dependency]]\nid = \"openjdk\"\nkind = \"jre\"\nversion = \"{version}\"\nsha256 = \"{sha}\"\n\
         uri = \"https://example.org/x.tar.gz\"\n{more}\n"
    )
}

fn read(text: &str) -> Result<Catalogue, CatalogueError> {
    let mut catalogue = Catalogue::empty();
    catalogue.extend_from(text, Path::new("test.toml")).map(|()| catalogue)
}

fn linux() -> Target {
    Target { os: "linux".into(), arch: "amd64".into(), stack: None }
}

fn find(catalogue: &Catalogue, id: &str, version: &str) -> Result<String, CatalogueError> {
    let requirement = Requirement::parse(version).unwrap();
    catalogue.find(id, Some(&requirement), &linux()).map(|entry| entry.description.version.to_string())
}

#[test]
fn the_built_in_catalogue_is_whole() {
    let catalogue = Catalogue::built_in();
    assert_eq!(catalogue.entries().len(), 48);
    let default = catalogue.find("openjdk", None, &linux()).unwrap();
    assert_eq!(default.description.coordinates(), "openjdk@17.0.20+10");
    assert_eq!(default.sha256.to_string(), SHA);
    assert_eq!(default.description.archive.format, Format::TarGz);
    assert_eq!(default.description.archive.strip, 1);
    assert_eq!(default.deprecated.as_deref(), Some("2029-09-30"));
    assert_eq!(default.fetch_command(), "stage dependency fetch openjdk@17.0.20+10");
    assert_eq!(find(&catalogue, "openjdk", "1.8.+").unwrap(), "8.0.492+9");
    assert_eq!(find(&catalogue, "java-cfenv", "4.x").unwrap(), "4.0.0");
    assert_eq!(find(&catalogue, "tomcat", "10.1.x").unwrap(), "10.1.57");
    for entry in catalogue.entries() {
        // the buildpack's newer URIs carry the start of the checksum
        let uri = entry.description.uri.as_deref().unwrap();
        if uri.starts_with("https://buildpacks.cloudfoundry.org/") {
            assert!(uri.contains(&format!("_{}.", &entry.sha256.to_string()[..8])), "{uri}");
        }
        let default = catalogue.default_version(&entry.description.id);
        assert_ne!(default, Requirement::newest(), "{} has a default version", entry.description.id);
        catalogue.find(&entry.description.id, None, &linux()).unwrap();
    }
}

#[test]
fn every_key_is_read() {
    let catalogue = read(&format!(
        "[defaults]\nagent = \"2.x\"\n[[dependency]]\nid = \"agent\"\nname = \"An Agent\"\nkind = \"agent\"\n\
         version = \"2.30.0\"\nos = \"linux\"\narch = \"amd64\"\nstacks = [\"cflinuxfs4\"]\n\
         maven = \"org.example:agent:2.30.0:zip:dist\"\nsha256 = \"{SHA}\"\nlicence = \"Apache-2.0\"\nformat = \"zip\"\n\
         prefix = \"a/b/\"\nstrip = 1\ndeprecated = \"2030-12-31\"\n"
    ))
    .unwrap();
    let entry = &catalogue.entries()[0];
    assert_eq!(entry.description.kind, Kind::Agent);
    assert_eq!(entry.description.archive.prefix.as_deref(), Some("a/b"));
    assert_eq!(entry.description.origin(), "org.example:agent:2.30.0:zip:dist");
    assert_eq!(catalogue.default_version("agent"), Requirement::parse("2.x").unwrap());
    let elsewhere = Target { stack: Some("cflinuxfs3".into()), ..linux() };
    assert!(matches!(catalogue.find("agent", None, &elsewhere), Err(CatalogueError::UnknownVersion { .. })));
}

#[test]
fn errors_name_file_and_line() {
    let good = entry("17.0.1", SHA, "");
    for (text, line, part) in [
        (format!("{good}colour = \"red\"\n"), 8, "colour"),
        (format!("{good}\n[other]\nx = 1\n"), 9, "other"),
        (good.replace("17.0.1", "x"), 4, "`x` is not a version"),
        (good.replace(SHA, "abc"), 5, "SHA-256"),
        (good.replace("https://", "ftp://"), 1, "URI"),
        (good.replace("uri = ", "#"), 1, "neither `uri` nor `maven`"),
        (good.replace("openjdk", "open jdk"), 1, "id"),
        (entry("17", SHA, "prefix = \"../x\""), 1, "prefix"),
        (entry("17", SHA, "format = \"rar\""), 7, "rar"),
        (entry("17", SHA, "format = \"jar\"\nstrip = 1"), 1, "strip"),
        (entry("17", SHA, "file = \"x\""), 1, "file"),
        (entry("17", SHA, "deprecated = \"soon\""), 1, "soon"),
        (format!("{good}x = \n"), 8, ""),
    ] {
        match read(&text) {
            Err(CatalogueError::Invalid { path, line: found, message }) => {
                assert_eq!(path, Path::new("test.toml"));
                assert!(message.contains(part), "{message} has no {part}");
                assert_eq!(found, line, "{message}\n{text}");
            }
            other => panic!("{text}\n{other:?}"),
        }
    }
}

#[test]
fn later_files_replace_and_extend() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let one = write("1.toml", entry("17.0.99", SHA, "strip = 1") + "[defaults]\nopenjdk = \"17.0.99\"\n");
    let two = write("2.toml", entry("17.0.99.0", OTHER_SHA, "") + &entry("17.0.99", SHA, "arch = \"arm64\""));
    let catalogue = Catalogue::load(&[one, two]).unwrap();
    let found: Vec<_> =
        catalogue.of("openjdk").filter(|entry| entry.description.version.numbers() == [17, 0, 99]).collect();
    assert_eq!(found.len(), 2, "equal id, version and platform are one");
    assert_eq!(catalogue.find("openjdk", None, &linux()).unwrap().sha256.to_string(), OTHER_SHA);
    assert!(catalogue.of("openjdk").count() > 5, "the built-in ones stay");
}

#[test]
fn what_is_unknown_is_said_with_what_is_known() {
    let catalogue = read(&entry("17.0.1", SHA, "")).unwrap();
    match find(&catalogue, "graalvm", "17").unwrap_err() {
        error @ CatalogueError::UnknownId { .. } => assert_eq!(error.hint().unwrap(), "Known: openjdk"),
        other => panic!("{other}"),
    }
    let error = find(&catalogue, "openjdk", "21.*").unwrap_err();
    assert_eq!(error.to_string(), "The catalogue has no `openjdk` in version `21.*`");
    assert_eq!(error.hint().unwrap(), "Known versions: 17.0.1");
    let missing = Catalogue::load(&["/nowhere/x.toml".into()]).unwrap_err();
    assert_eq!(missing.to_string(), "Could not read the catalogue");
}
