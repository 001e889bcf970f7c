//! The command line: arguments → settings → one thin file per subcommand; printing; exit codes.

mod args;
mod cloudfoundry;
mod dependency;
mod detect;
mod droplet;
mod environment;
mod exit;
mod failure;
mod inspect;
mod manual;
mod measure;
mod memory;
mod output;
mod plan;
mod printer;
mod problem;
mod reply;
mod schema;
mod settings;
mod stage;

use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use clap::error::ErrorKind;

use args::{Cli, Command};
use environment::Environment;
use exit::Exit;
use failure::Failure;
use problem::{Code, Problem};
use reply::{Printing, Reply};
use schema::Schema;

/// Runs the program with the process's arguments and environment.
pub fn run() -> ExitCode {
    // A file that grows over the limit of its size is an error like any other, not the end. Programs that are started
    // have the signal as they know it: a handler does not outlive `exec`.
    drop(signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default()));
    if let Some(code) = cloudfoundry::by_name() {
        return code;
    }
    let environment = Environment::read();
    let (printing, reply) = match Cli::try_parse() {
        Ok(cli) => answer(cli, &environment),
        Err(error) => {
            let arguments: Vec<_> = std::env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned()).collect();
            (Printing::guessed(&arguments, &environment), unparsed(&error))
        }
    };
    match printing.say(reply) {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            if !failure.is_printed {
                failure.print();
            }
            failure.code.exit().into()
        }
    }
}

/// Runs a command. A panic is a defect of ours and ends with a code of its own, so that no caller takes it for a bad input.
fn answer(cli: Cli, environment: &Environment) -> (Printing, Reply) {
    let (printing, input) = (cli.printing(), cli.input());
    let answered = std::panic::catch_unwind(|| dispatch(cli, environment));
    let reply = answered.unwrap_or_else(|_| Err(Defect.into())).unwrap_or_else(|failure| {
        let input = failure.input.clone().or(input);
        Reply::from(Failure { input, ..failure })
    });
    (printing, reply)
}

/// Help and version are answers; everything else that is not understood is a mistake, and printed as clap words it.
fn unparsed(error: &clap::Error) -> Reply {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Reply::text(error.render().to_string());
    }
    // Nothing can be done when standard error is gone.
    drop(error.print());
    Reply::from(Failure { is_printed: true, ..ArgumentsError::of(error).into() })
}

/// Arguments that are not understood.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct ArgumentsError(String);

impl ArgumentsError {
    /// The first line of what clap says, without its label.
    fn of(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let paragraph = text.split("\n\n").next().unwrap_or_default().trim();
        Self(paragraph.strip_prefix("error: ").unwrap_or(paragraph).to_owned())
    }
}

impl Problem for ArgumentsError {
    fn code(&self) -> Code {
        Code::UsageArguments
    }
}

/// The program panicked.
#[derive(Debug, thiserror::Error)]
#[error("This is a defect of `stage`: please report it with the message above")]
struct Defect;

impl Problem for Defect {
    fn code(&self) -> Code {
        Code::Defect
    }
}

/// Starts threads; how many layers may be worked on at a time.
fn threads(wanted: usize) -> Result<usize, Failure> {
    Ok(crate::parallel::start(wanted)?)
}

fn dispatch(cli: Cli, environment: &Environment) -> Result<Reply, Failure> {
    if matches!(&cli.command, Some(Command::Detect(_) | Command::Plan(_) | Command::Measure(_) | Command::Memory(_))) {
        threads(std::thread::available_parallelism().map_or(1, NonZero::get))?;
    }
    match cli.command {
        None => stage::run(cli.stage, environment),
        Some(Command::Detect(args)) => detect::run(&args, environment),
        Some(Command::Plan(args)) => plan::run(args, environment),
        Some(Command::Measure(args)) => measure::run(&args, environment),
        Some(Command::Memory(args)) => memory::run(&args, environment),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Dependency(command)) => dependency::run(command, environment),
        Some(Command::Completions { shell }) => Ok(manual::completions(shell)),
        // Taken by their names before anything is parsed.
        Some(Command::Builder { .. } | Command::Launcher { .. } | Command::Shell { .. }) => {
            Ok(Reply::text(String::new()))
        }
        Some(Command::Man) => manual::page(),
    }
}
