//! What is typed after the subcommands that only look.

use std::path::PathBuf;

use clap::Args;

use super::{CacheArgs, ChoiceArgs, PrintArgs};

#[derive(Debug, Args)]
pub(in crate::cli) struct DetectArgs {
    /// The application: a jar, a folder, a tar
    pub(in crate::cli) app: PathBuf,
    /// Look whether the buildpacks that take it are installed below DIR, as the builder's -buildpacksDir has them
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) buildpacks_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) print: PrintArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PlanArgs {
    /// The application: a jar, a folder, a tar
    pub(in crate::cli) app: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) choice: ChoiceArgs,
    #[command(flatten)]
    pub(in crate::cli) cache: CacheArgs,
    /// Show where each value came from
    #[arg(long)]
    pub(in crate::cli) explain: bool,
    #[command(flatten)]
    pub(in crate::cli) print: PrintArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct InspectArgs {
    /// The image: oci:DIR[:TAG], oci-archive:FILE[:TAG], or just the path
    pub(in crate::cli) image: String,
    #[command(flatten)]
    pub(in crate::cli) print: PrintArgs,
}
