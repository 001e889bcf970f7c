//! Broken applications, and what keeps each from starting.

use super::{Place, StartError, Word, check, words};
use crate::application::Application;
use crate::application::zip::writer::Zip;

type Files = Vec<(&'static str, Vec<u8>)>;

const MANIFEST: &str = "META-INF/MANIFEST.MF";
const LAUNCHER: &str = "org.springframework.boot.loader.launch.JarLauncher";
const ROOT: &str = "/workspace";

fn jar(manifest: &str, classes: &[&'static str]) -> Vec<u8> {
    let classes = classes.iter().map(|name| (*name, Vec::new()));
    Zip::of(std::iter::once((MANIFEST, manifest.as_bytes().to_vec())).chain(classes)).bytes()
}

fn boot(manifest: &str) -> Files {
    let manifest = format!("Main-Class: {LAUNCHER}\n{manifest}");
    vec![
        (MANIFEST, manifest.into_bytes()),
        ("org/springframework/boot/loader/launch/JarLauncher.class", Vec::new()),
        ("org/springframework/boot/loader/launch/PropertiesLauncher.class", Vec::new()),
        ("BOOT-INF/classes/a/Main.class", Vec::new()),
        ("BOOT-INF/lib/b.jar", jar("", &["b/Main.class"])),
    ]
}

/// Checks a folder with these files.
fn started(files: &Files, command: &str) -> Result<Vec<String>, StartError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, data) in files {
        let path = folder.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, data).unwrap();
    }
    let application = Application::open(folder.path()).unwrap();
    let place = Place { application: &application, packed: false, root: ROOT, is_alone: true };
    check(place, "web", &words(command, &|name| (name == "HOME").then(|| ROOT.to_owned())))
}

/// One word for what is wrong; a note's beginning, or nothing.
fn outcome(files: &Files, command: &str) -> String {
    match started(files, command) {
        Ok(notes) => notes.first().map_or_else(|| "fine".to_owned(), |note| format!("note: {note}")),
        Err(error) => {
            assert!(!error.hint().is_empty() && error.to_string().contains("`web`"), "{error}");
            let name = format!("{error:?}");
            name[..name.find(' ').unwrap_or(name.len())].to_owned()
        }
    }
}

#[test]
fn jars_and_what_they_name() {
    let app = |manifest: &str, classes: &[&'static str]| -> Files {
        vec![
            ("app.jar", jar(manifest, classes)),
            ("lib/b.jar", jar("Class-Path: c.jar\n", &["b/B.class"])),
            ("lib/c.jar", jar("", &["c/C.class"])),
        ]
    };
    let java = "java -Xss1m -jar /workspace/app.jar --more";
    for (manifest, classes, command, expected) in [
        ("Main-Class: a.A\n", &["a/A.class"][..], java, "fine"),
        ("Main-Class: a.A\n", &["a/A.class"], "exec \"$JAVA_HOME/bin/java\" $JAVA_OPTS -jar $HOME/app.jar", "fine"),
        ("Main-Class: b.B\nClass-Path: lib/b.jar\n", &[], java, "fine"),
        ("Main-Class: c.C\nClass-Path: ./lib/../lib/b.jar gone.jar\n", &[], java, "fine"),
        ("Main-Class: com.sun.net.httpserver.SimpleFileServer\n", &[], java, "fine"),
        ("Main-Class: a.A\n", &[], java, "Class"),
        ("Main-Class: b.B\nClass-Path: gone.jar\n", &[], java, "Class"),
        ("Created-By: 1\n", &[], java, "NoMainClass"),
        ("Created-By: 1\nMain-Class: a.A", &["a/A.class"], java, "NoMainClass"),
        ("Main-Class: a.A\n", &["a/A.class"], "java -jar other.jar", "File"),
        ("Main-Class: a.A\n", &["a/A.class"], "java -jar $WHERE/other.jar", "fine"),
        ("Main-Class: a.A\n", &["a/A.class"], "java -jar /opt/other.jar", "File"),
        ("Main-Class: a.A\n", &["a/A.class"], "/usr/bin/java -jar app.jar", "File"),
        ("Main-Class: a.A\n", &["a/A.class"], "/layers/stage_java/jre/bin/java -jar app.jar", "fine"),
        ("Main-Class: a.A\n", &["a/A.class"], "java @gone", "File"),
        ("Main-Class: a.A\n", &["a/A.class"], "java @lib/b.jar", "fine"),
        ("Main-Class: a.A\n", &["a/A.class"], "java -javaagent:agent.jar -jar app.jar", "File"),
        ("Main-Class: a.A\n", &["a/A.class"], "java -javaagent:lib/b.jar=x -jar app.jar", "fine"),
        ("Main-Class: a.A\n", &["a/A.class"], "java -cp app.jar:lib/* c.C", "fine"),
        ("Main-Class: a.A\n", &["a/A.class"], "java -cp app.jar c.C", "Class"),
        ("Main-Class: a.A\n", &["a/A.class"], "java -cp $MORE c.C", "fine"),
        (
            "Main-Class: a.A\n",
            &["a/A.class"],
            "java -cp app.jar:x.jar a.A",
            "note: The class path of process `web` names what is not there: `x.jar`",
        ),
        ("Main-Class: a.A\n", &["a/A.class"], "bin/run", "File"),
        ("Main-Class: a.A\n", &["a/A.class"], "A=b/c sh -c x", "fine"),
    ] {
        assert_eq!(outcome(&app(manifest, classes), command), expected, "{manifest} {command}");
    }
}

