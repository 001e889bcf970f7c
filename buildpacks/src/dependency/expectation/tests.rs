//! Files that are what their ids say, and files that are not.

use fs_err as fs;

use super::{Expectation, Mismatch};
use crate::application::zip::writer::{Item, Zip};
use crate::dependency::jre::tests::empty_modules;
use crate::dependency::{
    Archive, CachedDependency, Catalogue, DependencyCache, DependencyError, Description, Format, Kind, Version,
};

/// A runtime's files below a folder.
fn runtime(folder: &str, version: &str, implementor: &str) -> Vec<Item> {
    let release = format!("IMPLEMENTOR=\"{implementor}\"\nJAVA_VERSION=\"{version}\"\n");
    vec![
        Item::new(format!("{folder}bin/java"), b"java"),
        Item::new(format!("{folder}lib/modules"), empty_modules()),
        Item::new(format!("{folder}release"), release.into_bytes()),
    ]
}

fn file(name: &str) -> Vec<Item> {
    vec![Item::new(name, b"x")]
}

fn add(
    name: &str,
    bytes: &[u8],
    id: &str,
    version: &str,
    kind: Option<Kind>,
) -> Result<CachedDependency, DependencyError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let archive = Archive::new(Format::of_file_name(name));
    let description = Description::new(id, Version::parse(version).unwrap(), kind.unwrap_or_default(), archive);
    let expectation = Expectation::of(id, kind, &Catalogue::built_in());
    DependencyCache::open(folder.path()).add_checked(&path, &description, None, expectation)
}

fn zip(items: Vec<Item>) -> Vec<u8> {
    Zip::with(items).bytes()
}

#[test]
fn the_one_place_of_a_runtime_is_found() {
    for (folder, id) in [("", "openjdk"), ("jdk-17/", "jre"), ("pkg/java-runtime/", "mine"), ("a/b/c/", "sapmachine")] {
        let items = [file("pkg/__init__.py"), file("x/lib/modules"), runtime(folder, "17.0.9", "Test")];
        let record = add("runtime.whl", &zip(items.into_iter().flatten().collect()), id, "17.0.9", None).unwrap();
        let prefix = record.description.archive.prefix.unwrap_or_default();
        assert_eq!(prefix, folder.trim_end_matches('/'), "{id}");
        assert_eq!(record.facts.jre.unwrap().feature, 17);
        assert_eq!(record.description.kind, Kind::Jre);
    }
    // A name that says nothing about the form.
    let record = add("download", &zip(runtime("jdk/", "17.0.9", "Test")), "openjdk", "17.0.9", None).unwrap();
    assert_eq!(record.description.archive.format, Format::Zip);
    // The runtime inside a JDK 8 is no second one.
    let eight = |name: &str| Item::new(name, b"x");
    let release = Item::new("jdk8/release", b"JAVA_VERSION=\"1.8.0_432\"\n");
    let jdk = vec![eight("jdk8/bin/java"), eight("jdk8/jre/bin/java"), release];
    let library = Item::new("jdk8/jre/lib/rt.jar", zip(file("java/lang/Object.class")));
    let record = add("jdk8.zip", &zip(jdk.into_iter().chain([library]).collect()), "openjdk", "8u432", None).unwrap();
    assert_eq!(record.description.archive.prefix.as_deref(), Some("jdk8"));
    // What is to be kept as it is, is.
    let record = add("tool.zip", &zip(runtime("inner/", "17.0.9", "Test")), "tool", "3", Some(Kind::Tool)).unwrap();
    assert_eq!((record.facts.jre, record.description.archive.prefix), (None, None));
}

#[test]
fn several_runtimes_are_named() {
    let items = [runtime("jdk-17/", "17.0.9", "Test"), runtime("jdk-21/", "21.0.5", "Test")];
    let error = add("two.zip", &zip(items.into_iter().flatten().collect()), "openjdk", "17.0.9", None).unwrap_err();
    assert!(error.to_string().contains("`jdk-17`, `jdk-21`"), "{error}");
    assert!(error.hint().unwrap().contains("`--prefix jdk-17`"), "{error}");
}

