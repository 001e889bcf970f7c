//! The command line: arguments → settings → one thin file per subcommand; printing; exit codes.

mod args;
mod cloudfoundry;
mod color;
mod dependency;
mod detect;
mod droplet;
mod environment;
mod exit;
mod failure;
mod inspect;
mod limit_explained;
mod manual;
mod measure;
mod memory;
mod missing;
mod output;
mod plan;
mod printer;
mod problem;
mod reply;
mod schema;
mod settings;
mod stage;
mod variables;
mod verbose;

use std::ffi::OsString;
use std::io::{IsTerminal as _, stderr, stdout};
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _};

use args::{Cli, Command};
use color::Color;
use environment::Environment;
use exit::Exit;
use failure::Failure;
use problem::{Code, Problem};
use reply::{Printing, Reply};
use schema::Schema;

use buildpacks::activity;
use buildpacks::shown::line;

use crate::report::Busy;

/// Runs the program with the process's arguments and environment.
pub fn run() -> ExitCode {
    // A file that grows over the limit of its size is an error like any other, not the end. Programs that are started
    // have the signal as they know it: a handler does not outlive `exec`.
    drop(signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default()));
    if let Some(code) = cloudfoundry::by_name() {
        return code;
    }
    let environment = Environment::read();
    let typed: Vec<OsString> = std::env::args_os().collect();
    let color = Color::of(args::color_asked(&typed, environment.get("STAGE_COLOR")), &environment);
    color.decide();
    let command = variables::with_variables(Cli::command()).color(color.choice());
    let arguments = args::behind_the_command(typed);
    let parsed = command.try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    let (printing, reply) = match parsed {
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
    let (mut printing, input) = (cli.printing(), cli.input());
    let refused = printing.refuse_report(|report| match &cli.command {
        None => stage::refuse_report(report, &cli.stage, environment),
        Some(_) => Ok(()),
    });
    let answered = match refused {
        Ok(()) => std::panic::catch_unwind(|| dispatch(cli, environment)),
        Err(refused) => Ok(Err(refused)),
    };
    let reply = answered.unwrap_or_else(|_| Err(Defect.into())).unwrap_or_else(|failure| {
        let input = failure.input.clone().or(input);
        Reply::from(variables::named_in(Failure { input, ..failure }, environment))
    });
    (printing, reply)
}

/// Help and version are answers; everything else that is not understood is a mistake, and printed as clap words it.
fn unparsed(error: &clap::Error) -> Reply {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let text = error.render();
        let is_coloured = Color::on(stdout().is_terminal());
        return Reply::text(if is_coloured { text.ansi().to_string() } else { text.to_string() });
    }
    let mistake = ArgumentsError::of(error);
    let is_ours = mistake.hint.is_some();
    if !is_ours {
        let text = error.render();
        let plain = text.to_string();
        let readable: Vec<String> = plain.lines().map(line).collect();
        let is_coloured = Color::on(stderr().is_terminal()) && plain.lines().eq(&readable);
        printer::note(if is_coloured { text.ansi().to_string() } else { readable.join("\n") }.trim_end());
    }
    Reply::from(Failure { is_printed: !is_ours, ..mistake.into() })
}

/// Arguments that are not understood.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct ArgumentsError {
    message: String,
    hint: Option<String>,
}

impl ArgumentsError {
    /// The first line of what clap says, without its label.
    fn of(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let paragraph = text.split("\n\n").next().unwrap_or_default().trim();
        if let Some((variable, argument)) = variables::blamed(error) {
            let message = paragraph.strip_prefix("error: ").unwrap_or(paragraph);
            let message = message.replace(&format!("'{argument}'"), &format!("`{variable}`"));
            let hint = format!("The variable `{variable}` stands for `{argument}`: give it a right value, or unset it");
            return Self { message, hint: Some(hint) };
        }
        match one_too_many(error) {
            Some((message, hint)) => Self { message, hint: Some(hint) },
            None => Self { message: paragraph.strip_prefix("error: ").unwrap_or(paragraph).to_owned(), hint: None },
        }
    }
}

impl Problem for ArgumentsError {
    fn code(&self) -> Code {
        Code::UsageArguments
    }

    fn advice(&self) -> Option<String> {
        self.hint.clone()
    }
}

/// A second application, or a word before it that is no command: what is wrong, and what to do.
fn one_too_many(error: &clap::Error) -> Option<(String, String)> {
    let extra = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand].into_iter().find_map(|kind| error.get(kind));
    let Some(ContextValue::String(extra)) = extra else { return None };
    let first = std::env::args_os().nth(1)?.into_string().ok()?;
    if error.kind() == ErrorKind::InvalidSubcommand || extra.starts_with('-') || first.starts_with('-') {
        return None;
    }
    let message = format!("`{extra}` is one argument too many");
    match missing::near_command(&first) {
        Some(command) if command != first => Some((message, format!("Did you mean the command `stage {command}`?"))),
        Some(_) => None,
        None => Some((
            message,
            format!(
                "One application is staged at a time: run `stage {first}` and `stage {extra}`\nIf one needs the other, put \
                 both into a folder and stage that; arguments of the application go behind `--`"
            ),
        )),
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
    if let Some(application) = cli.application() {
        missing::refuse(application)?;
    }
    if matches!(&cli.command, Some(Command::Detect(_) | Command::Plan(_) | Command::Measure(_) | Command::Memory(_))) {
        threads(std::thread::available_parallelism().map_or(1, NonZero::get))?;
    }
    if cli.global.verbose {
        verbose::start();
    }
    // Lines of what happens and something that is drawn again and again do not go together.
    let draws = stderr().is_terminal() && !cli.global.verbose;
    let _busy = cli.shows_life().then(|| Busy::show(draws, |line| printer::note(line)));
    let is_drawn_otherwise = draws && cli.command.is_none();
    let _doing = (!is_drawn_otherwise).then(|| activity::begin_short(cli.doing(), None));
    match cli.command {
        None => stage::run(cli.stage, draws, environment),
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
        Some(Command::Man { of }) => manual::page(&of),
        Some(Command::Schema { name }) => manual::schema(name),
        Some(Command::Version) => Ok(Reply::text(format!("stage {}\n", env!("CARGO_PKG_VERSION")))),
    }
}
