//! `stage completions SHELL` and `stage man`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::Cli;
use super::{Failure, printer};

pub(super) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "stage", &mut script);
    Ok(printer::data(&String::from_utf8_lossy(&script))?)
}

pub(super) fn page() -> Result<(), Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    Ok(printer::data(&String::from_utf8_lossy(&page))?)
}
