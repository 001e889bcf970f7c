//! Choosing among runtimes made by code.

use fs_err as fs;

use super::{HostPolicy, JreChoice, JreRequest, JreSelection, Release, select_jre};
use crate::dependency::{
    Archive, Catalogue, DependencyCache, DependencyError, Description, Environment, Format, Kind, Target, Version,
};

/// An image of modules without any resource: seven words, no tables.
pub(in crate::dependency) fn empty_modules() -> Vec<u8> {
    let mut bytes = vec![0; 28];
    bytes[..4].copy_from_slice(&0xCAFE_DADA_u32.to_le_bytes());
    bytes
}

/// A tar of a runtime that calls itself `version`.
fn runtime(version: &str) -> Vec<u8> {
    let release = format!("IMPLEMENTOR=\"Test\"\nJAVA_VERSION=\"{version}\"\n");
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in [("bin/java", b"java".to_vec()), ("lib/modules", empty_modules()), ("release", release.into())]
    {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, &*bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

struct Fixture {
    folder: tempfile::TempDir,
    cache: DependencyCache,
    catalogue: Catalogue,
}

fn fixture(runtimes: &[(&str, &str)]) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let cache = DependencyCache::open(&folder.path().join("cache"));
    for (id, version) in runtimes {
        let file = folder.path().join("in.tar");
        fs::write(&file, runtime(version)).unwrap();
        let archive = Archive::new(Format::Tar);
        let description = Description::new(id, Version::parse(version).unwrap(), Kind::Tool, archive);
        cache.add(&file, &description, None).unwrap();
    }
    Fixture { folder, cache, catalogue: Catalogue::built_in() }
}

impl Fixture {
    fn select(&self, request: &str, needed: u32) -> Result<JreChoice, DependencyError> {
        self.select_with(request, needed, HostPolicy::Refused)
    }

    fn select_with(&self, request: &str, needed: u32, host: HostPolicy<'_>) -> Result<JreChoice, DependencyError> {
        select_jre(&JreSelection {
            cache: &self.cache,
            catalogue: &self.catalogue,
            target: &Target { os: "linux".into(), arch: "amd64".into(), stack: None },
            request: &request.parse().unwrap(),
            needed,
            newest: None,
            host,
        })
    }

    fn chosen(&self, request: &str, needed: u32) -> String {
        self.select(request, needed).unwrap().dependency.description.coordinates()
    }
}

#[test]
fn facts_are_read_when_a_runtime_is_added() {
    let fixture = fixture(&[("mine", "1.8.0_252")]);
    let record = &fixture.cache.list().unwrap()[0];
    let facts = record.facts.jre.as_ref().unwrap();
    assert_eq!((facts.java_version.as_str(), facts.feature, facts.class_count), ("1.8.0_252", 8, 0));
    assert_eq!(facts.implementor.as_deref(), Some("Test"));
    assert_eq!(record.description.kind, Kind::Jre, "whatever it was called");
}

#[test]
fn auto_takes_the_newest_that_runs_the_application() {
    let fixture = fixture(&[("a", "11.0.31"), ("b", "17.0.9"), ("c", "17.0.20"), ("d", "1.8.0_252")]);
    for needed in [0, 8, 11, 17] {
        assert_eq!(fixture.chosen("auto", needed), "c@17.0.20");
    }
    let choice = fixture.select("auto", 11).unwrap();
    assert_eq!(choice.origin, "newest cached runtime for Java 11 or later");
    assert!(!choice.from_host);
}

#[test]
fn versions_and_ids_can_be_asked_for() {
    let fixture = fixture(&[("a", "17.0.9"), ("b", "17.0.20"), ("d", "1.8.0_252"), ("e", "21.0.8")]);
    for (request, chosen) in [
        ("17", "b@17.0.20"),
        ("17.*", "b@17.0.20"),
        ("17.0.9", "a@17.0.9"),
        ("1.8.+", "d@1.8.0_252"),
        ("8", "d@1.8.0_252"),
        ("*", "e@21.0.8"),
        ("a@17.+", "a@17.0.9"),
        ("a", "a@17.0.9"),
    ] {
        assert_eq!(fixture.chosen(request, 0), chosen, "{request}");
    }
    let error = fixture.select("17.0.9", 21).unwrap_err();
    assert_eq!(error.to_string(), "The application needs Java 21 or later, `a@17.0.9` is Java 17");
}

#[test]
fn what_is_not_cached_is_named_with_its_command() {
    let fixture = fixture(&[("a", "17.0.9")]);
    for (request, command) in [
        ("21", "openjdk@21.0.12+10"),
        ("openjdk", "openjdk@17.0.20+10"),
        ("openjdk@1.8.*", "openjdk@8.0.492+9"),
        ("zulu@17", "zulu@17.0.20"),
    ] {
        let error = fixture.select(request, 0).unwrap_err();
        assert!(matches!(error, DependencyError::Missing { .. }), "{error}");
        assert!(error.hint().unwrap().contains(&format!("`stage dependency fetch {command}`")), "{request}");
    }
    assert!(matches!(fixture.select("99", 0), Err(DependencyError::Unknown { .. })));
    assert!(matches!(fixture.select("graalvm@17", 0), Err(DependencyError::Unknown { .. })));
}

#[test]
fn without_a_fitting_one_the_host_is_asked_or_refused() {
    let fixture = fixture(&[("a", "17.0.9")]);
    let error = fixture.select("auto", 21).unwrap_err();
    assert!(matches!(error, DependencyError::HostRefused { .. }), "{error}");
    assert_eq!(error.hint().unwrap(), "Run `stage dependency fetch openjdk@21.0.12+10`");
    let nothing = Environment { jvm_folder: Some("/nowhere".into()), ..Environment::default() };
    let error = fixture.select_with("auto", 21, HostPolicy::Allowed(&nothing)).unwrap_err();
    let expected = "No Java runtime at hand runs this application: it needs Java 21 or later, the cache holds `a@17.0.9` \
                    and the host has none";
    assert_eq!(error.to_string(), expected);
    let error = fixture.select("auto", 8).map(|choice| choice.dependency.id);
    assert_eq!(error.unwrap(), "a");
}

#[test]
fn the_default_line_is_offered_when_it_will_do() {
    let fixture = fixture(&[]);
    let error = fixture.select("auto", 8).unwrap_err();
    assert_eq!(error.hint().unwrap(), "Run `stage dependency fetch openjdk@17.0.20+10`");
    let error = fixture.select("auto", 99).unwrap_err();
    assert_eq!(error.hint(), None);
}

#[test]
fn what_is_called_a_runtime_must_be_one() {
    let fixture = fixture(&[]);
    let file = fixture.folder.path().join("x.jar");
    fs::write(&file, b"jar").unwrap();
    let version = Version::parse("17").unwrap();
    let description = Description::new("x", version, Kind::Jre, Archive::new(Format::Jar));
    let error = fixture.cache.add(&file, &description, None).unwrap_err();
    assert_eq!(error.to_string(), "`x@17` is no Java runtime: it has no `bin/java`");
    assert!(fixture.cache.list().unwrap().is_empty());
}

#[test]
fn release_files_are_read() {
    let release = Release::parse(
        "IMPLEMENTOR=\"Debian\"\nJAVA_VERSION=\"17.0.15\"\nJAVA_RUNTIME_VERSION=\"17.0.15+6-Debian-1\"\nrubbish\n\
         MODULES=\"java.base java.sql\"\nSOURCE=\"\"\n",
    );
    assert_eq!(release.version().unwrap().to_string(), "17.0.15");
    assert_eq!(release.full_version().unwrap().to_string(), "17.0.15+6");
    assert_eq!(release.modules(), ["java.base", "java.sql"]);
    assert_eq!(release.get("SOURCE"), None);
    let old = Release::parse("JAVA_VERSION=\"1.8.0_252\"\n");
    assert_eq!(old.full_version().unwrap().major(), 8);
    assert_eq!(Release::parse("").version(), None);
}

#[test]
fn requests_are_read_and_written() {
    for text in ["auto", "host", "17.*", "openjdk", "openjdk@21.0.5", "*"] {
        let request: JreRequest = text.parse().unwrap();
        assert_eq!(request.to_string(), text);
    }
    assert_eq!("latest".parse::<JreRequest>().unwrap().to_string(), "latest");
    for text in ["", "openjdk@", "openjdk@x.y", ">=17"] {
        assert!(text.parse::<JreRequest>().is_err(), "{text}");
    }
}
