//! The cache with small archives made by code.

use std::io::Write;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{DependencyCache, Problem, Trust};
use crate::application::Entry;
use crate::dependency::{
    Archive, Catalogue, CatalogueEntry, DependencyError, Description, Environment, FetchOptions, Format, Kind,
    Requirement, ResolvedDependency, Sha256, Target, Version,
};

struct Fixture {
    folder: tempfile::TempDir,
    cache: DependencyCache,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let cache = DependencyCache::open(&folder.path().join("cache"));
    Fixture { folder, cache }
}

fn agent(version: &str) -> Description {
    Description::new("agent", Version::parse(version).unwrap(), Kind::Agent, Archive::new(Format::Jar))
}

impl Fixture {
    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn add(&self, version: &str, bytes: &[u8]) -> super::CachedDependency {
        self.cache.add(&self.file("in.jar", bytes), &agent(version), None).unwrap()
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("cache/dependencies")
    }

    fn temporary_files(&self) -> usize {
        fs::read_dir(self.root().join("tmp")).map_or(0, Iterator::count)
    }

    fn resolve(&self, version: &str) -> Result<ResolvedDependency, DependencyError> {
        let requirement = Requirement::parse(version).unwrap();
        self.cache.resolve(&Catalogue::empty(), "agent", Some(&requirement), &Target::host())
    }
}

/// A catalogue with one agent at `uri`.
fn catalogue(uri: &str, sha256: Sha256) -> Catalogue {
    let mut catalogue = Catalogue::empty();
    let text = format!(
        "[[dependency]]\nid = \"agent\"\nkind = \"agent\"\nversion = \"1.2.3\"\nuri = \"{uri}\"\nformat = \"jar\"\n\
         sha256 = \"{sha256}\"\n"
    );
    catalogue.extend_from(&text, Path::new("test")).unwrap();
    catalogue
}

fn fetch(cache: &DependencyCache, entry: &CatalogueEntry) -> Result<super::CachedDependency, DependencyError> {
    cache.fetch(entry, &Environment::default(), FetchOptions::default())
}

fn read_all(entries: &[Entry]) -> Vec<(String, String)> {
    let text = |entry: &Entry| {
        let content = entry.content().map(|content| content.read(1 << 20).unwrap().into_owned()).unwrap_or_default();
        (entry.path.to_string(), String::from_utf8(content).unwrap())
    };
    entries.iter().map(text).collect()
}

/// Overwrites a cached archive behind the cache's back, size and time stamps kept.
fn corrupt(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut bytes = fs::read(path).unwrap();
    bytes[0] ^= 1;
    fs::write(path, bytes).unwrap();
    fs::OpenOptions::new().write(true).open(path).unwrap().set_modified(modified).unwrap();
}

#[test]
fn nothing_is_made_before_something_is_added() {
    let fixture = fixture();
    assert!(fixture.cache.list().unwrap().is_empty());
    assert!(fixture.cache.verify().unwrap().is_clean());
    assert!(!fixture.root().exists());
}

#[test]
fn what_is_added_is_found_and_read_only() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = fixture();
    let record = fixture.add("1.2.3", b"jar");
    fixture.add("1.10.0", b"newer");
    assert_eq!(record.sha256, Sha256::of(b"jar"));
    let path = fixture.cache.blob_path(record.sha256);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o444);
    assert_eq!(mode(&path.with_extension("json")) & 0o400, 0o400);
    assert_eq!(fixture.cache.list().unwrap().len(), 2);
    assert_eq!(fixture.resolve("1").unwrap().version, "1.10.0");
    let exact = fixture.resolve("1.2.3").unwrap();
    assert_eq!(read_all(&exact.open(fixture.folder.path()).unwrap()), [("agent-1.2.3.jar".into(), "jar".into())]);
    assert_eq!(exact.origin, "added from a file");
    assert_eq!(fixture.temporary_files(), 0);
}

#[test]
fn a_wrong_checksum_keeps_nothing() {
    let fixture = fixture();
    let file = fixture.file("in.jar", b"jar");
    let expected = Sha256::of(b"other");
    let error = fixture.cache.add(&file, &agent("1.2.3"), Some(expected)).unwrap_err();
    assert!(matches!(error, DependencyError::Checksum { .. }));
    assert!(error.to_string().contains(&expected.to_string()), "{error}");
    assert!(error.to_string().contains(&Sha256::of(b"jar").to_string()), "{error}");
    assert!(fixture.cache.list().unwrap().is_empty());
    assert_eq!(fixture.temporary_files(), 0);
    assert!(!fixture.root().join("sha256").exists());
}

