//! What is typed after `stage dependency`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CacheArgs, PrintArgs};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DependencyCommand {
    /// What the cache holds, or with --all what the catalogue knows
    List {
        /// Everything in the catalogue, cached or not
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        cache: CacheArgs,
        #[command(flatten)]
        print: PrintArgs,
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
        #[command(flatten)]
        print: PrintArgs,
    },
    /// Add every file of a folder, or of another cache, whose checksum the catalogue knows; or all that an offline package of
    /// Cloud Foundry's Java buildpack brings, a folder or a zip of any generation
    Import {
        /// The folder or file
        path: PathBuf,
        #[command(flatten)]
        cache: CacheArgs,
        #[command(flatten)]
        print: PrintArgs,
    },
    /// Take dependencies out of the cache; layers that were made of them stay
    Remove {
        /// ID for all of its versions, ID@VERSION where the version may be a pattern such as 17.*, or the SHA-256 of an archive
        #[arg(required = true, value_name = "ID[@VERSION]|SHA256")]
        names: Vec<String>,
        #[command(flatten)]
        cache: CacheArgs,
        #[command(flatten)]
        print: PrintArgs,
    },
    /// Hash every cached dependency again; what does not match is quarantined
    Verify {
        #[command(flatten)]
        cache: CacheArgs,
        #[command(flatten)]
        print: PrintArgs,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AddArgs {
    /// The file
    pub(in crate::cli) file: PathBuf,
    /// Its id, such as openjdk; not needed when the catalogue knows its checksum
    #[arg(long)]
    pub(in crate::cli) id: Option<String>,
    /// Its version
    #[arg(long)]
    pub(in crate::cli) version: Option<String>,
    /// The SHA-256 it must have
    #[arg(long, value_name = "HEX")]
    pub(in crate::cli) sha256: Option<String>,
    /// Its licence, an SPDX expression
    #[arg(long)]
    pub(in crate::cli) licence: Option<String>,
    /// The folder inside the archive that holds the dependency
    #[arg(long)]
    pub(in crate::cli) prefix: Option<String>,
    /// Leading folders to drop from every path in the archive
    #[arg(long, value_name = "N")]
    pub(in crate::cli) strip: Option<u32>,
    /// What it is: jre or other
    #[arg(long)]
    pub(in crate::cli) kind: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) cache: CacheArgs,
    #[command(flatten)]
    pub(in crate::cli) print: PrintArgs,
}

impl DependencyCommand {
    pub(super) fn print_args(&self) -> &PrintArgs {
        match self {
            Self::List { print, .. }
            | Self::Fetch { print, .. }
            | Self::Import { print, .. }
            | Self::Remove { print, .. }
            | Self::Verify { print, .. } => print,
            Self::Add(args) => &args.print,
        }
    }

    /// The file or the ids that the command is given.
    pub(super) fn input(&self) -> Option<String> {
        match self {
            Self::List { .. } | Self::Verify { .. } => None,
            Self::Fetch { ids, .. } => Some(ids.join(" ")),
            Self::Remove { names, .. } => Some(names.join(" ")),
            Self::Import { path, .. } => Some(path.display().to_string()),
            Self::Add(args) => Some(args.file.display().to_string()),
        }
    }
}
