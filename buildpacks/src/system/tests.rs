//! The recorded answers, one by one.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::Path;

use fs_err as fs;
use serde_json::Value;

use super::{ApplicationType, NearMiss, Variables, Verdict, detect, near_misses, only_folder};
use crate::application::Application;
use crate::application::zip::writer::Zip;

/// Cases whose answer is not the recorded one, and why. A case that starts to match must leave the list.
const DIFFERENT: [(&str, &str); 7] = [
    ("space-staticfile", WHITE_SPACE),
    ("space-node", WHITE_SPACE),
    ("space-go", WHITE_SPACE),
    ("space-ruby", WHITE_SPACE),
    ("space-dotnet", WHITE_SPACE),
    ("space-php", WHITE_SPACE),
    ("space-java", WHITE_SPACE),
];
const WHITE_SPACE: &str = "the originals err where the folder's path holds white space; a tree has no path";

fn cases() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden/system-buildpacks/detect.jsonl");
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap())
}

/// Makes the tree of a case, in its notation.
fn make<'a>(folder: &Path, files: impl IntoIterator<Item = &'a str>) {
    for file in files {
        let (name, rest) = file.split_once("->").or_else(|| file.split_once('=')).unwrap_or((file, ""));
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else if file.contains("->") {
            symlink(rest, path).unwrap();
        } else {
            fs::write(path, rest).unwrap();
        }
    }
}

fn verdict_of_zip<'a>(files: impl IntoIterator<Item = &'a str>, variables: &Variables) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.zip");
    let items = files.into_iter().map(|file| file.split_once('=').unwrap_or((file, "")));
    fs::write(&path, Zip::of(items).bytes()).unwrap();
    detect(&Application::open(&path).unwrap(), variables).unwrap()
}

fn verdict(files: &[&str]) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), files.iter().copied());
    detect(&Application::open(folder.path()).unwrap(), &Variables::default()).unwrap()
}

fn types(verdict: &Verdict) -> Vec<String> {
    verdict.matches.iter().map(|found| found.application_type.name().replace('_', "-")).collect()
}

#[test]
fn every_recorded_answer_is_given() {
    let cases = cases();
    assert_eq!(cases.len(), 129);
    let mut different = BTreeSet::new();
    for case in &cases {
        let name = case["case"].as_str().unwrap();
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), texts(&case["files"]));
        let variable = |name: &str| case["env"][name].as_str().map(str::to_owned);
        let variables =
            Variables { bundle_gemfile: variable("BUNDLE_GEMFILE"), go_package_name: variable("GOPACKAGENAME") };
        let verdict = detect(&Application::open(folder.path()).unwrap(), &variables).unwrap();
        let answers = types(&verdict);

        let results = case["results"].as_object().unwrap();
        assert_eq!(results.len(), ApplicationType::ALL.len(), "{name}");
        let matches = results.iter().all(|(buildpack, result)| answers.contains(buildpack) == (result["exit"] == 0));
        if !matches {
            different.insert(name);
            continue;
        }
        assert_eq!(answers.first().map(String::as_str), case["winner"].as_str(), "{name}");
        assert!(answers.iter().skip(1).map(String::as_str).eq(texts(&case["also"])), "{name}: {answers:?}");
        assert!(verdict.matches.iter().all(|found| !found.evidence.is_empty()), "{name}");
        let files: Vec<_> = texts(&case["files"]).collect();
        if !files.is_empty() && files.iter().all(|file| !file.contains("->")) {
            assert_eq!(verdict_of_zip(files, &variables), verdict, "{name}, as a zip");
        }
    }
    let listed: BTreeSet<_> = DIFFERENT.iter().map(|(name, _)| *name).collect();
    assert_eq!(different, listed);
}

#[test]
fn names_are_those_of_the_platform() {
    let names: Vec<_> = ApplicationType::ALL.iter().map(|known| known.buildpack()).collect();
    assert_eq!((names[3].as_str(), names[4].as_str()), ("dotnet_core_buildpack", "nodejs_buildpack"));
    assert_eq!(ApplicationType::DotnetCore.project(), "cloudfoundry/dotnet-core-buildpack");
    assert!(ApplicationType::ALL.is_sorted());
}

