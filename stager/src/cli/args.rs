//! What is typed.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use memcalc::Calculator;

use super::output::Output;
use crate::image::MediaTypes;
use crate::image::base::BaseChoice;
use crate::layer::Compression;

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

Exit codes: 0 done, 1 input or staging error, 2 usage, 20 nothing built in takes it, 70 internal error.";

/// Turns an application into an OCI image: offline, reproducible to the byte, without Docker, daemon or root.
#[derive(Debug, Parser)]
#[command(name = "stage", version, after_help = EXAMPLES, styles = STYLES, args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true, disable_help_subcommand = true, max_term_width = 110)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) stage: StageArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say what the application is, by which evidence, and which buildpack stages it
    Detect(DetectArgs),
    /// Say what staging would put into the image, without building it
    Plan(PlanArgs),
    /// Show how a container's memory would be divided, why, and what would have to change
    Memory(super::memory::MemoryArgs),
    /// Run an application once, under load, and note what it needs: its memory is sized by that from then on
    Measure(super::measure::MeasureArgs),
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
    /// Print the manual page
    Man,
}

#[derive(Debug, Args)]
pub(super) struct StageArgs {
    /// The application: a jar, a folder, a tar
    #[arg(value_name = "APP", required = true)]
    pub(super) app: Option<PathBuf>,
    #[command(flatten)]
    pub(super) choice: ChoiceArgs,
    #[command(flatten)]
    pub(super) cache: CacheArgs,
    /// Where the image goes, repeatable: oci:DIR[:TAG] or oci-archive:FILE[:TAG] [default: oci:<name>.oci]; or droplet:FILE
    /// for a Cloud Foundry droplet
    #[arg(short, long = "output", value_name = "OUTPUT", help_heading = "Image")]
    pub(super) outputs: Vec<Output>,
    /// The folder of an offline Java buildpack whose files a droplet gets, instead of the cache's
    #[arg(long, value_name = "DIR", help_heading = "Dependencies")]
    pub(super) buildpack: Option<PathBuf>,
    /// How layers are stored: gzip (every runtime reads it), zstd (smaller, quicker; OCI media types only), none
    #[arg(long, value_name = "KIND", default_value_t, help_heading = "Image")]
    pub(super) compression: Compression,
    /// Media types of manifest, config and layers: oci or docker
    #[arg(long, value_name = "FAMILY", default_value = "oci", help_heading = "Image")]
    pub(super) media_types: MediaTypes,
    /// Layers built at a time [default: processors]
    #[arg(long, value_name = "N", help_heading = "Run")]
    pub(super) threads: Option<std::num::NonZeroUsize>,
    /// Read every byte of input and cache again, trust no stat record
    #[arg(long, help_heading = "Run")]
    pub(super) paranoid: bool,
    #[command(flatten)]
    pub(super) print: PrintArgs,
}

