//! Detection over small artifacts made by code.

use std::path::{Path, PathBuf};

use super::{DetectError, Detection, Kind, Start, Warning, detect};
use crate::application::zip::writer::{Item, Zip};
use crate::application::{Application, EntryKind};
use crate::java::{WebApplication, slices};

/// A class file's header.
fn class(major: u16) -> Vec<u8> {
    [&[0xca, 0xfe, 0xba, 0xbe, 0, 0][..], &major.to_be_bytes()].concat()
}

/// An artifact on disk.
struct Artifact {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Artifact {
    fn jar(name: &str, zip: &Zip) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs_err::write(&path, zip.bytes()).unwrap();
        Self { _folder: folder, path }
    }

    fn directory(zip: &Zip) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        fs_err::create_dir(&path).unwrap();
        for item in &zip.items {
            let file = path.join(String::from_utf8(item.name.clone()).unwrap());
            fs_err::create_dir_all(file.parent().unwrap()).unwrap();
            fs_err::write(file, &item.data).unwrap();
        }
        Self { _folder: folder, path }
    }

    fn open(&self) -> Application {
        Application::open(&self.path).unwrap()
    }

    fn detect(&self) -> Result<Detection, DetectError> {
        detect(&self.open())
    }
}

fn jar<D: AsRef<[u8]>>(files: impl IntoIterator<Item = (&'static str, D)>) -> Vec<u8> {
    Zip::of(files).bytes()
}

const MANIFEST: &str = "META-INF/MANIFEST.MF";

/// A Spring Boot jar of the present format.
fn boot(lib: Vec<(&'static str, Vec<u8>)>) -> Zip {
    let manifest = "Main-Class: org.springframework.boot.loader.launch.JarLauncher\nStart-Class: a.App\n\
        Spring-Boot-Version: 3.5.1\nSpring-Boot-Classes: BOOT-INF/classes/\nSpring-Boot-Lib: BOOT-INF/lib/\nBuild-Jdk-Spec: 21\n";
    let files = vec![
        (MANIFEST, manifest.as_bytes().to_vec()),
        ("META-INF/BOOT.SF", b"signature".to_vec()),
        ("org/springframework/boot/loader/launch/JarLauncher.class", class(69)),
        ("BOOT-INF/classes/a/App.class", class(61)),
        ("BOOT-INF/classes/a/Newer.class", class(65)),
        ("BOOT-INF/classes/META-INF/versions/25/a/App.class", class(69)),
        ("BOOT-INF/classes/module-info.class", class(69)),
        ("BOOT-INF/classes/application.properties", b"a=b".to_vec()),
    ];
    Zip::of(files.into_iter().chain(lib))
}

fn libraries() -> Vec<(&'static str, Vec<u8>)> {
    let inner = jar([("x/Inner.class", "")]);
    vec![
        ("BOOT-INF/lib/one-1.0.jar", jar([("x/One.class", &b""[..]), ("x/One.kts", b""), ("inner.jar", &inner)])),
        ("BOOT-INF/lib/two-1.0-SNAPSHOT.jar", jar([("x/Two.clj", ""), ("module-info.class", "")])),
    ]
}

/// Names of slices with their files.
fn sliced(application: &Application, detection: &Detection) -> Vec<(String, Vec<String>)> {
    let slices = slices::slice(application, detection).unwrap();
    let paths = |slice: &slices::Slice| slice.entries.iter().map(|entry| entry.path.to_string()).collect();
    slices.iter().map(|slice| (slice.name.clone(), paths(slice))).collect()
}

#[test]
fn a_spring_boot_jar_and_its_unpacked_directory_are_the_same() {
    let zip = boot(libraries());
    let (packed, unpacked) = (Artifact::jar("any-name.jar", &zip), Artifact::directory(&zip));
    let detection = packed.detect().unwrap();
    assert_eq!(detection, unpacked.detect().unwrap());
    assert_eq!(detection.kind, Kind::SpringBoot);
    assert_eq!(detection.facts.boot_version.as_deref(), Some("3.5.1"));
    assert_eq!(detection.facts.start_class.as_deref(), Some("a.App"));
    let java = detection.facts.java.clone().unwrap();
    assert_eq!((java.feature, java.decided_by.as_str()), (21, "BOOT-INF/classes/a/Newer.class"));
    // Five loose files, three in one jar and the jar inside it, two in the other.
    assert_eq!((detection.facts.class_count, detection.facts.libraries), (5 + 3 + 2, 2));
    assert_eq!(
        detection.start.arguments("/workspace"),
        ["-cp", "/workspace", "org.springframework.boot.loader.launch.JarLauncher"]
    );
    assert!(detection.warnings.is_empty());
    let slices = sliced(&packed.open(), &detection);
    assert_eq!(slices, sliced(&unpacked.open(), &detection));
    let names: Vec<&str> = slices.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["dependencies", "spring-boot-loader", "snapshot-dependencies", "application"]);
    assert_eq!(slices[0].1, ["BOOT-INF/lib/one-1.0.jar"]);
    assert_eq!(slices[2].1, ["BOOT-INF/lib/two-1.0-SNAPSHOT.jar"]);
    let all: usize = slices.iter().map(|(_, paths)| paths.len()).sum();
    assert_eq!(all, zip.items.len() - 1, "all but the signature");
}

#[test]
fn the_layers_index_decides_and_nothing_is_lost() {
    let index = "- \"first\":\n  - \"BOOT-INF/lib/two-1.0-SNAPSHOT.jar\"\n- \"none\":\n- \"second\":\n  - \"org/\"\n";
    let mut zip = boot(libraries());
    zip.items.push(Item::new("BOOT-INF/layers.idx", index));
    let artifact = Artifact::jar("app.jar", &zip);
    let slices = sliced(&artifact.open(), &artifact.detect().unwrap());
    let names: Vec<&str> = slices.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["first", "second"]);
    assert_eq!(slices[0].1, ["BOOT-INF/lib/two-1.0-SNAPSHOT.jar"]);
    assert!(slices[1].1.contains(&"BOOT-INF/lib/one-1.0.jar".to_owned()));
    assert_eq!(slices[0].1.len() + slices[1].1.len(), zip.items.len() - 1);

    zip.items.last_mut().unwrap().data = b"- \"first\":\n  BOOT-INF\n".to_vec();
    let artifact = Artifact::jar("app.jar", &zip);
    let error = slices::slice(&artifact.open(), &artifact.detect().unwrap()).unwrap_err();
    assert!(matches!(error, slices::SliceError::Index { ref entry, .. } if entry == "BOOT-INF/layers.idx"));
}

