//! Cloud Foundry's builder, launcher and shell against recordings of the original programs.
//!
//! A case holds files, arguments and environment, and what the original answered. `@RUN@` is the case's folder,
//! `@CONTENTS@` the builder's temporary folder, `@LIFECYCLE@` the folder of the programs.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fs_err as fs;
use serde_json::{Value, json};

use crate::support::processes_sorted;

/// Cases that do not match yet, and why. A case that starts to match must leave the list.
const NOT_YET: &[(&str, &str)] = &[];

const STAGE: &str = env!("CARGO_BIN_EXE_stage");

#[test]
fn recorded_cases_are_matched() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden/cloud-foundry/cases");
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.len(), 67);
    let mut failures = Vec::new();
    for path in names {
        let case: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let name = text(&case["name"]);
        let differences = Run::new(&case).differences(&case);
        let listed = NOT_YET.iter().any(|(listed, _)| *listed == name);
        match (differences.is_empty(), listed) {
            (true, true) => failures.push(format!("{name}: matches now, take it off the list")),
            (false, false) => failures.push(format!("{name}:\n{}", differences.join("\n"))),
            _ => {}
        }
    }
    assert!(failures.is_empty(), "{} cases differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn programs_are_chosen_by_their_own_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["builder", "launcher", "shell"] {
        symlink(STAGE, folder.path().join(name)).unwrap();
    }
    let run = |name: &str, arguments: &[&str]| {
        let output = Command::new(folder.path().join(name))
            .args(arguments)
            .current_dir(folder.path())
            .env("HOME", "/nonexistent")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, help) = run("builder", &["-help"]);
    assert_eq!(code, Some(0));
    assert!(help.starts_with("Usage of builder:\n"), "{help}");
    let (code, message) = run("launcher", &["app"]);
    assert_eq!(code, Some(1));
    assert!(message.contains("/launcher: received only 1 arguments\n"), "{message}");
    assert_eq!(run("shell", &[]).0, Some(1));
}

#[test]
fn droplet_and_cache_are_the_same_to_the_byte() {
    let case = case("b53-app-with-links-and-modes");
    let (first, second) = (Run::new(&case), Run::new(&case));
    first.start();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    second.start();
    for file in ["out/droplet", "out/cache.tgz"] {
        assert!(fs::read(first.path(file)).unwrap() == fs::read(second.path(file)).unwrap(), "{file}");
    }
}

#[test]
fn a_droplet_unpacked_with_tar_starts_under_the_launcher() {
    let mut case = case("b17-finalize-in-detect-mode");
    case["app"]["Procfile"] = json!({"text": "web: echo started with $FROM_FINALIZE in $PWD\n"});
    let staged = Run::new(&case);
    assert_eq!(staged.start().status.code(), Some(0));
    let home = staged.path("home");
    fs::create_dir(&home).unwrap();
    let unpacked =
        Command::new("tar").arg("xzf").arg(staged.path("out/droplet")).arg("-C").arg(&home).status().unwrap();
    assert!(unpacked.success());
    let output = Command::new(STAGE).args(["launcher", "app", "", ""]).current_dir(&home).output().unwrap();
    let wanted = format!(
        "Invoking pre-start scripts.\nInvoking start command.\nstarted with 1 in {}\n",
        home.join("app").display()
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), wanted);
}

#[test]
fn a_failed_staging_leaves_no_droplet_and_no_temporary_folder() {
    let mut case = case("b01-detect-compile");
    case["app"]["hello.txt"] = json!({"text": "x"});
    let run = Run::new(&case);
    fs::create_dir_all(run.path("out/droplet/in-the-way")).unwrap();
    assert_eq!(run.start().status.code(), Some(1));
    assert_eq!(list_dir(&run.path("tmp")), Vec::<String>::new());
    assert_eq!(list_dir(&run.path("out")), ["droplet", "result.json"]);
}

fn case(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden/cloud-foundry/cases");
    serde_json::from_slice(&fs::read(folder.join(format!("{name}.json"))).unwrap()).unwrap()
}

