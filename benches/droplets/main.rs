//! `cargo bench --bench droplets`: droplets of the real Zipkin jar by stage beside those of Cloud Foundry's own builder with
//! the Java buildpack, whole stagings in turn.
//!
//! The originals are a folder of programs built elsewhere, laid out as `tests/side-by-side --help` says; they and the
//! offline package of the buildpack are not part of this project. Without it stage is measured alone, with the JRE that
//! `./check` fetches. Nothing is asserted.
//!
//! `cargo bench -p stager --bench droplets -- [--rounds N] [ORIGINALS]`, or `STAGE_ORIGINALS=ORIGINALS`

#![expect(clippy::disallowed_methods, reason = "a bench opens files of its own")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints its table and its progress")]

mod cost;
mod fixtures;
#[path = "../measure/mod.rs"]
mod measure;
mod stagings;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut rounds, mut originals) = (5, std::env::var_os("STAGE_ORIGINALS").map(PathBuf::from));
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(rounds),
            // What cargo itself passes.
            "--bench" => {}
            _ => originals = Some(PathBuf::from(argument)),
        }
    }
    let measured = fixtures::Fixtures::prepare(originals).and_then(|fixtures| {
        if fixtures.originals.is_none() {
            eprintln!("no folder of originals: stage is measured alone");
        }
        Ok((stagings::run(&fixtures, rounds)?, measure::ground::machine()?))
    });
    match measured {
        Ok((results, machine)) => {
            print!("{}", table::render(&results, &machine));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