#[test]
fn what_spring_boots_launcher_starts() {
    let java = format!("java -cp /workspace {LAUNCHER}");
    let properties = "java -cp . org.springframework.boot.loader.launch.PropertiesLauncher";
    for (manifest, command, expected) in [
        ("Start-Class: a.Main\n", java.as_str(), "fine"),
        ("Start-Class: b.Main\n", &java, "fine"),
        ("Start-Class: a.Gone\n", &java, "StartClass"),
        ("Start-Class: ${start-class}\n", &java, "Placeholder"),
        ("Spring-Boot-Version: 3.4.5\n", &java, "NoStartClass"),
        ("Start-Class: a.Main", &java, "NoStartClass"),
        ("Start-Class: a.Main\n", "java -cp . org.springframework.boot.loader.JarLauncher", "Class"),
    ] {
        assert_eq!(outcome(&boot(manifest), command), expected, "{manifest}");
        // The same jar in a folder, packed.
        let packed = vec![("app.jar", Zip::of(boot(manifest)).bytes())];
        let expected = if command.contains("launch.") { expected } else { "fine" };
        assert_eq!(outcome(&packed, "java -jar app.jar"), expected, "{manifest}");
    }
    let note = outcome(&boot(""), properties);
    assert!(note.starts_with("note: ") && note.contains("unless `loader.main`"), "{note}");
}

#[test]
fn a_part_of_quarkus_is_not_the_whole() {
    let run = jar("Main-Class: io.quarkus.bootstrap.runner.QuarkusEntryPoint\nClass-Path: lib/boot/runner.jar\n", &[]);
    let runner = jar("", &["io/quarkus/bootstrap/runner/QuarkusEntryPoint.class"]);
    let mut files: Files = vec![("quarkus-run.jar", run)];
    let java = "java -jar quarkus-run.jar";
    assert_eq!(outcome(&files, java), "Quarkus");
    files.push(("lib/boot/runner.jar", runner));
    assert_eq!(outcome(&files, java), "Quarkus");
    files.push(("quarkus/quarkus-application.dat", Vec::new()));
    assert_eq!(outcome(&files, java), "fine");
}

#[test]
fn a_jar_that_stays_packed_is_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any.jar");
    let checked = |bytes: Vec<u8>, file: &str| {
        fs_err::write(&path, bytes).unwrap();
        let application = Application::open(&path).unwrap();
        let place = Place { application: &application, packed: true, root: ROOT, is_alone: true };
        check(place, "web", &["java", "-jar", file].map(Word::of))
    };
    let good = jar("Main-Class: a.A\n", &["a/A.class"]);
    assert_eq!(checked(good.clone(), "/workspace/application.jar"), Ok(Vec::new()));
    assert!(matches!(checked(good, "/workspace/any.jar"), Err(StartError::File { .. })));
    let beside = jar("Main-Class: b.B\nClass-Path: lib/b.jar\n", &["a/A.class"]);
    let error = checked(beside, "/workspace/application.jar").unwrap_err();
    assert!(error.hint().contains("lib/b.jar"), "{error}");
}
