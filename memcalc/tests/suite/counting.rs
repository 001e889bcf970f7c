//! Class counting: the recorded vectors, through the program and through the library.

use crate::golden::{text, vectors};
use crate::tree::{Nested, make, placed, zip};
use memcalc::count;
use serde_json::json;
use std::path::Path;
use std::process::Command;

fn count_by_program(args: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_memcalc")).arg("count").args(args).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    (stdout.trim_end().to_owned(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn classcount_vectors() {
    let vectors = vectors("classcount");
    for nested in [Nested::Stored, Nested::Deflated] {
        for vector in &vectors {
            let id = text(vector, "id");
            let directory = tempfile::tempdir().unwrap();
            make(&vector["tree"], directory.path(), nested);
            let root = placed(text(vector, "root"), directory.path());

            let (stdout, stderr) = count_by_program(&[&root, "--as", "libjvm"]);
            match vector["libjvm_error"].as_str() {
                None => assert_eq!(stdout, vector["libjvm_classes"].to_string(), "{id} {stderr}"),
                Some(error) => {
                    assert_eq!(stderr.trim_end(), placed(error, directory.path()).trim_end(), "{id}");
                }
            }
            let recorded = &vector["cf_v5_loaded_class_count"];
            for (field, java) in [("java8", 8), ("java9plus", 9)] {
                assert_eq!(count::v5(Path::new(&root), java).to_string(), recorded[field].to_string(), "{id}");
            }
        }
    }
    println!(
        "classcount: {} of {} vectors, each with jars in jars stored and compressed",
        vectors.len(),
        vectors.len()
    );
}

#[test]
fn the_program_counts_as_each_generation_does() {
    let directory = tempfile::tempdir().unwrap();
    let tree = json!({
        "app/A.class": {"text": ""}, "app/.hidden/B.class": {"text": ""}, "app/d.class/x": {"text": ""},
        "app/.h.jar": {"zip": ["C.class", "D.groovy", "e.clj"]}, "app/bad.jar": {"text": "bad"},
    });
    make(&tree, directory.path(), Nested::Stored);
    let app = directory.path().join("app");
    let app = app.to_str().unwrap();
    // A, hidden B, d.class, three in the jar.
    assert_eq!(count_by_program(&[app]).0, "6");
    // A, B, two in the jar: 1.4.
    assert_eq!(count_by_program(&[app, "--as", "v5", "--java-major", "8"]).0, "1");
    // A, d.class, two in the jar: 1.4.
    assert_eq!(count_by_program(&[app, "--as", "v4-ruby", "--java-major=8"]).0, "2");
    assert_eq!(count_by_program(&[app, "--as", "v4-ruby"]).0, "14777");
    let jar = directory.path().join("app/.h.jar");
    assert_eq!(count_by_program(&[jar.to_str().unwrap()]).0, "3");
}

#[test]
fn jars_are_counted_from_bytes_even_with_a_launch_script_in_front() {
    let jar = zip(&json!(["A.class", {"name": "lib/b.jar", "zip": ["B.class"]}, "lib/c.jar/"]), Nested::Stored);
    assert_eq!(count::jar_bytes(&jar), Ok(2));
    let executable = [b"#!/bin/sh\nexec java -jar \"$0\"\nexit\n", jar.as_slice()].concat();
    assert_eq!(count::jar_bytes(&executable), Ok(2));
    assert_eq!(count::jar_bytes(b""), Ok(0));
    assert_eq!(count::jar_bytes(b"not a zip"), Ok(0));
}

#[test]
fn damaged_jars_and_images_never_panic() {
    let jar = zip(&json!(["A.class", {"name": "lib/b.jar", "zip": ["B.class"]}]), Nested::Deflated);
    for end in 0..jar.len() {
        let _ = count::jar_bytes(&jar[..end]);
    }
    for at in 0..jar.len() {
        for bit in 0..8 {
            let mut damaged = jar.clone();
            damaged[at] ^= 1 << bit;
            let _ = count::jar_bytes(&damaged);
        }
    }
    let image: Vec<u8> = (0..200u8).collect();
    for end in 0..image.len() {
        let _ = count::jimage_bytes(&image[..end]);
    }
}

#[test]
fn run_time_images_of_jvms_at_hand_have_classes() {
    for home in crate::jvms::homes() {
        let image = home.join("lib/modules");
        if image.exists() {
            let classes = count::application(&home).unwrap();
            assert_eq!(count::jimage_bytes(&std::fs::read(&image).unwrap()).unwrap(), classes);
            println!("{}: {classes} classes", home.display());
            assert!(classes > 5_000);
        }
    }
}
