//! `cargo bench --bench peers`: stage beside its peers on the real Zipkin jar, whole commands in turn, and the ratios.
//!
//! Every round runs every command once, so that a machine whose speed drifts slows all of them; medians and the medians
//! of the ratios pair by pair are printed. Nothing is asserted. `./check` has fetched the jar and the JRE; Jib's core
//! comes through Maven.
//!
//! `cargo bench -p stager --bench peers -- [--rounds N] [--without-jib]`

#![expect(clippy::disallowed_methods, reason = "a bench opens files of its own")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints its table and its progress")]

mod cases;
mod fixtures;
mod jar;
#[path = "../measure/mod.rs"]
mod measure;
mod table;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rounds = arguments
        .iter()
        .position(|argument| argument == "--rounds")
        .and_then(|at| arguments.get(at + 1)?.parse().ok())
        .unwrap_or(7);
    let with_jib = !arguments.iter().any(|argument| argument == "--without-jib");
    match fixtures::Fixtures::prepare(with_jib).and_then(|fixtures| cases::run(&fixtures, rounds)) {
        Ok(results) => {
            print!("{}", table::render(&results));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
