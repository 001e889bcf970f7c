//! What is typed after `stage`, and what decides the content of an image wherever one is asked about.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use memcalc::Calculator;

use super::super::output::Output;
use super::PrintArgs;
use crate::digest::Digest;
use crate::image::MediaTypes;
use crate::image::base::BaseChoice;
use crate::layer::Compression;

#[derive(Debug, Args)]
pub(in crate::cli) struct StageArgs {
    /// The application: a jar, a folder, a tar
    #[arg(value_name = "APP", required = true)]
    pub(in crate::cli) app: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) choice: ChoiceArgs,
    #[command(flatten)]
    pub(in crate::cli) cache: CacheArgs,
    /// Where the image goes, repeatable: oci:DIR[:TAG] or oci-archive:FILE[:TAG] [default: oci:<name>.oci]; or droplet:FILE
    /// for a Cloud Foundry droplet
    #[arg(short, long = "output", value_name = "OUTPUT", help_heading = "Image")]
    pub(in crate::cli) outputs: Vec<Output>,
    /// The folder of an offline Java buildpack whose files a droplet gets, instead of the cache's
    #[arg(long, value_name = "DIR", help_heading = "Dependencies")]
    pub(in crate::cli) buildpack: Option<PathBuf>,
    /// How layers are stored: gzip (every runtime reads it), zstd (smaller, quicker; OCI media types only), none
    #[arg(long, value_name = "KIND", default_value_t, help_heading = "Image")]
    pub(in crate::cli) compression: Compression,
    /// Media types of manifest, config and layers: oci or docker
    #[arg(long, value_name = "FAMILY", default_value = "oci", help_heading = "Image")]
    pub(in crate::cli) media_types: MediaTypes,
    /// The digest that the image must have: with another nothing is published
    #[arg(long, value_name = "sha256:HEX", help_heading = "Image")]
    pub(in crate::cli) expect_digest: Option<Digest>,
    /// A variable of the image, repeatable; who runs it may set another value
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable, help_heading = "Image")]
    pub(in crate::cli) env: Vec<(String, String)>,
    /// Arguments of the application, which a container's own replace
    #[arg(last = true, value_name = "ARGS", help_heading = "Image")]
    pub(in crate::cli) arguments: Vec<String>,
    /// Layers built at a time [default: processors]
    #[arg(long, value_name = "N", help_heading = "Run")]
    pub(in crate::cli) threads: Option<std::num::NonZeroUsize>,
    /// Read every byte of input and cache again, trust no stat record
    #[arg(long, help_heading = "Run")]
    pub(in crate::cli) paranoid: bool,
    #[command(flatten)]
    pub(in crate::cli) print: PrintArgs,
}

/// `NAME=VALUE`.
pub(in crate::cli) fn variable(text: &str) -> Result<(String, String), &'static str> {
    let plain = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
    };
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && plain(name) && !value.contains('\0') => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("NAME=VALUE is needed, where the name has letters, digits and `_`"),
    }
}

/// A class as `java` takes it.
fn class(text: &str) -> Result<String, &'static str> {
    let plain = |c: char| c.is_alphanumeric() || "._$".contains(c);
    if !text.is_empty() && !text.starts_with('.') && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err("the name of a class is needed, such as `com.example.Main`")
}

/// What decides the content of the image.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ChoiceArgs {
    /// The layers below: oci:DIR[:TAG], oci-archive:FILE[:TAG], rootfs:TAR, host (made from this machine's libraries), none
    #[arg(long, value_name = "BASE", help_heading = "Image")]
    pub(in crate::cli) base: Option<BaseChoice>,
    /// The JRE: auto (newest cached one that can run the application), a version (17, 17.*, 21.0.5) or ID@VERSION
    #[arg(long, value_name = "REQUEST", help_heading = "Dependencies")]
    pub(in crate::cli) jre: Option<String>,
    /// Refuse what is not pinned by a checksum: the host's JDK as JRE
    #[arg(long, help_heading = "Dependencies")]
    pub(in crate::cli) locked: bool,
    /// Fetch missing dependencies; without it the network is never touched
    #[arg(long, help_heading = "Dependencies")]
    pub(in crate::cli) fetch: bool,
    /// Add a component that would not be added by itself, repeatable: auto-reconfiguration
    #[arg(long, value_name = "COMPONENT", help_heading = "Dependencies")]
    pub(in crate::cli) with: Vec<String>,
    /// Leave a component out, repeatable: auto-reconfiguration, memory-calculator
    #[arg(long, value_name = "COMPONENT", help_heading = "Dependencies")]
    pub(in crate::cli) without: Vec<String>,
    /// How the JVM's memory is sized at launch: fit (by what the application needs), or as Paketo (libjvm) or Cloud Foundry's
    /// Java buildpack 3, 4, 5 (v2, v3, v4) does; off leaves it to the JVM [default: fit; for droplets, the buildpack's own]
    #[arg(long, value_name = "NAME", help_heading = "Dependencies")]
    pub(in crate::cli) memory_calculator: Option<Calculator>,
    /// What `stage measure` has seen of the application: a file, or none [default: APP.memory-profile, if it is there]
    #[arg(long, value_name = "FILE", help_heading = "Dependencies")]
    pub(in crate::cli) memory_profile: Option<PathBuf>,
    /// The class that starts the application, instead of its manifest's
    #[arg(long, value_name = "CLASS", value_parser = class, help_heading = "Image")]
    pub(in crate::cli) main_class: Option<String>,
    /// Where the image will run
    #[arg(long, value_name = "PLATFORM", default_value = "oci", help_heading = "Image")]
    pub(in crate::cli) platform: PlatformArg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PlatformArg {
    /// Any OCI runtime
    Oci,
    /// Cloud Foundry: adds auto-reconfiguration
    Cloudfoundry,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CacheArgs {
    /// Folder of cached dependencies and layers [default: the XDG cache folder]
    #[arg(long, value_name = "DIR", env = "STAGE_CACHE_DIR", help_heading = "Dependencies")]
    pub(in crate::cli) cache_dir: Option<PathBuf>,
    /// A catalogue of dependencies beside the built-in one, repeatable; later entries win
    #[arg(long, value_name = "FILE", help_heading = "Dependencies")]
    pub(in crate::cli) catalogue: Vec<PathBuf>,
}