#[test]
fn a_corrupt_archive_is_never_used() {
    for trust in [Trust::StatRecord, Trust::Nothing] {
        let mut fixture = fixture();
        fixture.cache = fixture.cache.with_trust(trust);
        let record = fixture.add("1.2.3", b"jar");
        std::thread::sleep(std::time::Duration::from_millis(50));
        fixture.resolve("1").unwrap();
        corrupt(&fixture.cache.blob_path(record.sha256));
        let error = fixture.resolve("1").unwrap_err();
        let DependencyError::Corrupt { quarantined: Some(path), .. } = &error else { panic!("{error}") };
        assert!(path.starts_with(fixture.root().join("quarantine")), "{}", path.display());
        assert!(path.exists());
        let hint = error.hint().unwrap();
        assert!(
            hint.starts_with("Run `stage dependency add FILE --id agent --version 1.2.3`")
                && hint.contains("remove agent@1.2.3`"),
            "{hint}"
        );
        // It is known, and nothing else is taken in its place, until it is there again.
        assert_eq!(fixture.cache.list().unwrap(), [record]);
        for _ in 0..2 {
            let error = fixture.resolve("1").unwrap_err();
            assert!(matches!(error, DependencyError::Lost { .. }), "{error}");
            assert_eq!(error.hint().unwrap(), hint);
        }
        fixture.add("1.2.3", b"jar");
        fixture.resolve("1").unwrap();
    }
}

#[test]
fn an_archive_that_changes_after_it_was_chosen_is_not_opened() {
    let fixture = fixture();
    let record = fixture.add("1.2.3", b"jar");
    let chosen = fixture.resolve("1").unwrap();
    corrupt(&fixture.cache.blob_path(record.sha256));
    assert!(matches!(chosen.open(fixture.folder.path()), Err(DependencyError::Corrupt { .. })));
}

#[test]
fn a_settled_stat_record_saves_the_hash() {
    let fixture = fixture();
    let record = fixture.add("1.2.3", b"jar");
    let proof = fixture.root().join(format!("sha256/{}.stat", record.sha256));
    std::thread::sleep(std::time::Duration::from_millis(50));
    fixture.resolve("1").unwrap();
    let first = fs::read_to_string(&proof).unwrap();
    // a proof of another run of the kernel proves nothing and is written again
    fs::write(&proof, first.replace("boot_id\": \"", "boot_id\": \"x")).unwrap();
    fixture.resolve("1").unwrap();
    assert_eq!(fs::read_to_string(&proof).unwrap(), first);
    fs::write(&proof, "half a recor").unwrap();
    fixture.resolve("1").unwrap();
    assert_eq!(fs::read_to_string(&proof).unwrap(), first);
}

#[test]
fn adding_over_a_corrupt_archive_repairs_it() {
    let fixture = fixture();
    let record = fixture.add("1.2.3", b"jar");
    corrupt(&fixture.cache.blob_path(record.sha256));
    fixture.add("1.2.3", b"jar");
    assert_eq!(fs::read(fixture.cache.blob_path(record.sha256)).unwrap(), b"jar");
    assert!(fixture.cache.verify().unwrap().is_clean());
}

#[test]
fn verify_names_everything_that_is_wrong() {
    let fixture = fixture();
    let good = fixture.add("1.0.0", b"good");
    let bad = fixture.add("1.1.0", b"bad");
    let lost = fixture.add("1.2.0", b"lost");
    let bare = fixture.add("1.3.0", b"bare");
    corrupt(&fixture.cache.blob_path(bad.sha256));
    fs::remove_file(fixture.cache.blob_path(lost.sha256)).unwrap();
    fs::remove_file(fixture.root().join(format!("sha256/{}.json", bare.sha256))).unwrap();
    let result = fixture.cache.verify().unwrap();
    assert_eq!(result.checked, 3);
    let of = |sha256| result.findings.iter().find(|finding| finding.sha256 == sha256).map(|finding| &finding.problem);
    assert_eq!(of(good.sha256), None);
    assert!(matches!(of(bad.sha256), Some(Problem::Corrupt { quarantined: Some(_), .. })));
    assert_eq!(of(lost.sha256), Some(&Problem::NoArchive));
    assert_eq!(of(bare.sha256), Some(&Problem::NoRecord));
    assert_eq!(fixture.cache.list().unwrap(), [good, bad.clone(), lost]);
    let [aside] = &result.quarantine[..] else { panic!("{:?}", result.quarantine) };
    assert_eq!((aside.dependency.as_deref(), aside.replaced), (Some("agent@1.1.0"), false));
    fixture.add("1.1.0", b"bad");
    let after = fixture.cache.verify().unwrap();
    assert!(after.quarantine[0].replaced && after.findings.iter().all(|finding| finding.sha256 != bad.sha256));
}