/// What decides the content of the image.
#[derive(Clone, Debug, Args)]
pub(super) struct ChoiceArgs {
    /// The layers below: oci:DIR[:TAG], oci-archive:FILE[:TAG], rootfs:TAR, host (made from this machine's libraries), none
    #[arg(long, value_name = "BASE", help_heading = "Image")]
    pub(super) base: Option<BaseChoice>,
    /// The JRE: auto (newest cached one that can run the application), a version (17, 17.*, 21.0.5) or ID@VERSION
    #[arg(long, value_name = "REQUEST", help_heading = "Dependencies")]
    pub(super) jre: Option<String>,
    /// Refuse what is not pinned by a checksum: the host's JDK as JRE
    #[arg(long, help_heading = "Dependencies")]
    pub(super) locked: bool,
    /// Fetch missing dependencies; without it the network is never touched
    #[arg(long, help_heading = "Dependencies")]
    pub(super) fetch: bool,
    /// Add a component that would not be added by itself, repeatable: auto-reconfiguration
    #[arg(long, value_name = "COMPONENT", help_heading = "Dependencies")]
    pub(super) with: Vec<String>,
    /// Leave a component out, repeatable: auto-reconfiguration, memory-calculator
    #[arg(long, value_name = "COMPONENT", help_heading = "Dependencies")]
    pub(super) without: Vec<String>,
    /// How the JVM's memory is sized at launch: fit (by what the application needs), or as Paketo (libjvm) or Cloud Foundry's
    /// Java buildpack 3, 4, 5 (v2, v3, v4) does; off leaves it to the JVM [default: fit; for droplets, the buildpack's own]
    #[arg(long, value_name = "NAME", help_heading = "Dependencies")]
    pub(super) memory_calculator: Option<Calculator>,
    /// What `stage measure` has seen of the application: a file, or none [default: APP.memory-profile, if it is there]
    #[arg(long, value_name = "FILE", help_heading = "Dependencies")]
    pub(super) memory_profile: Option<PathBuf>,
    /// Where the image will run
    #[arg(long, value_name = "PLATFORM", default_value = "oci", help_heading = "Image")]
    pub(super) platform: PlatformArg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PlatformArg {
    /// Any OCI runtime
    Oci,
    /// Cloud Foundry: adds auto-reconfiguration
    Cloudfoundry,
}

#[derive(Debug, Args)]
pub(super) struct CacheArgs {
    /// Folder of cached dependencies and layers [default: the XDG cache folder]
    #[arg(long, value_name = "DIR", env = "STAGE_CACHE_DIR", help_heading = "Dependencies")]
    pub(super) cache_dir: Option<PathBuf>,
    /// A catalogue of dependencies beside the built-in one, repeatable; later entries win
    #[arg(long, value_name = "FILE", help_heading = "Dependencies")]
    pub(super) catalogue: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct PrintArgs {
    /// JSON on standard output
    #[arg(long, help_heading = "Run")]
    pub(super) json: bool,
    /// Nothing but errors
    #[arg(short, long, help_heading = "Run")]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
pub(super) struct DetectArgs {
    /// The application: a jar, a folder, a tar
    pub(super) app: PathBuf,
    /// Look whether the buildpacks that take it are installed below DIR, as the builder's -buildpacksDir has them
    #[arg(long, value_name = "DIR")]
    pub(super) buildpacks_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(super) print: PrintArgs,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// The application: a jar, a folder, a tar
    pub(super) app: PathBuf,
    #[command(flatten)]
    pub(super) choice: ChoiceArgs,
    #[command(flatten)]
    pub(super) cache: CacheArgs,
    /// Show where each value came from
    #[arg(long)]
    pub(super) explain: bool,
    #[command(flatten)]
    pub(super) print: PrintArgs,
}

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// The image: oci:DIR[:TAG], oci-archive:FILE[:TAG], or just the path
    pub(super) image: String,
    /// JSON on standard output
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum DependencyCommand {
    /// What the cache holds, or with --all what the catalogue knows
    List {
        /// Everything in the catalogue, cached or not
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        cache: CacheArgs,
        /// JSON on standard output
        #[arg(long)]
        json: bool,
    },
    /// Add a file to the cache
    Add(AddArgs),
    /// Fetch dependencies of the catalogue into the cache; beside --fetch the only thing that touches the network
    Fetch {
        /// ID, or ID@VERSION where the version may be a pattern such as 17.*
        #[arg(required = true, value_name = "ID[@VERSION]")]
        ids: Vec<String>,
        #[command(flatten)]
        cache: CacheArgs,
        /// JSON on standard output
        #[arg(long)]
        json: bool,
    },
    /// Add every file of a folder, or of another cache, whose checksum the catalogue knows; or all that an offline package of
    /// Cloud Foundry's Java buildpack brings, a folder or a zip of any generation
    Import {
        /// The folder or file
        path: PathBuf,
        #[command(flatten)]
        cache: CacheArgs,
        /// JSON on standard output
        #[arg(long)]
        json: bool,
    },
    /// Hash every cached dependency again; what does not match is quarantined
    Verify {
        #[command(flatten)]
        cache: CacheArgs,
        /// JSON on standard output
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// The file
    pub(super) file: PathBuf,
    /// Its id, such as openjdk; not needed when the catalogue knows its checksum
    #[arg(long)]
    pub(super) id: Option<String>,
    /// Its version
    #[arg(long)]
    pub(super) version: Option<String>,
    /// The SHA-256 it must have
    #[arg(long, value_name = "HEX")]
    pub(super) sha256: Option<String>,
    /// Its licence, an SPDX expression
    #[arg(long)]
    pub(super) licence: Option<String>,
    /// The folder inside the archive that holds the dependency
    #[arg(long)]
    pub(super) prefix: Option<String>,
    /// Leading folders to drop from every path in the archive
    #[arg(long, value_name = "N")]
    pub(super) strip: Option<u32>,
    /// What it is: jre or other
    #[arg(long)]
    pub(super) kind: Option<String>,
    #[command(flatten)]
    pub(super) cache: CacheArgs,
    /// JSON on standard output
    #[arg(long)]
    pub(super) json: bool,
}