#[test]
fn broad_rules_of_java_yield_to_real_evidence_and_are_reported() {
    for (files, best) in [
        (&["Gemfile", "bin/rails", "lib/tasks/x"][..], "ruby"),
        (&["package.json", "bin/www", "lib/app.js"], "nodejs"),
        (&["package.json", "Procfile=web: node javascript.js\n"], "nodejs"),
        (&["go.mod", "bin/tool", "lib/x"], "go"),
        (&["index.php", "bin/console", "lib/x"], "php"),
    ] {
        let verdict = verdict(files);
        assert_eq!(verdict.platform_winner().unwrap().application_type, ApplicationType::Java, "{files:?}");
        assert_eq!(verdict.best().unwrap().application_type.name(), best);
        let warning = verdict.warning().unwrap();
        for said in ["`java_buildpack` would win", &format!("name `{best}_buildpack`")] {
            assert!(warning.contains(said), "{warning}");
        }
    }
    for files in [
        &["package.json", "bin/app", "lib/a.jar"][..],
        &["package.json", "Procfile=web: java -jar x"],
        &["package.json", "bin/www", "lib/app.js", "Main.class"],
        &["package.json", "build.gradle"],
    ] {
        let verdict = verdict(files);
        assert_eq!(verdict.best().unwrap().application_type, ApplicationType::Java, "{files:?}");
        assert_eq!(verdict.warning(), None);
    }
    let alone = verdict(&["bin/app", "lib/x"]);
    assert_eq!(alone.best().unwrap().application_type, ApplicationType::Java);
    assert!(alone.warning().unwrap().contains("nothing in it is Java's"));
}

#[test]
fn evidence_names_the_first_and_counts_the_rest() {
    let verdict = verdict(&["b/c.csproj", "a/d.fsproj/x", "e.vbproj"]);
    let evidence = &verdict.matches[0].evidence[0];
    assert_eq!((evidence.path.as_str(), evidence.what.as_str()), ("a/d.fsproj", "is a .NET project, and 2 more"));
}

#[test]
fn a_procfile_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Procfile"), vec![b'x'; (1 << 20) + 1]).unwrap();
    let error = detect(&Application::open(folder.path()).unwrap(), &Variables::default()).unwrap_err();
    assert!(error.to_string().contains("`Procfile`"), "{error}");
}

#[test]
fn what_is_nearly_taken_is_told() {
    let said = |files: &[&str]| -> Vec<(&'static str, String)> {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), files.iter().copied());
        let found = near_misses(&Application::open(folder.path()).unwrap()).unwrap();
        found.into_iter().map(|NearMiss { application_type, advice }| (application_type.name(), advice)).collect()
    };
    for (files, application_type, word) in [
        (&["index.html"][..], "staticfile", "`Staticfile`"),
        (&["cmd/main.go"], "go", "GOPACKAGENAME"),
        (&["pyproject.toml"], "python", "requirements.txt"),
        (&["gems.rb"], "ruby", "BUNDLE_GEMFILE"),
        (&["composer.lock"], "php", "composer.json"),
        (&["App.sln"], "dotnet_core", "App.sln"),
        (&["build/server=\x7fELF..", "Procfile=web: ./build/server\n"], "binary", "`Procfile` runs it"),
        (&["server=\x7fELF..", "Procfile=web: sh run\n"], "binary", "beside a `Procfile`"),
        (&["server=\x7fELF.."], "binary", "`web: ./server`"),
    ] {
        let said = said(files);
        assert!(
            matches!(said.as_slice(), [(found, text)] if *found == application_type && text.contains(word)),
            "{said:?}"
        );
    }
    assert!(said(&["README", "lib/libx.so=\x7fELF.."]).is_empty());
}

#[test]
fn an_only_folder_is_seen() {
    let only = |files: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), files.iter().copied());
        only_folder(&Application::open(folder.path()).unwrap()).map(str::to_owned)
    };
    assert_eq!(only(&["app-1.0/Gemfile", "app-1.0/lib/x"]).as_deref(), Some("app-1.0"));
    assert_eq!(only(&["app/x", "app-1/x"]), None);
    assert_eq!(only(&["app/x", "README"]), None);
    assert_eq!(only(&[]), None);
}
