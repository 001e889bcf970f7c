//! The command line: arguments → settings → one thin file per subcommand; printing; exit codes.

mod args;
mod cloudfoundry;
mod dependency;
mod detect;
mod droplet;
mod environment;
mod exit;
mod inspect;
mod manual;
mod measure;
mod memory;
mod output;
mod plan;
mod printer;
mod settings;
mod stage;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use args::{Cli, Command};
use environment::Environment;
use exit::Exit;

/// Why a command failed, ready to be printed.
struct Failure {
    error: Box<dyn std::error::Error>,
    hint: Option<String>,
    exit: Exit,
}

impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { error: Box::new(error), hint: None, exit: Exit::Failed }
    }
}

/// Runs the program with the process's arguments and environment.
pub fn run() -> ExitCode {
    if let Some(code) = cloudfoundry::by_name() {
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output, mistakes to standard error; a closed pipe is no error.
            drop(error.print());
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return if asked { Exit::Done } else { Exit::Usage }.into();
        }
    };
    let environment = Environment::read();
    // A panic is a defect of ours and ends with a code of its own, so that no caller takes it for a bad input.
    let Ok(result) = std::panic::catch_unwind(|| dispatch(cli, &environment)) else { return Exit::Internal.into() };
    match result {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            printer::error(failure.error.as_ref(), failure.hint.as_deref());
            failure.exit.into()
        }
    }
}

fn dispatch(cli: Cli, environment: &Environment) -> Result<(), Failure> {
    match cli.command {
        None => stage::run(cli.stage, environment),
        Some(Command::Detect(args)) => detect::run(&args, environment),
        Some(Command::Plan(args)) => plan::run(args, environment),
        Some(Command::Measure(args)) => measure::run(&args, environment),
        Some(Command::Memory(args)) => memory::run(&args, environment),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Dependency(command)) => dependency::run(command, environment),
        Some(Command::Completions { shell }) => manual::completions(shell),
        // Taken by their names before anything is parsed.
        Some(Command::Builder { .. } | Command::Launcher { .. } | Command::Shell { .. }) => Ok(()),
        Some(Command::Man) => manual::page(),
    }
}
