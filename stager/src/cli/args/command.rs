//! The commands.

use std::path::Path;

use buildpacks::shown::Shown;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};
use clap_complete::Shell;

use super::super::measure::MeasureArgs;
use super::super::memory::MemoryArgs;
use super::super::reply::Printing;
use super::super::schema::Schema;
use super::{DependencyCommand, DetectArgs, GlobalArgs, InspectArgs, PlanArgs, PrintArgs, StageArgs};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  stage app.jar                              an OCI layout in ./app.oci
  stage app.jar -o oci:out:v1 -o oci-archive:app.tar
  stage app.jar --base oci:base --jre '21.*' --compression zstd
  stage plan app.jar --explain               what would be done, and why
  stage measure app.jar --limit 1G           runs it once; memory is sized by what was seen
  stage dependency fetch openjdk@17          adds a JRE to the cache; nothing else uses the network

Exit codes: 0 done, 1 input or staging, 2 usage, 20 nothing built in takes it, 30 something is missing, 31 network,
40 disk or another resource, 41 corruption, 70 internal error.";

/// Turns an application into an OCI image: offline, reproducible to the byte, without Docker, daemon or root.
#[derive(Debug, Parser)]
#[command(name = "stage", version, after_help = EXAMPLES, styles = STYLES, args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true, max_term_width = 110)]
pub(in crate::cli) struct Cli {
    #[command(subcommand)]
    pub(in crate::cli) command: Option<Command>,
    #[command(flatten)]
    pub(in crate::cli) global: GlobalArgs,
    #[command(flatten)]
    pub(in crate::cli) stage: StageArgs,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Say what the application is, by which evidence, and which buildpack stages it
    Detect(DetectArgs),
    /// Say what staging would put into the image, without building it
    Plan(PlanArgs),
    /// Show how a container's memory would be divided, why, and what would have to change
    Memory(MemoryArgs),
    /// Run an application once, under load, and note what it needs: its memory is sized by that from then on
    Measure(MeasureArgs),
    /// Read an image back: digests, layers, processes, labels
    Inspect(InspectArgs),
    /// Manage the offline dependency cache
    #[command(subcommand)]
    Dependency(DependencyCommand),
    /// Cloud Foundry's builder: stage an application with buildpacks, as its platform asks
    ///
    /// Beside the original's flags, which -h lists: -scriptTimeout=DURATION (`STAGE_SCRIPT_TIMEOUT`) ends a buildpack's script
    /// that runs longer; -scriptDiskLimit=SIZE (`STAGE_SCRIPT_DISK_LIMIT`) ends one that fills its folders beyond the size;
    /// -isolate (`STAGE_ISOLATE=1`) runs scripts without network, with a /tmp of their own and a read-only buildpack.
    #[command(disable_help_flag = true)]
    Builder {
        /// The builder's own flags, such as -buildDir=DIR; -h lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<std::ffi::OsString>,
    },
    /// Cloud Foundry's launcher: start the application of a droplet
    #[command(disable_help_flag = true)]
    Launcher {
        /// The application's folder, its start command, and a text that is not used
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<std::ffi::OsString>,
    },
    /// Cloud Foundry's shell: open a shell in the container of an application
    #[command(disable_help_flag = true)]
    Shell {
        /// The application's folder, and a command
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<std::ffi::OsString>,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the JSON Schema of a document that --json prints; without a name, list them
    Schema {
        /// The document
        name: Option<Schema>,
    },
    /// Print the manual page, or that of a command
    Man {
        /// The command, such as plan or dependency add
        #[arg(value_name = "COMMAND")]
        of: Vec<String>,
    },
    /// Print the version
    Version,
}

/// Whether an image is named by its transport, not by a path.
fn names_image(named: &Path) -> bool {
    let text = named.to_str().unwrap_or_default();
    text.starts_with("oci:") || text.starts_with("oci-archive:")
}

impl Cli {
    /// Where what the command says goes.
    pub(in crate::cli) fn printing(&self) -> Printing {
        Printing::new(self.said(), self.print_args())
    }