#[test]
fn other_bytes_of_the_same_version_take_the_place_of_a_lost_archive() {
    let fixture = fixture();
    let lost = fixture.add("1.2.3", b"lost");
    let kept = fixture.add("1.2.4", b"kept");
    fs::remove_file(fixture.cache.blob_path(lost.sha256)).unwrap();
    let again = fixture.add("1.2.3", b"built anew");
    assert_eq!(fixture.cache.list().unwrap(), [again, kept]);
    fixture.resolve("1.2.3").unwrap();
}

#[test]
fn what_killed_processes_leave_is_ignored_and_cleared() {
    let fixture = fixture();
    fixture.add("1.0.0", b"jar");
    let left = fixture.root().join("tmp/incoming-left");
    fs::write(&left, b"half").unwrap();
    fs::create_dir(fixture.root().join("tmp/scratch-left")).unwrap();
    assert_eq!(fixture.cache.list().unwrap().len(), 1);
    let writing = fixture.cache.writing().unwrap();
    assert_eq!(fixture.temporary_files(), 0);
    // somebody writes: what is there may be theirs
    fs::write(&left, b"half").unwrap();
    fixture.add("1.1.0", b"newer");
    assert!(left.exists());
    drop(writing);
    fixture.add("1.2.0", b"newest");
    assert!(!left.exists());
}

#[test]
fn many_may_add_at_once() {
    let fixture = fixture();
    let bytes = |at: usize| vec![u8::try_from(at % 3).unwrap(); 300_000];
    let files: Vec<PathBuf> = (0..24).map(|at| fixture.file(&format!("{at}.jar"), &bytes(at))).collect();
    std::thread::scope(|scope| {
        for (at, file) in files.iter().enumerate() {
            let cache = fixture.cache.clone();
            scope.spawn(move || {
                let record = cache.add(file, &agent(&format!("1.{}.0", at % 3)), None).unwrap();
                cache.verified(&record).unwrap();
            });
        }
    });
    assert_eq!(fixture.cache.list().unwrap().len(), 3);
    assert!(fixture.cache.verify().unwrap().is_clean());
    fixture.add("2.0.0", b"the last one clears up");
    assert_eq!(fixture.temporary_files(), 0);
}

#[test]
fn a_cache_that_cannot_be_written_can_be_read() {
    let fixture = fixture();
    let record = fixture.add("1.2.3", b"jar");
    // files where folders would have to be: permission bits do not bind root
    fs::remove_dir_all(fixture.root().join("tmp")).unwrap();
    fs::write(fixture.root().join("tmp"), b"").unwrap();
    fs::write(fixture.root().join("quarantine"), b"").unwrap();
    fixture.resolve("1").unwrap();
    let file = fixture.file("in.jar", b"newer");
    let error = fixture.cache.add(&file, &agent("2"), None).unwrap_err();
    assert!(matches!(error, DependencyError::WriteCache(_)), "{error}");
    corrupt(&fixture.cache.blob_path(record.sha256));
    let error = fixture.resolve("1").unwrap_err();
    assert!(matches!(error, DependencyError::Corrupt { quarantined: None, .. }), "{error}");
}

