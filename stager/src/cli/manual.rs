//! `stage completions SHELL`, `stage man`, `stage schema`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::Cli;
use super::problem::{Code, Problem};
use super::reply::DocumentError;
use super::schema;
use super::variables::with_variables;
use super::{Failure, Reply, Schema};

pub(super) fn completions(shell: Shell) -> Reply {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut with_variables(Cli::command()), "stage", &mut script);
    Reply::text(String::from_utf8_lossy(&script).into_owned())
}

/// A schema, or a list of all.
pub(super) fn schema(name: Option<Schema>) -> Result<Reply, Failure> {
    let Some(name) = name else { return Ok(Reply::text(schema::list())) };
    let text = serde_json::to_string_pretty(&name.json_schema()).map_err(DocumentError)?;
    Ok(Reply::text(text + "\n"))
}

/// The page cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("Could not make the manual page")]
struct PageError(#[source] std::io::Error);

impl Problem for PageError {
    fn code(&self) -> Code {
        Code::Defect
    }
}

/// A command that there is not.
#[derive(Debug, thiserror::Error)]
#[error("There is no command `stage {0}`")]
struct NoCommand(String);

impl Problem for NoCommand {
    fn code(&self) -> Code {
        Code::UsageValue
    }

    fn advice(&self) -> Option<String> {
        Some("`stage help` lists the commands".to_owned())
    }
}

/// The page of the program, or of the command named by these words.
pub(super) fn page(of: &[String]) -> Result<Reply, Failure> {
    let mut command = with_variables(Cli::command());
    command.build();
    for word in of {
        let found = command.find_subcommand(word).cloned();
        command = found.ok_or_else(|| NoCommand(of.join(" ")))?;
    }
    let name = ["stage"].into_iter().chain(of.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    let mut page = Vec::new();
    let source = concat!("stage ", env!("CARGO_PKG_VERSION"));
    let manual = clap_mangen::Man::new(command.display_name(name.clone())).title(name).source(source);
    manual.render(&mut page).map_err(PageError)?;
    Ok(Reply::text(String::from_utf8_lossy(&page).into_owned()))
}
