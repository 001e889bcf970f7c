//! Every command of README.md and docs/ is run, in the order of its document and in one shell, in a folder with the things
//! that the document names; or says why it is not.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::blocks::{Block, Step, blocks};
use super::shown::agrees;
use super::things::Thing;
use crate::support::{Done, World, project};

/// What lies in the folder where a document's commands are run.
fn things(document: &str) -> &'static [Thing] {
    match document {
        "README.md" => &[
            Thing::ZipkinJar,
            Thing::Wheel("17.0.9"),
            Thing::Wheel("25.0.4"),
            Thing::Shop,
            Thing::AppJar,
            Thing::JavaBuildpack,
        ],
        "docs/cloud-foundry.md" => &[Thing::App, Thing::JavaBuildpack],
        "docs/dependencies.md" => &[Thing::AppJar],
        "docs/java-buildpack.md" => &[Thing::AppJar, Thing::JavaBuildpack],
        "docs/seed.md" => &[Thing::SeedJar, Thing::JavaBuildpackV3],
        "docs/base-images.md" => &[Thing::AppJar, Thing::BaseTar, Thing::Runtime],
        "docs/report.md" => &[Thing::AppJar, Thing::Runtime],
        _ => &[],
    }
}

/// README.md and everything below docs/, by name.
fn documents() -> Vec<(String, String)> {
    let read = |name: String| (name.clone(), fs::read_to_string(project().join(name)).unwrap());
    let names = fs::read_dir(project().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "md"));
    let mut names: Vec<_> =
        names.map(|name| format!("docs/{}", name.display())).chain(["README.md".to_owned()]).collect();
    names.sort();
    names.into_iter().map(read).collect()
}

/// What a command printed, and its exit code.
struct Ran {
    printed: String,
    code: String,
}

/// A shell script of all steps, each with its own output; what one step sets, the next has.
fn script(steps: &[&Step], logs: &Path) -> String {
    let log = |at: usize, kind: &str| logs.join(format!("{at}.{kind}")).display().to_string();
    let step = |(at, step): (usize, &&Step)| {
        format!("{{\n{}}} >{} 2>&1 </dev/null\necho $? >{}\n", step.command, log(at, "out"), log(at, "code"))
    };
    steps.iter().enumerate().map(step).collect()
}

/// Runs the steps of a document.
fn run(document: &str, steps: &[&Step]) -> Vec<Ran> {
    let (world, apart) = (World::empty(), tempfile::tempdir().unwrap());
    for thing in things(document) {
        thing.lay_out(&world);
    }
    let apart_path = |name: &str| -> PathBuf { apart.path().join(name) };
    fs::create_dir(apart_path("bin")).unwrap();
    symlink(world.program(), apart_path("bin/stage")).unwrap();
    fs::write(apart_path("script"), script(steps, apart.path())).unwrap();
    let mut shell = world.clean("timeout");
    shell.args(["-k", "10", "400", "bash"]).arg(apart_path("script"));
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", apart_path("bin").display());
    Done::of(shell.env("PATH", path).env("TMPDIR", world.path("")));
    let text = |at: usize, kind: &str| fs::read_to_string(apart_path(&format!("{at}.{kind}"))).unwrap_or_default();
    (0..steps.len()).map(|at| Ran { printed: text(at, "out"), code: text(at, "code").trim().to_owned() }).collect()
}

/// What a document shows and a run did not, a text for each step that differs; and the document with what was printed.
fn differences(document: &str, text: &str) -> (Vec<String>, String) {
    let blocks: Vec<Block> =
        blocks(text).into_iter().filter(|block| block.is_commands() && block.not_run.is_none()).collect();
    let steps: Vec<(&Block, Step)> =
        blocks.iter().flat_map(|block| block.steps().into_iter().map(move |step| (block, step))).collect();
    let ran = run(document, &steps.iter().map(|(_, step)| step).collect::<Vec<_>>());
    let (mut found, mut renewal) = (Vec::new(), text.to_owned());
    for ((block, Step { command, output }), Ran { printed, code }) in steps.iter().zip(ran) {
        let fails =
            output.as_ref().is_some_and(|output| output.lines().any(|line| line.to_lowercase().starts_with("error: ")));
        renewal = renewed(renewal, output.as_deref().unwrap_or_default(), &printed);
        let is_shown = output.as_ref().is_none_or(|output| agrees(output, &printed, &block.of_the_machine));
        if !is_shown || (code == "0") == fails {
            found.push(format!(
                "{document}:{}: exit code {code}\n$ {command}{printed}-- shown is\n{}",
                block.line,
                output.as_deref().unwrap_or_default()
            ));
        }
    }
    (found, renewal)
}

/// A document with lines as they were printed, where as many are shown; digests are renewed wherever they stand.
fn renewed(document: String, shown: &str, printed: &str) -> String {
    if shown.lines().count() != printed.lines().count() {
        return document;
    }
    let lines = shown.lines().zip(printed.lines());
    let differing = lines.filter(|(shown, printed)| !shown.contains("...") && !agrees(shown, printed, &[]));
    differing.fold(document, |document, (shown, printed)| {
        let words = shown.split_whitespace().zip(printed.split_whitespace());
        let digests = words.filter(|(shown, printed)| shown != printed && shown.starts_with("sha256:"));
        digests.fold(document.replace(shown, printed), |document, (shown, printed)| document.replace(shown, printed))
    })
}

#[test]
fn every_block_says_what_it_is_and_why_it_is_not_run() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (document, text) in documents() {
        for block in blocks(&text) {
            let place = format!("{document}:{}", block.line);
            match &*block.kind {
                "console" | "sh" => {
                    assert!(!block.steps().is_empty(), "{place} has no command");
                    *counts.entry(if block.not_run.is_none() { "run" } else { "not run" }).or_default() += 1;
                }
                "json" => drop(serde_json::from_str::<serde_json::Value>(&block.text).expect(&place)),
                "toml" => drop(block.text.parse::<toml::Table>().expect(&place)),
                "text" => assert!(!block.text.lines().any(|line| line.starts_with("$ ")), "{place} is a `console`"),
                other => panic!("{place}: `{other}` is none of console, sh, json, toml, text"),
            }
        }
    }
    assert!(counts["run"] > counts["not run"], "{counts:?}");
}

#[test]
fn what_the_documents_show_is_what_happens() {
    let all = documents();
    let (found, renewals): (Vec<_>, Vec<_>) = std::thread::scope(|scope| {
        let running: Vec<_> = all.iter().map(|(name, text)| scope.spawn(|| differences(name, text))).collect();
        running.into_iter().map(|running| running.join().unwrap()).unzip()
    });
    if std::env::var_os("STAGE_RENEW_DOCUMENTS").is_some() {
        for ((name, text), renewal) in all.iter().zip(&renewals).filter(|((_, text), renewal)| text != *renewal) {
            assert!(!renewal.is_empty() && renewal.lines().count() == text.lines().count(), "{name}");
            fs::write(project().join(name), renewal).unwrap();
        }
    }
    let found = found.concat();
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}