#[test]
fn fetches_from_a_file_once() {
    let fixture = fixture();
    let file = fixture.file("agent.jar", b"jar");
    let uri = format!("file://localhost{}", file.display());
    let catalogue = catalogue(&uri, Sha256::of(b"jar"));
    let entry = &catalogue.entries()[0];
    let missing = fixture.cache.resolve(&catalogue, "agent", None, &Target::host()).unwrap_err();
    assert_eq!(missing.to_string(), format!("`agent` 1.2.3 is not in the dependency cache; it comes from `{uri}`"));
    let hint = missing.hint().unwrap();
    assert!(hint.contains("`stage dependency fetch agent@1.2.3`"), "{hint}");
    assert!(hint.contains("`stage dependency add FILE --id agent --version 1.2.3`"), "{hint}");
    assert_eq!(missing.missing_entry(&catalogue).as_ref(), Some(entry));
    fetch(&fixture.cache, entry).unwrap();
    fs::remove_file(file).unwrap();
    fetch(&fixture.cache, entry).unwrap();
    fixture.cache.resolve(&catalogue, "agent", None, &Target::host()).unwrap();
    corrupt(&fixture.cache.blob_path(entry.sha256));
    let error = fetch(&fixture.cache, entry).unwrap_err();
    assert!(matches!(error, DependencyError::Fetch(_)), "the corrupt one is not taken: {error}");
    let lost = fixture.cache.resolve(&catalogue, "agent", None, &Target::host()).unwrap_err();
    assert!(matches!(lost, DependencyError::Lost { .. }), "{lost}");
    assert_eq!(lost.missing_entry(&catalogue).as_ref(), Some(entry));
    // A record says where its archive comes from, also without the catalogue.
    assert_eq!(lost.missing_entry(&Catalogue::empty()).unwrap().sha256, entry.sha256);
    assert!(lost.hint().unwrap().contains("`stage dependency fetch agent@1.2.3`"), "{lost}");
}

#[test]
fn fetched_bytes_that_do_not_match_are_dropped() {
    let fixture = fixture();
    let file = fixture.file("agent.jar", b"not the jar");
    let catalogue = catalogue(&format!("file:{}", file.display()), Sha256::of(b"jar"));
    let error = fetch(&fixture.cache, &catalogue.entries()[0]).unwrap_err();
    assert!(matches!(error, DependencyError::Checksum { .. }), "{error}");
    assert!(fixture.cache.list().unwrap().is_empty());
    assert_eq!(fixture.temporary_files(), 0);
}

#[test]
fn maven_coordinates_come_from_the_local_repository() {
    let fixture = fixture();
    let repository = fixture.folder.path().join("m2");
    let path = repository.join("org/example/agent/1.2.3/agent-1.2.3.jar");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, b"jar").unwrap();
    let text = format!(
        "[[dependency]]\nid = \"agent\"\nversion = \"1.2.3\"\nmaven = \"org.example:agent:1.2.3\"\nsha256 = \"{}\"\n",
        Sha256::of(b"jar")
    );
    let mut catalogue = Catalogue::empty();
    catalogue.extend_from(&text, Path::new("test")).unwrap();
    let environment = Environment { maven_repository: Some(repository), ..Environment::default() };
    let entry = &catalogue.entries()[0];
    let record = fixture.cache.fetch(entry, &environment, FetchOptions::default()).unwrap();
    assert_eq!(record.description.origin(), "org.example:agent:1.2.3");
    let nothing = Environment { maven_repository: Some("/nowhere".into()), ..Environment::default() };
    let options = FetchOptions { again: true, ..FetchOptions::default() };
    let error = fixture.cache.fetch(entry, &nothing, options).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("there is no `mvn`"), "{cause}");
}

#[test]
fn a_checksum_the_catalogue_contradicts_is_not_taken() {
    let fixture = fixture();
    fixture.add("1.2.3", b"somebody's own");
    let catalogue = catalogue("https://example.org/agent.jar", Sha256::of(b"jar"));
    let error = fixture.cache.resolve(&catalogue, "agent", None, &Target::host()).unwrap_err();
    assert!(matches!(error, DependencyError::Missing { .. }), "{error}");
    fixture.add("1.2.4", b"another version");
    let taken = fixture.cache.resolve(&catalogue, "agent", None, &Target::host()).unwrap();
    assert_eq!(taken.version, "1.2.4");
}

#[test]
fn credentials_are_not_kept() {
    let fixture = fixture();
    let mut description = agent("1.2.3");
    description.uri = Some("https://user:secret@example.org/agent.jar?token=secret".into());
    let record = fixture.cache.add(&fixture.file("in.jar", b"jar"), &description, None).unwrap();
    let text = fs::read_to_string(fixture.root().join(format!("sha256/{}.json", record.sha256))).unwrap();
    assert!(!text.contains("secret"), "{text}");
    assert!(text.contains("https://***@example.org/agent.jar?***"), "{text}");
}

