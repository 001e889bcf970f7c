//! `cargo bench -p memcalc`: one calculation as a process, and the originals' programs beside it.
//!
//! `cargo bench -p memcalc -- [--originals DIR] [--rounds N]`
//!
//! DIR holds the originals' programs, built elsewhere, under their names: `java-buildpack-memory-calculator-2...`, `-3...`,
//! `-4...` and libjvm's helper as `memory-calculator`; those missing are left out. Every round runs every program once, so
//! that a machine whose speed drifts slows all of them. That both print the same is checked first. `true` shows what a
//! process costs that does nothing.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints its table and its errors")]

use std::error::Error;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Set once file descriptor 3 is there.
const READY: &str = "MEMCALC_BENCH_READY";
const OURS: &str = env!("CARGO_BIN_EXE_memcalc");

struct Case {
    name: &'static str,
    /// Start of the original's file name; empty if there is none.
    original: &'static str,
    /// Our arguments before the shared ones.
    ours: &'static [&'static str],
    shared: &'static [&'static str],
}

const CASES: [Case; 5] = [
    Case {
        name: "v2",
        original: "java-buildpack-memory-calculator-2",
        ours: &["v2"],
        shared: &[
            "-totMemory=256M",
            "-stackThreads=300",
            "-memoryWeights=heap:65,metaspace:10,native:15,stack:10",
            "-memorySizes=metaspace:64m..,stack:228k..",
            "-memoryInitials=heap:100%,metaspace:100%",
        ],
    },
    Case {
        name: "v3",
        original: "java-buildpack-memory-calculator-3",
        ours: &["v3"],
        shared: &["-totMemory=1g", "-loadedClasses=29282", "-stackThreads=250", "-poolType=metaspace"],
    },
    Case {
        name: "v4",
        original: "java-buildpack-memory-calculator-4",
        ours: &["v4"],
        shared: &["--total-memory=1G", "--loaded-class-count=29282", "--thread-count=250"],
    },
    Case { name: "libjvm", original: "memory-calculator", ours: &["libjvm"], shared: &[] },
    Case { name: "libjvm --fit", original: "", ours: &["libjvm", "--fit"], shared: &[] },
];

fn main() -> ExitCode {
    match bench() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Result<(), Box<dyn Error>> {
    if std::env::var_os(READY).is_none() {
        return Err(with_descriptor_3().into());
    }
    let arguments: Vec<String> = std::env::args().collect();
    let option =
        |name: &str| Some(arguments.get(arguments.iter().position(|argument| argument == name)? + 1)?.as_str());
    let rounds = option("--rounds").map_or(Ok(1_000), str::parse)?;
    let originals = option("--originals").map(Path::new);

    let mut programs = vec![("true".to_owned(), None, Program { path: "true".into(), args: Vec::new() })];
    for case in &CASES {
        let ours = Program { path: OURS.into(), args: [case.ours, case.shared].concat() };
        let original = originals.map(|folder| find(folder, case.original)).transpose()?.flatten();
        let theirs = original.map(|path| Program { path, args: case.shared.to_vec() });
        let ours_at = programs.len();
        if let Some(theirs) = &theirs {
            same(&ours, theirs)?;
        }
        programs.push((format!("memcalc {}", case.name), None, ours));
        programs.extend(theirs.map(|theirs| (format!("{}, original", case.name), Some(ours_at), theirs)));
    }

    let mut times = vec![Vec::with_capacity(rounds); programs.len()];
    for _ in 0..rounds {
        for ((_, _, program), times) in programs.iter().zip(&mut times) {
            times.push(program.time()?);
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    println!("medians of {rounds} rounds\n\n| program | ms | ours takes |\n| --- | ---: | ---: |");
    for ((name, ours, _), theirs) in programs.iter().zip(&medians) {
        let ratio =
            ours.and_then(|at| medians.get(at)).map_or_else(String::new, |ours| format!("{:.2}", ours / theirs));
        println!("| {name} | {theirs:.2} | {ratio} |");
    }
    Ok(())
}

/// Starts this program again with file descriptor 3 open, where libjvm's helper writes to. Returns only if it fails.
fn with_descriptor_3() -> std::io::Error {
    let Ok(program) = std::env::current_exe() else { return std::io::Error::last_os_error() };
    Command::new("sh")
        .args(["-c", r#"exec "$0" "$@" 3>/dev/null"#])
        .arg(program)
        .args(std::env::args_os().skip(1))
        .env(READY, "1")
        .exec()
}

struct Program {
    path: PathBuf,
    args: Vec<&'static str>,
}

impl Program {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(&self.args).env_clear().env("BPL_JVM_LOADED_CLASS_COUNT", "29282").env("PATH", "/usr/bin:/bin");
        command
    }

    /// Milliseconds from start to end of the process.
    fn time(&self) -> Result<f64, Box<dyn Error>> {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let status = command.status()?;
        let time = started.elapsed().as_secs_f64() * 1e3;
        if status.success() { Ok(time) } else { Err(format!("{command:?}: {status}").into()) }
    }
}

/// Checks that both print the same switches; the original of v2 prints them in random order, and libjvm's heap depends on
/// the memory available just then.
fn same(ours: &Program, theirs: &Program) -> Result<(), Box<dyn Error>> {
    let heap_varies = theirs.args.is_empty();
    let switches = |program: &Program| -> Result<Vec<String>, std::io::Error> {
        let output = String::from_utf8_lossy(&program.command().output()?.stdout).into_owned();
        let words = output.split_whitespace().filter(|word| word.starts_with("-X"));
        let mut switches: Vec<_> =
            words.filter(|word| !heap_varies || !word.starts_with("-Xmx")).map(str::to_owned).collect();
        switches.sort();
        Ok(switches)
    };
    let (own, original) = (switches(ours)?, switches(theirs)?);
    if own == original && !own.is_empty() {
        return Ok(());
    }
    Err(format!("{} prints {original:?}, ours {own:?}", theirs.path.display()).into())
}

/// The file in a folder whose name begins so.
fn find(folder: &Path, start: &str) -> Result<Option<PathBuf>, std::io::Error> {
    if start.is_empty() {
        return Ok(None);
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(start) {
            return Ok(Some(entry.path()));
        }
    }
    Ok(None)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
