//! How a command says what it has to say.

use std::path::PathBuf;

use clap::Args;

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct PrintArgs {
    /// JSON on standard output
    #[arg(long, help_heading = "Run")]
    pub(in crate::cli) json: bool,
    /// Write the JSON document, or the error, into a file as well
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub(in crate::cli) report: Option<PathBuf>,
    /// Nothing but errors
    #[arg(short, long, help_heading = "Run")]
    pub(in crate::cli) quiet: bool,
}
