//! The vectors recorded from the original programs, one test a file.

use memcalc::outcome::{Compat, Outcome};
use memcalc::{v2, v3, v4};
use serde_json::Value;

pub(crate) fn vectors(name: &str) -> Vec<Value> {
    let path = format!("{}/../fixtures/golden/memcalc-{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap_or_default()
}

fn expected(recorded: &str, actual: &str) -> bool {
    match recorded.find("<USAGE>").or_else(|| recorded.find("<HELP>")) {
        Some(at) => actual.starts_with(&recorded[..at]),
        None => actual == recorded,
    }
}

fn replay(name: &str, run: fn(&str, &[String], Compat) -> Outcome) {
    let vectors = vectors(name);
    let mut failures = Vec::new();
    for vector in &vectors {
        let args: Vec<String> =
            vector["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap().to_owned()).collect();
        let outcome = run("java-buildpack-memory-calculator", &args, Compat::Exact);
        let stderr = if text(vector, "stderr_cmp") == "first-line" {
            outcome.stderr.split_inclusive('\n').next().unwrap_or_default()
        } else {
            &outcome.stderr
        };
        if !expected(text(vector, "stdout"), &outcome.stdout)
            || !expected(text(vector, "stderr"), stderr)
            || vector["exit"] != outcome.code
        {
            failures.push(format!("{vector}\n  {outcome:?}"));
        }
    }
    println!("{name}: {} of {} vectors", vectors.len() - failures.len(), vectors.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn v2_vectors() {
    replay("v2", v2::run);
}

#[test]
fn v3_vectors() {
    replay("v3", v3::run);
}

#[test]
fn v4_vectors() {
    replay("v4", v4::run);
}