/// Name and bytes of a file, its id, what is expected, what is found, the hint.
type Case = (&'static str, Vec<u8>, &'static str, &'static str, &'static str, &'static str);

#[test]
fn what_is_something_else_is_refused_by_what_it_is() {
    let elf = [b"\x7fELF".to_vec(), vec![0; 60]].concat();
    let jar = |name: &str| zip(file(name));
    let tomcat = || zip(file("apache-tomcat-10/lib/catalina.jar"));
    let jdk = || zip(runtime("jdk/", "17.0.9", "Test"));
    let vendors = || zip(runtime("jdk/", "17.0.9", "SAP SE"));
    let bare = || zip(runtime("jdk/", "17.0.9", "Test").into_iter().take(2).collect());
    let cases: [Case; 13] = [
        ("a.zip", tomcat(), "openjdk", "bin/java", "a Tomcat in `apache-tomcat-10`", "`--id tomcat`"),
        ("a.zip", jdk(), "tomcat", "lib/catalina.jar", "a Java runtime in `jdk`", "`--id openjdk`"),
        ("a.zip", jdk(), "memory-calculator", "java-buildpack-memory-calculator", "a Java runtime", "openjdk"),
        ("a.zip", jdk(), "jvmkill", "native library", "a Java runtime", "openjdk"),
        ("a.jar", jar("x/Y.class"), "openjdk", "bin/java", "a jar", ""),
        ("a.jar", jar("x/Y.class"), "jvmkill", "native library", "a jar", ""),
        ("a.txt", b"text".to_vec(), "jvmkill", "native library", "neither archive, jar nor program", ""),
        ("a.txt", b"text".to_vec(), "java-cfenv", "its jar", "neither archive, jar nor program", ""),
        (
            "a.jar",
            jar("org/postgresql/Driver.class"),
            "java-cfenv",
            "its jar",
            "`postgresql-jdbc`",
            "--id postgresql-jdbc",
        ),
        ("a.so", elf.clone(), "java-cfenv", "its jar", "a program or native library", ""),
        ("a.zip", jar("README"), "datadog-javaagent", "a jar, a native library", "such as `README`", ""),
        ("a.zip", vendors(), "zulu", "a runtime of `zulu`", "`SAP SE`", "--id sapmachine"),
        ("a.zip", bare(), "openjdk", "`release`", "without the file `release`", ""),
    ];
    for (name, bytes, id, expected, found, hint) in cases {
        let error = add(name, &bytes, id, "17.0.9", None).unwrap_err();
        let DependencyError::Unexpected(mismatch) = &error else { panic!("{id}: {error}") };
        let Mismatch::Other { expected: wanted, found: seen, .. } = &**mismatch else { panic!("{id}: {error}") };
        assert!(wanted.contains(expected) && seen.contains(found), "{id}: {error}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{id}: {:?}", error.hint());
        assert!(error.to_string().contains(name), "{error}");
    }
    let right: [(&str, Vec<u8>, &str); 8] = [
        ("a.zip", tomcat(), "tomcat"),
        ("a.tgz.zip", zip(file("bin/java-buildpack-memory-calculator-4.2.0")), "memory-calculator"),
        ("calculator", elf.clone(), "memory-calculator"),
        ("jvmkill.so", elf, "jvmkill"),
        ("a.jar", jar("io/pivotal/cfenv/core/CfEnv.class"), "java-cfenv"),
        ("a.jar", jar("x/Y.class"), "java-cfenv"),
        ("a.jar", jar("datadog/X.class"), "datadog-javaagent"),
        ("a.txt", b"text".to_vec(), "something"),
    ];
    for (name, bytes, id) in right {
        add(name, &bytes, id, "1.0.0", None).unwrap_or_else(|error| panic!("{id}: {error}"));
    }
}

#[test]
fn a_runtime_has_the_version_that_it_says_it_has() {
    for (version, right) in [("17.0.9", true), ("17.0.99.1", true), ("21.0.5", false), ("1.8.0_432", false)] {
        for id in ["openjdk", "jre", "mine"] {
            let added = add("a.zip", &zip(runtime("jdk/", "17.0.9", "Test")), id, version, None);
            assert_eq!(added.is_ok(), right, "{id} {version}");
            if let Err(error) = added {
                assert!(error.to_string().contains("Java 17 (17.0.9)"), "{error}");
                assert!(error.hint().unwrap().contains("--version 17.0.9"), "{error}");
            }
        }
    }
}