    /// What the command says, for messages.
    fn said(&self) -> &'static str {
        match &self.command {
            None => "the report",
            Some(Command::Detect(_)) => "what was detected",
            Some(Command::Plan(_)) => "the plan",
            Some(Command::Memory(_)) => "the division of memory",
            Some(Command::Measure(_)) => "what was measured",
            Some(Command::Inspect(_)) => "what the image is",
            Some(Command::Dependency(_)) => "what the dependency cache holds",
            Some(Command::Completions { .. }) => "the completion script",
            Some(Command::Schema { .. }) => "the schema",
            Some(Command::Man { .. }) => "the manual page",
            Some(Command::Version) => "the version",
            Some(Command::Builder { .. } | Command::Launcher { .. } | Command::Shell { .. }) => "the result",
        }
    }

    fn print_args(&self) -> Option<&PrintArgs> {
        match &self.command {
            None => Some(&self.stage.print),
            Some(Command::Detect(args)) => Some(&args.print),
            Some(Command::Plan(args)) => Some(&args.print),
            Some(Command::Memory(args)) => Some(&args.print),
            Some(Command::Measure(args)) => Some(&args.print),
            Some(Command::Inspect(args)) => Some(&args.print),
            Some(Command::Dependency(command)) => Some(command.print_args()),
            Some(
                Command::Builder { .. }
                | Command::Launcher { .. }
                | Command::Shell { .. }
                | Command::Completions { .. }
                | Command::Schema { .. }
                | Command::Man { .. }
                | Command::Version,
            ) => None,
        }
    }

    /// The application, or the image's path, that has to be there.
    pub(in crate::cli) fn application(&self) -> Option<&Path> {
        match &self.command {
            None => self.stage.app.as_deref(),
            Some(Command::Detect(args)) => Some(&args.app),
            Some(Command::Plan(args)) => Some(&args.app),
            Some(Command::Memory(args)) if !names_image(&args.app) => Some(&args.app),
            Some(Command::Measure(args)) if !names_image(&args.measured) => Some(&args.measured),
            Some(Command::Inspect(args)) if !names_image(Path::new(&args.image)) => Some(Path::new(&args.image)),
            // All else knows by itself what it is given.
            Some(_) => None,
        }
    }

    /// What is done, for whoever waits.
    pub(in crate::cli) fn doing(&self) -> String {
        let verb = match &self.command {
            None => "staging",
            Some(Command::Detect(_) | Command::Plan(_) | Command::Memory(_) | Command::Inspect(_)) => "reading",
            Some(Command::Measure(_)) => "measuring",
            Some(Command::Dependency(_)) => "working in the dependency cache",
            Some(_) => "working",
        };
        self.input().map_or_else(|| verb.to_owned(), |input| format!("{verb} `{}`", Shown(&input)))
    }

    /// Whether people are to see that it works.
    pub(in crate::cli) fn shows_life(&self) -> bool {
        self.print_args().is_some_and(|print| !print.quiet)
    }

    /// The application, image or file that the command is given.
    pub(in crate::cli) fn input(&self) -> Option<String> {
        let path = |path: &Path| Some(path.display().to_string());
        match &self.command {
            None => self.stage.app.as_deref().and_then(path),
            Some(Command::Detect(args)) => path(&args.app),
            Some(Command::Plan(args)) => path(&args.app),
            Some(Command::Memory(args)) => path(&args.app),
            Some(Command::Measure(args)) => path(&args.measured),
            Some(Command::Inspect(args)) => Some(args.image.clone()),
            Some(Command::Dependency(command)) => command.input(),
            Some(
                Command::Builder { .. }
                | Command::Launcher { .. }
                | Command::Shell { .. }
                | Command::Completions { .. }
                | Command::Schema { .. }
                | Command::Man { .. }
                | Command::Version,
            ) => None,
        }
    }
}