#[test]
fn libraries_keep_the_order_of_the_jar_or_a_warning_says_that_they_do_not() {
    let libraries = |names: [&'static str; 2]| names.map(|name| (name, jar([("x/X.class", "")]))).to_vec();
    let (sorted, not) = (["BOOT-INF/lib/a.jar", "BOOT-INF/lib/z.jar"], ["BOOT-INF/lib/z.jar", "BOOT-INF/lib/a.jar"]);
    let reader = ("org/springframework/boot/loader/launch/ClassPathIndexFile.class", class(61));
    let own = ("BOOT-INF/classpath.idx", b"- \"BOOT-INF/lib/z.jar\"\n".to_vec());
    for (names, more, index, warned) in [
        (sorted, None, None, false),
        (not, None, None, true),
        (not, Some(reader), Some("- \"BOOT-INF/lib/z.jar\"\n- \"BOOT-INF/lib/a.jar\"\n"), false),
        (not, Some(own), None, false),
    ] {
        let zip = boot(libraries(names).into_iter().chain(more).collect());
        let detection = Artifact::jar("app.jar", &zip).detect().unwrap();
        assert_eq!(detection.class_path_index.as_ref().map(|(_, text)| text.as_str()), index);
        assert_eq!(detection.warnings.contains(&Warning::LibraryOrder), warned);
        let unpacked = Artifact::directory(&zip).detect().unwrap();
        assert_eq!((unpacked.class_path_index, unpacked.warnings), (None, Vec::new()));
    }
}

#[test]
fn the_oldest_loader_has_its_classes_at_the_root() {
    let manifest = "Main-Class: org.springframework.boot.loader.JarLauncher\nStart-Class: a.App\n";
    let artifact = Artifact::jar(
        "app.jar",
        &Zip::of([
            (MANIFEST, manifest.as_bytes().to_vec()),
            ("org/springframework/boot/loader/JarLauncher.class", class(69)),
            ("a/App.class", class(52)),
            ("lib/one.jar", jar([("x/One.class", "")])),
        ]),
    );
    let detection = artifact.detect().unwrap();
    assert_eq!((detection.kind, detection.layout.classes.as_str()), (Kind::SpringBoot, ""));
    assert_eq!(detection.facts.java.as_ref().unwrap().feature, 8);
    let slices = sliced(&artifact.open(), &detection);
    assert_eq!(slices[0], ("dependencies".to_owned(), vec!["lib/one.jar".to_owned()]));
    assert_eq!(slices[1].0, "spring-boot-loader");
    assert_eq!(slices[2].1, [MANIFEST, "a/App.class"]);
}

#[test]
fn a_war_with_a_launcher_is_spring_boot() {
    let manifest = "Main-Class: org.springframework.boot.loader.launch.WarLauncher\nStart-Class: a.App\n";
    let zip = Zip::of([
        (MANIFEST, manifest.as_bytes().to_vec()),
        ("org/springframework/boot/loader/launch/WarLauncher.class", class(61)),
        ("WEB-INF/classes/a/App.class", class(61)),
        ("WEB-INF/lib/one.jar", jar([("x/One.class", "")])),
        ("WEB-INF/lib-provided/tomcat.jar", jar([("x/Two.class", "")])),
    ]);
    let detection = Artifact::jar("app.war", &zip).detect().unwrap();
    assert_eq!(detection.kind, Kind::SpringBoot);
    assert_eq!(detection.layout.libraries, ["WEB-INF/lib/", "WEB-INF/lib-provided/"]);
}

const FLUX: &str = "org/springframework/web/reactive/DispatcherHandler.class";
const MVC: &str = "org/springframework/web/servlet/DispatcherServlet.class";
const API: &str = "jakarta/servlet/Servlet.class";
const CONTEXT: &str = "org/springframework/web/context/ConfigurableWebApplicationContext.class";

#[test]
fn libraries_tell_the_web_framework() {
    let web = |classes: &[&'static str]| {
        let classes = classes.iter().map(|name| (*name, ""));
        Artifact::jar("app.jar", &boot(vec![("BOOT-INF/lib/web.jar", jar(classes))])).detect().unwrap().facts.web
    };
    assert_eq!(web(&[FLUX]), WebApplication::Reactive);
    assert_eq!(web(&[FLUX, MVC, API, CONTEXT]), WebApplication::Servlet);
    assert_eq!(web(&[API, CONTEXT]), WebApplication::Servlet);
    assert_eq!(web(&[CONTEXT]), WebApplication::None);
}

#[test]
fn broken_and_deflated_libraries_are_reported() {
    let mut zip = boot(vec![("BOOT-INF/lib/bad.jar", b"no jar".to_vec())]);
    zip.items.push(Item { deflate: true, ..Item::new("BOOT-INF/lib/packed.jar", jar([("x/One.class", "")])) });
    let warnings = Artifact::jar("app.jar", &zip).detect().unwrap().warnings;
    let deflated = Warning::DeflatedLibrary { path: "BOOT-INF/lib/packed.jar".to_owned() };
    assert_eq!(warnings, [deflated, Warning::BrokenLibrary { path: "BOOT-INF/lib/bad.jar".to_owned() }]);
}

fn plain(class_path: &str) -> Zip {
    let manifest = format!("Main-Class: a.Main\n{class_path}");
    Zip::of([(MANIFEST, manifest.into_bytes()), ("a/Main.class", class(61))])
}

#[test]
fn a_plain_jar_stays_one_file_whatever_its_name() {
    let artifact = Artifact::jar("some-name.jar", &plain("Class-Path: lib/a.jar\n"));
    let detection = artifact.detect().unwrap();
    assert_eq!(detection.kind, Kind::ExecutableJar);
    assert_eq!(detection.start.arguments("/workspace"), ["-jar", "/workspace/application.jar"]);
    assert_eq!(detection.warnings, [Warning::ClassPathMissing { paths: vec!["lib/a.jar".to_owned()] }]);
    let application = artifact.open();
    let slices = slices::slice(&application, &detection).unwrap();
    let EntryKind::File { executable: false, content } = &slices[0].entries[0].kind else { panic!("no file") };
    assert_eq!(&*content.read(1 << 20).unwrap(), fs_err::read(application.path()).unwrap());
}

#[test]
fn an_unpacked_plain_jar_gets_its_class_path_on_the_command_line() {
    let mut zip = plain("Class-Path: lib/b.jar lib/a.jar\n");
    zip.items.extend(["lib/a.jar", "lib/b.jar"].map(|name| Item::new(name, jar([("x/X.class", "")]))));
    let artifact = Artifact::directory(&zip);
    let detection = artifact.detect().unwrap();
    let expected = ["-cp", "/workspace:/workspace/lib/b.jar:/workspace/lib/a.jar", "a.Main"];
    assert_eq!(detection.start.arguments("/workspace"), expected);
    let slices = sliced(&artifact.open(), &detection);
    assert_eq!(slices[0], ("dependencies".to_owned(), vec!["lib/a.jar".to_owned(), "lib/b.jar".to_owned()]));
}

#[test]
fn a_directory_with_a_jar_and_its_libraries() {
    let zip = Zip::of([
        ("main-1.0.jar", plain("Class-Path: lib/a.jar config/\n").bytes()),
        ("lib/a.jar", jar([("x/X.class", "")])),
        ("config/app.properties", Vec::new()),
    ]);
    let artifact = Artifact::directory(&zip);
    let detection = artifact.detect().unwrap();
    assert!(matches!(&detection.start, Start::Jar { path } if path.as_str() == "main-1.0.jar"));
    assert_eq!(detection.facts.java.as_ref().unwrap().decided_by, "main-1.0.jar!/a/Main.class");
    assert!(detection.warnings.is_empty());
    let slices = sliced(&artifact.open(), &detection);
    assert_eq!(slices[0].1, ["lib/a.jar"]);
    assert_eq!(slices[1].1, ["config/app.properties", "main-1.0.jar"]);

    let named = Zip::of([("a.jar", plain("Class-Path: b.jar\n").bytes()), ("b.jar", plain("").bytes())]);
    let detection = Artifact::directory(&named).detect().unwrap();
    assert!(matches!(&detection.start, Start::Jar { path } if path.as_str() == "a.jar"));

    let two = Zip::of([("a.jar", plain("").bytes()), ("b.jar", plain("").bytes())]);
    assert!(matches!(Artifact::directory(&two).detect(), Err(DetectError::Ambiguous { jars, .. }) if jars.len() == 2));
}

/// Why each kind was not taken.
/// What lies in a folder beside a jar whose manifest names its main class, and whether the jar is taken.
#[test]
fn a_tool_of_a_distribution_is_no_application() {
    let tool = |class_path: &str| {
        let manifest = format!("Main-Class: a.Tool\n{class_path}");
        jar([(MANIFEST, manifest.into_bytes()), ("a/Tool.class", class(52))])
    };
    let script: (&str, &[u8]) = ("bin/broker", b"#!/bin/sh\nexec java -cp \"$HOME/lib/*\" a.Broker\n");
    let own: (&str, &[u8]) = ("bin/start.sh", b"#!/bin/sh\nexec java -jar tool-1.0.jar\n");
    let library: (&str, &[u8]) = ("lib/broker.jar", b"PK");
    let program: (&str, &[u8]) = ("bin/broker", b"\x7fELF");
    for (class_path, files, taken) in [
        ("", &[script, library][..], false),
        ("", &[script, ("bin/broker.bat", b"rem"), library, ("conf/broker.xml", b"")], false),
        ("Class-Path: other.jar\n", &[script, library], false),
        ("Class-Path: lib/broker.jar\n", &[script, library], true),
        ("", &[script, own, library], true),
        ("", &[script], true),
        ("", &[library], true),
        ("", &[program, library], true),
        ("", &[("bin/deep/broker", script.1), library], true),
    ] {
        let tool = tool(class_path);
        let files = files.iter().copied().chain([("tool-1.0.jar", &tool[..])]);
        let artifact = Artifact::directory(&Zip::of(files));
        match artifact.detect() {
            Ok(_) => assert!(taken, "{class_path} {artifact:?}", artifact = artifact.path),
            Err(error) => {
                let hint = error.hint().unwrap();
                assert!(!taken && hint.contains("not what `bin/broker` starts"), "{hint}");
                assert!(hint.contains(&format!("stage {}/tool-1.0.jar", artifact.path.display())), "{hint}");
            }
        }
    }
}

fn missing(artifact: &Artifact) -> Vec<String> {
    match artifact.detect() {
        Err(DetectError::Nothing { looked_for, .. }) => looked_for.into_iter().map(|looked| looked.missing).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn says_precisely_what_is_missing() {
    let empty = Artifact::directory(&Zip::of([("readme.txt", "")]));
    assert_eq!(
        missing(&empty),
        ["there is no `META-INF/MANIFEST.MF`", "there is no `META-INF/MANIFEST.MF`", "there is no jar at the top"]
    );
    let hint = empty.detect().unwrap_err().hint().unwrap();
    assert_eq!(hint.lines().count(), 3);

    let no_main = Artifact::jar("app.jar", &Zip::of([(MANIFEST, "Manifest-Version: 1.0\n")]));
    assert_eq!(missing(&no_main)[1], "`META-INF/MANIFEST.MF` has no `Main-Class`");

    let no_launcher = Artifact::jar("app-plain.jar", &Zip::of([(MANIFEST, "Spring-Boot-Version: 3.5.1\n")]));
    assert!(missing(&no_launcher)[0].contains("Spring Boot's plugin did not add its launcher"));

    let war = Zip::of([(MANIFEST, "Manifest-Version: 1.0\n"), ("WEB-INF/web.xml", "")]);
    assert!(missing(&Artifact::jar("app.war", &war))[1].contains("a war needs a servlet container"));

    let mut gone = plain("");
    gone.items.pop();
    assert_eq!(missing(&Artifact::jar("app.jar", &gone))[1], "`Main-Class: a.Main` is not there (`a/Main.class`)");
}

#[test]
fn a_broken_manifest_is_an_error_of_its_own() {
    let artifact = Artifact::jar("app.jar", &Zip::of([(MANIFEST, "no colon here\n")]));
    assert!(matches!(artifact.detect(), Err(DetectError::Manifest { entry, .. }) if entry == MANIFEST));
    let lying = Item { crc: Some(1), ..Item::new(MANIFEST, "Main-Class: a.B\n") };
    let artifact = Artifact::jar("app.jar", &Zip::with([lying]));
    assert!(matches!(artifact.detect(), Err(DetectError::Content { entry, .. }) if entry == MANIFEST));
}

#[test]
fn without_own_classes_the_manifest_and_then_the_libraries_tell() {
    let java = |build: &str| {
        let manifest = format!("Main-Class: org.springframework.boot.loader.JarLauncher\nStart-Class: x.X\n{build}");
        let zip = Zip::of([
            (MANIFEST, manifest.into_bytes()),
            ("org/springframework/boot/loader/JarLauncher.class", class(69)),
            ("BOOT-INF/lib/a.jar", jar([("x/X.class", class(55))])),
            ("BOOT-INF/lib/b.jar", jar([("x/Y.class", class(61))])),
        ]);
        let need = Artifact::jar("app.jar", &zip).detect().unwrap().facts.java.unwrap();
        (need.feature, need.decided_by)
    };
    assert_eq!(java("Build-Jdk-Spec: 1.8\n"), (8, "Build-Jdk-Spec in META-INF/MANIFEST.MF".to_owned()));
    assert_eq!(java(""), (17, "BOOT-INF/lib/b.jar!/x/Y.class".to_owned()));
}

#[test]
fn nothing_of_the_host_is_in_a_detection() {
    let artifact = Artifact::jar("secret-name.jar", &boot(libraries()));
    let json = serde_json::to_string(&artifact.detect().unwrap()).unwrap();
    let folder = artifact.path.parent().unwrap().file_name().and_then(|name| Path::new(name).to_str()).unwrap();
    assert!(!json.contains("secret-name") && !json.contains(folder));
    assert!(json.contains("\"kind\":\"spring-boot\""));
}
