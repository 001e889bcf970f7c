//! `stage completions SHELL` and `stage man`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::Cli;
use super::problem::{Code, Problem};
use super::variables::with_variables;
use super::{Failure, Reply};

pub(super) fn completions(shell: Shell) -> Reply {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut with_variables(Cli::command()), "stage", &mut script);
    Reply::text(String::from_utf8_lossy(&script).into_owned())
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

pub(super) fn page() -> Result<Reply, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(with_variables(Cli::command())).render(&mut page).map_err(PageError)?;
    Ok(Reply::text(String::from_utf8_lossy(&page).into_owned()))
}
