//! `builder`, `launcher`, `shell`: the programs of Cloud Foundry's lifecycle, by subcommand or by the program's name.
//! Their arguments are theirs alone: nothing of them is parsed here. The builder's helpers, which only it starts, are told
//! by their names too.

use std::ffi::{OsStr, OsString};
use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;

use crate::cloudfoundry::{self, Helper, Surroundings};

/// One of the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    Builder,
    Launcher,
    Shell,
}

impl Program {
    fn named(name: &OsStr) -> Option<Self> {
        match name.to_str()? {
            "builder" => Some(Self::Builder),
            "launcher" => Some(Self::Launcher),
            "shell" => Some(Self::Shell),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Builder => "builder",
            Self::Launcher => "launcher",
            Self::Shell => "shell",
        }
    }
}

/// Runs one of the programs when the process was started by its name, or with its name as the first argument.
pub(super) fn by_name() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    let own = arguments.next().unwrap_or_default();
    let name = Path::new(&own).file_name();
    if let Some(helper) = name.and_then(Helper::named) {
        return Some(ExitCode::from(helper.run(arguments)));
    }
    if let Some(program) = name.and_then(Program::named) {
        return Some(run(program, own, &arguments.collect::<Vec<_>>()));
    }
    let program = Program::named(&arguments.next()?)?;
    // Messages and scripts see the name the program would have beside this one.
    let name = Path::new(&own).with_file_name(program.name()).into_os_string();
    Some(run(program, name, &arguments.collect::<Vec<_>>()))
}

fn run(program: Program, name: OsString, arguments: &[OsString]) -> ExitCode {
    let surroundings = Surroundings {
        program: name,
        variables: std::env::vars_os().collect(),
        current_dir: std::env::current_dir().unwrap_or_default(),
    };
    if program == Program::Builder
        && let Err(failure) = super::threads(std::thread::available_parallelism().map_or(1, NonZero::get))
    {
        failure.print();
        // Of the contract's codes the one for everything else.
        return ExitCode::FAILURE;
    }
    let ran = std::panic::catch_unwind(|| match program {
        Program::Builder => cloudfoundry::build(arguments, surroundings),
        Program::Launcher => cloudfoundry::launch(arguments, surroundings),
        Program::Shell => cloudfoundry::open_shell(arguments, surroundings),
    });
    match ran {
        Ok(code) => ExitCode::from(code),
        Err(_) => super::exit::Exit::Internal.into(),
    }
}