fn list_dir(path: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A case laid out in a folder of its own.
struct Run {
    folder: tempfile::TempDir,
    command: (Vec<String>, BTreeMap<String, String>),
}

impl Run {
    fn new(case: &Value) -> Self {
        let mut run = Self { folder: tempfile::tempdir().unwrap(), command: Default::default() };
        for name in ["app", "tmp", "cache", "buildpacks"] {
            let path = run.path(name);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        write_files(&run.path("app"), &case["app"]);
        write_files(&run.path("cache"), &case["cache_before"]);
        write_files(run.folder.path(), &case["files"]);
        if let Some(info) = case["staging_info"].as_str().filter(|_| case["tool"] != "builder") {
            fs::write(run.path("staging_info.yml"), info).unwrap();
        }
        for buildpack in case["buildpacks"].as_object().into_iter().flatten().map(|(_, buildpack)| buildpack) {
            run.buildpack(case, buildpack);
        }
        if text(&case["name"]) == "b59-url-git-file" {
            run.repository();
        }
        let here = |value: &Value| text(value).replace("@RUN@", &run.folder.path().display().to_string());
        let mut arguments = vec![text(&case["tool"]).to_owned()];
        arguments.extend(case["argv"].as_array().unwrap().iter().map(here));
        let variables = case["env"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), here(value)));
        run.command = (arguments, variables.collect());
        run
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn buildpack(&self, case: &Value, buildpack: &Value) {
        let naming = text(&case["buildpack_dir_naming"]);
        for scheme in ["md5", "xxh64"].into_iter().filter(|scheme| naming == *scheme || naming == "both") {
            let mut folder = self.path("buildpacks").join(text(&buildpack[scheme]));
            if case["nested"] == true {
                folder.push("nested");
            }
            write_files(&folder, &buildpack["files"]);
            if naming == "both" {
                fs::write(folder.join("bin/detect"), format!("#!/bin/bash\necho from {scheme}\n")).unwrap();
            }
        }
    }

    /// The repository that the case with a `file:` URL clones: the buildpack of another case on the branch `other`.
    fn repository(&self) {
        let repository = self.path("bp.git");
        write_files(&repository, &case("b01-detect-compile")["buildpacks"]["cmp"]["files"]);
        for arguments in [
            &["init", "-q", "-b", "main"][..],
            &["-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "--allow-empty", "-m", "empty"],
            &["checkout", "-q", "-b", "other"],
            &["add", "."],
            &["-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-m", "buildpack"],
            &["checkout", "-q", "main"],
        ] {
            let status = Command::new("git").args(arguments).current_dir(&repository).status().unwrap();
            assert!(status.success());
        }
    }

    fn start(&self) -> Output {
        Command::new(STAGE)
            .args(&self.command.0)
            .env_clear()
            .envs(&self.command.1)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn differences(&self, case: &Value) -> Vec<String> {
        let output = self.start();
        let mut found = Vec::new();
        let mut compare = |what: &str, wanted: &Value, actual: Value| {
            if *wanted != actual {
                found.push(format!("  {what}:\n    wanted {wanted}\n    found  {actual}"));
            }
        };
        let exit = output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or_default());
        compare("exit", &case["exit"], json!(exit));
        compare("stdout", &case["stdout"], self.named(&output.stdout));
        compare("stderr", &case["stderr"], self.named(&output.stderr));
        if case["tool"] != "builder" {
            return found;
        }
        let result = fs::read(self.path("out/result.json")).map_or(Value::Null, |bytes| self.named(&bytes));
        compare("result.json", &ordered(&case["result_json"]), ordered(&result));
        let droplet = self.path("out/droplet");
        compare("staging_info", &case["staging_info"], member(&droplet, "./staging_info.yml"));
        compare("droplet", &case["droplet"], listing(&droplet));
        compare("cache", &case["cache_after"], listing(&self.path("out/cache.tgz")));
        for (name, content) in case["members"].as_object().into_iter().flatten() {
            compare(name, content, member(&droplet, name));
        }
        compare("temporary files", &case["temp_left"], json!(list_dir(&self.path("tmp"))));
        found
    }

    /// The text with this run's folders replaced by their names.
    fn named(&self, bytes: &[u8]) -> Value {
        let run = self.folder.path().display().to_string();
        let programs = Path::new(STAGE).parent().unwrap().display().to_string();
        let text = String::from_utf8_lossy(bytes);
        let contents = format!("{run}/tmp/contents");
        let mut parts = text.split(&contents);
        let mut named = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            named.push_str("@CONTENTS@");
            named.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_digit()));
        }
        json!(named.replace(&run, "@RUN@").replace(&programs, "@LIFECYCLE@"))
    }
}

/// `result.json` with its processes sorted; null without one.
fn ordered(result: &Value) -> Value {
    result.as_str().map_or(Value::Null, |text| json!(processes_sorted(text)))
}

fn write_files(root: &Path, files: &Value) {
    for (name, file) in files.as_object().into_iter().flatten() {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if let Some(target) = file["link"].as_str() {
            symlink(target, &path).unwrap();
            continue;
        }
        let is_folder = file["dir"] == true;
        if is_folder {
            fs::create_dir(&path).unwrap();
        } else {
            fs::write(&path, text(&file["text"])).unwrap();
        }
        let mode = file["mode"].as_u64().unwrap_or(if is_folder { 0o755 } else { 0o644 });
        fs::set_permissions(&path, std::fs::Permissions::from_mode(u32::try_from(mode).unwrap())).unwrap();
    }
}

/// The archive's members, sorted by name, in the form of the recordings; null without an archive.
fn listing(path: &Path) -> Value {
    let mut found = Vec::new();
    let Some(mut archive) = open(path) else { return Value::Null };
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.username().unwrap(), Some("vcap"));
        assert_eq!(header.groupname().unwrap(), Some("vcap"));
        let kind = match header.entry_type() {
            tar::EntryType::Directory => "dir",
            tar::EntryType::Symlink => "link",
            _ => "file",
        };
        let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        let name = name.trim_end_matches('/').to_owned();
        let mode = format!("{:04o}", header.mode().unwrap());
        let mut member = json!({"name": name, "type": kind, "mode": mode, "size": entry.size()});
        if let Some(target) = entry.link_name_bytes() {
            member["target"] = json!(String::from_utf8_lossy(&target));
        }
        found.push((name, member));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(_, member)| member).collect()
}

fn member(path: &Path, name: &str) -> Value {
    let Some(mut archive) = open(path) else { return Value::Null };
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        if *entry.path_bytes() == *name.as_bytes() {
            let mut content = String::new();
            std::io::Read::read_to_string(&mut entry, &mut content).unwrap();
            return json!(content);
        }
    }
    Value::Null
}

fn open(path: &Path) -> Option<tar::Archive<impl std::io::Read>> {
    let file = fs::File::open(path).ok()?;
    Some(tar::Archive::new(flate2::read::MultiGzDecoder::new(file)))
}