#[test]
fn an_export_is_imported_elsewhere() {
    let (from, to) = (fixture(), fixture());
    from.add("1.0.0", b"one");
    from.add("2.0.0", b"two");
    let file = from.folder.path().join("out.tar");
    from.cache.export(&from.cache.list().unwrap(), &file).unwrap();
    let imported = to.cache.import(&file, &Catalogue::empty()).unwrap();
    assert_eq!((imported.added.len(), imported.skipped.len()), (2, 0));
    assert_eq!(to.cache.list().unwrap(), from.cache.list().unwrap());
    let again = from.folder.path().join("again.tar");
    to.cache.export(&to.cache.list().unwrap(), &again).unwrap();
    assert_eq!(fs::read(&file).unwrap(), fs::read(&again).unwrap(), "equal dependencies, equal bytes");
}

#[test]
fn a_plain_tar_of_the_folder_is_an_export_too() {
    let (from, to) = (fixture(), fixture());
    from.add("1.0.0", b"one");
    std::thread::sleep(std::time::Duration::from_millis(50));
    from.resolve("1").unwrap();
    let file = from.folder.path().join("out.tar");
    let mut tar = tar::Builder::new(fs::File::create(&file).unwrap());
    tar.append_dir_all("sha256", from.root().join("sha256")).unwrap();
    tar.finish().unwrap();
    to.cache.import(&file, &Catalogue::empty()).unwrap();
    assert_eq!(to.cache.list().unwrap(), from.cache.list().unwrap());
}

#[test]
fn an_export_with_other_bytes_is_refused() {
    let (from, to) = (fixture(), fixture());
    from.add("1.0.0", b"the bytes of one");
    let file = from.folder.path().join("out.tar");
    from.cache.export(&from.cache.list().unwrap(), &file).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.windows(16).position(|part| part == b"the bytes of one").unwrap();
    bytes[at] ^= 1;
    fs::write(&file, bytes).unwrap();
    let error = to.cache.import(&file, &Catalogue::empty()).unwrap_err();
    assert!(matches!(error, DependencyError::Checksum { .. }), "{error}");
    assert!(to.cache.list().unwrap().is_empty());
}

#[test]
fn caches_and_folders_are_imported() {
    let (from, to) = (fixture(), fixture());
    from.add("1.0.0", b"recorded");
    corrupt(&from.cache.blob_path(from.add("1.1.0", b"corrupt").sha256));
    let imported = to.cache.import(&from.folder.path().join("cache"), &Catalogue::empty()).unwrap();
    assert_eq!(imported.added, to.cache.list().unwrap());
    assert_eq!(imported.added[0].description.version.to_string(), "1.0.0");
    assert_eq!(imported.skipped.len(), 1);
    assert_eq!(imported.skipped[0].reason, "its bytes are not those it is named after");

    let shelf = tempfile::tempdir().unwrap();
    fs::write(shelf.path().join("known.bin"), b"jar").unwrap();
    fs::write(shelf.path().join("unknown.bin"), b"what is this").unwrap();
    let catalogue = catalogue("https://example.org/agent.jar", Sha256::of(b"jar"));
    let imported = to.cache.import(shelf.path(), &catalogue).unwrap();
    assert_eq!(imported.added[0].description.coordinates(), "agent@1.2.3");
    assert!(imported.skipped[0].path.ends_with("unknown.bin"));
    assert_eq!((imported.added.len(), imported.skipped.len()), (1, 1));
}

#[test]
fn selectors_tell_files_apart_without_opening() {
    let fixture = fixture();
    let one = fixture.add("1.2.3", b"jar");
    let selector = |record| fixture.cache.verified(record).unwrap().selector();
    assert_eq!(selector(&one), selector(&one));
    let mut named = one.clone();
    named.description.archive.file = Some("agent.jar".into());
    assert_ne!(selector(&one), selector(&named));
    let mut stray = one.description.clone();
    stray.id = "../x".into();
    let error = fixture.cache.add(&fixture.file("x", b"x"), &stray, None).unwrap_err();
    assert!(matches!(error, DependencyError::Id { .. }), "{error}");
    let mut other = one.clone();
    other.description.archive.format = Format::Zip;
    let mut below = other.clone();
    below.description.archive.prefix = Some("x".into());
    let mut stripped = other.clone();
    stripped.description.archive.strip = 1;
    let selectors: std::collections::BTreeSet<_> = [&one, &other, &below, &stripped].map(selector).into();
    assert_eq!(selectors.len(), 4);
}

#[test]
fn writing_goes_through_the_hash() {
    let fixture = fixture();
    let mut incoming = fixture.cache.incoming().unwrap();
    incoming.write_all(b"ja").unwrap();
    incoming.write_all(b"r").unwrap();
    let received = incoming.finish().unwrap();
    assert_eq!((received.sha256, received.size), (Sha256::of(b"jar"), 3));
}
