//! The libjvm helper, run as a program with file descriptor 3.

use crate::golden::{text, vectors};
use crate::tree::{Nested, make};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

struct Place<'a> {
    root: &'a Path,
    files: [std::path::PathBuf; 3],
}

impl Place<'_> {
    fn fill(&self, text: &str) -> String {
        let mut text = text.replace("{ROOT}", self.root.to_str().unwrap());
        for (mark, file) in ["{V1}", "{V2}", "{INFO}"].iter().zip(&self.files) {
            text = text.replace(mark, file.to_str().unwrap());
        }
        text
    }
}

fn replay(vector: &Value) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir(&root).unwrap();
    let place = Place { root: &root, files: ["v1", "v2", "info"].map(|name| directory.path().join(name)) };
    make(&vector["tree"], &root, Nested::Stored);
    for (file, field) in place.files.iter().zip(["cgroup_v1", "cgroup_v2", "meminfo"]) {
        if let Some(content) = vector[field].as_str() {
            fs::write(file, content).unwrap();
        }
    }
    let result = directory.path().join("result");
    let [v1, v2, info] = &place.files;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", r#"result="$1"; shift; exec "$0" "$@" 3>"$result""#, env!("CARGO_BIN_EXE_memcalc")]);
    command.arg(&result).arg("libjvm").arg("--cgroup-v1").arg(v1).arg("--cgroup-v2").arg(v2);
    command.arg("--meminfo").arg(info).env_clear();
    for (name, value) in vector["env"].as_object().unwrap() {
        command.env(name, place.fill(value.as_str().unwrap()));
    }
    let output = command.output().unwrap();
    let actual =
        [output.stdout, output.stderr, fs::read(&result).unwrap()].map(|bytes| String::from_utf8(bytes).unwrap());
    let recorded = ["stdout", "stderr", "fd3"].map(|field| place.fill(text(vector, field)));
    let code = output.status.code().unwrap();
    if actual == recorded && vector["exit"] == code {
        return Ok(());
    }
    Err(format!("{vector}\n  {code} {actual:#?}"))
}

#[test]
fn libjvm_vectors() {
    let vectors = vectors("libjvm");
    let failures: Vec<String> = vectors.iter().filter_map(|vector| replay(vector).err()).collect();
    println!("libjvm: {} of {} vectors", vectors.len() - failures.len(), vectors.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
