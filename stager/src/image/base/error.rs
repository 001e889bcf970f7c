//! Why a base cannot be used.

use std::fmt;
use std::io;
use std::path::PathBuf;

use buildpacks::application::{ContentError, PathError};
use buildpacks::shown::{Listed, Shown};

use super::Platform;
use crate::digest::{DiffId, Digest, DigestError};

/// What a blob is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobRole {
    /// `index.json` of a layout.
    TopIndex,
    /// An index inside a layout.
    Index,
    /// An image manifest.
    Manifest,
    /// An image's config.
    Config,
    /// A layer.
    Layer,
}

/// Why a base cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// A file or directory could not be read.
    #[error("Could not read `{}`", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The content of an entry could not be read.
    #[error("Could not read `{name}`")]
    Content {
        /// Which entry.
        name: String,
        /// Why.
        source: ContentError,
    },

    /// It is an application.
    #[error("`{}` is an application, not an image", path.display())]
    Application {
        /// Which one.
        path: PathBuf,
    },
    /// It is an image of another form.
    #[error("`{}` is an image that `{right}:{}` names", path.display(), path.display())]
    Transport {
        /// Which one.
        path: PathBuf,
        /// The word before the colon.
        right: &'static str,
    },
    /// The directory or archive is not an OCI image layout.
    #[error("`{}` is not an OCI image layout: it has no `{missing}`", path.display())]
    NotALayout {
        /// Which one.
        path: PathBuf,
        /// The member it lacks.
        missing: &'static str,
    },
    /// The layout follows another version of the specification.
    #[error("`{}` is an OCI image layout of version `{}`, only 1.x is known", path.display(), Shown(version))]
    LayoutVersion {
        /// Which one.
        path: PathBuf,
        /// What it claims.
        version: String,
    },
    /// A JSON document is broken or not what its place demands.
    #[error("Could not understand the {role} in `{}`", path.display())]
    Json {
        /// What it should be.
        role: BlobRole,
        /// The layout.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A JSON document holds the members of an index and of a manifest at once.
    #[error("The {role} in `{}` is manifest and index at once", path.display())]
    Confused {
        /// What it should be.
        role: BlobRole,
        /// The layout.
        path: PathBuf,
    },
    /// A JSON document is larger than any real one.
    #[error("The {role} in `{}` has {size} bytes, more than the {limit} allowed", path.display())]
    TooLarge {
        /// What it should be.
        role: BlobRole,
        /// The layout.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A digest is not one; also how digests that would leave the layout are refused.
    #[error("The {role} in `{}` is named by a wrong digest", path.display())]
    Digest {
        /// What the digest should name.
        role: BlobRole,
        /// The layout.
        path: PathBuf,
        /// Why.
        source: DigestError,
    },
    /// A blob is not there.
    #[error("The {role} `{digest}` is missing in `{}`", path.display())]
    MissingBlob {
        /// What it is for.
        role: BlobRole,
        /// Which one.
        digest: Digest,
        /// The layout.
        path: PathBuf,
    },
    /// A blob is longer or shorter than its descriptor says.
    #[error("The {role} `{digest}` in `{}` has {found} bytes, its descriptor says {claimed}", path.display())]
    BlobSize {
        /// What it is for.
        role: BlobRole,
        /// Which one.
        digest: Digest,
        /// The layout.
        path: PathBuf,
        /// What the descriptor says, bytes.
        claimed: u64,
        /// What there is, bytes.
        found: u64,
    },
    /// A blob's bytes do not match its name.
    #[error("The {role} `{digest}` in `{}` is damaged: its bytes give `{found}`", path.display())]
    WrongDigest {
        /// What it is for.
        role: BlobRole,
        /// Which one.
        digest: Digest,
        /// The layout.
        path: PathBuf,
        /// What the bytes give.
        found: Digest,
    },
    /// No image of the layout has the wanted name.
    #[error("No image is tagged `{tag}` in `{}`; it has {}", path.display(), listed(known))]
    NoTag {
        /// The wanted name.
        tag: String,
        /// The layout.
        path: PathBuf,
        /// The names it has.
        known: Vec<String>,
    },
    /// The layout has several images and none was chosen.
    #[error("`{}` has several images, choose one by its tag: {}", path.display(), listed(known))]
    Ambiguous {
        /// The layout.
        path: PathBuf,
        /// The names it has.
        known: Vec<String>,
    },
    /// The layout has no image at all.
    #[error("`{}` has no image", path.display())]
    NoImage {
        /// The layout.
        path: PathBuf,
    },
    /// No image is for the wanted platform.
    #[error("No image in `{}` is for {wanted}; it has {}", path.display(), listed(known))]
    NoPlatform {
        /// The layout.
        path: PathBuf,
        /// What was wanted.
        wanted: Platform,
        /// What it has.
        known: Vec<String>,
    },
    /// A media type nobody here understands.
    #[error("The {role} in `{}` has the media type `{}`, which is not that of an image", path.display(), Shown(media_type))]
    MediaType {
        /// What it should be.
        role: BlobRole,
        /// The layout.
        path: PathBuf,
        /// What its descriptor says.
        media_type: String,
    },
    /// Manifest and config do not agree about the layers.
    #[error("The image in `{}` has {layers} layers in its manifest and {diff_ids} in its config", path.display())]
    LayerCount {
        /// The layout.
        path: PathBuf,
        /// Layers of the manifest.
        layers: usize,
        /// Diff IDs of the config.
        diff_ids: usize,
    },
    /// A layer that is not compressed has another diff ID than digest, or one digest has two.
    #[error("The config in `{}` has another diff ID for the layer `{digest}` than its bytes", path.display())]
    DiffId {
        /// The layout.
        path: PathBuf,
        /// The layer.
        digest: Digest,
    },
    /// A compressed layer is another tar than the config says.
    #[error(
        "The layer `{digest}` of the base holds the tar `{found}`, its config says `{claimed}`: no runtime takes it"
    )]
    OtherDiffId {
        /// The layer.
        digest: Digest,
        /// What the config says.
        claimed: DiffId,
        /// What the layer holds.
        found: DiffId,
    },
    /// A layer cannot be read, or is no tar.
    #[error("Could not read the layer `{digest}` of the base")]
    Layer {
        /// The layer.
        digest: Digest,
        /// Why.
        source: io::Error,
    },
    /// A variable or a user that no container can be started with.
    #[error("The config in `{}` has {what} that no container can be started with: `{}` {rule}", path.display(), Shown(text))]
    Config {
        /// The layout.
        path: PathBuf,
        /// What it is.
        what: &'static str,
        /// The text.
        text: String,
        /// What is wrong with it.
        rule: &'static str,
    },
    /// An image of another operating system.
    #[error("The image in `{}` is for `{}`, not for linux", path.display(), Shown(os))]
    Os {
        /// The layout.
        path: PathBuf,
        /// What its config says.
        os: String,
    },
    /// Indexes inside indexes, without end.
    #[error("The indexes in `{}` are nested more than {limit} deep", path.display())]
    Nesting {
        /// The layout.
        path: PathBuf,
        /// How deep they may be.
        limit: usize,
    },

    /// A tar is compressed in a way that is not read here.
    #[error("`{}` is compressed with {format}", path.display())]
    Compressed {
        /// The file.
        path: PathBuf,
        /// How.
        format: &'static str,
        /// What is read here.
        accepted: &'static str,
    },
    /// The gzip file holds more than one member, or something after it.
    #[error("`{}` is not one gzip stream: {extra} bytes follow the first one", path.display())]
    GzipMembers {
        /// The file.
        path: PathBuf,
        /// How many bytes follow.
        extra: usize,
    },
    /// The gzip stream does not match its own trailer.
    #[error("`{}` is damaged: its gzip trailer does not match its content", path.display())]
    GzipTrailer {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a tar, or a broken one.
    #[error("`{}` is not a readable tar", path.display())]
    Tar {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// More than a root file system holds.
    #[error("`{}` has more than {limit} {what}, the most that a base may have", path.display())]
    OverLimit {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// Of what.
        what: &'static str,
    },
    /// The tar ends inside a member or without its end marker.
    #[error("`{}` is cut off after {size} bytes", path.display())]
    TarTruncated {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// The tar holds no member.
    #[error("`{}` is an empty tar", path.display())]
    TarEmpty {
        /// The file.
        path: PathBuf,
    },
    /// A member has a name that no layer may have.
    #[error("`{}` holds the member `{}`: {reason}", path.display(), Shown(name))]
    TarMember {
        /// The file.
        path: PathBuf,
        /// The member.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// An ELF file is broken.
    #[error("Could not read the ELF header of `{name}`")]
    Elf {
        /// Which file.
        name: String,
        /// Why.
        source: object::read::Error,
    },
    /// A file of the host has a name that cannot go into a layer.
    #[error("The host's file `{name}` cannot go into a layer")]
    HostName {
        /// Its path.
        name: String,
        /// What is wrong with it.
        source: PathError,
    },
    /// The host has no dynamic loader for the JRE.
    #[error("This host lacks `{interpreter}`, the dynamic loader that `{needed_by}` of the JRE needs")]
    Interpreter {
        /// The loader.
        interpreter: String,
        /// Who needs it.
        needed_by: String,
    },
    /// The host lacks a library that the JRE cannot do without.
    #[error("This host lacks the library `{library}`, which `{needed_by}` needs")]
    Library {
        /// The library.
        library: String,
        /// Who needs it.
        needed_by: String,
    },
    /// No image platform is known for the JRE's processor.
    #[error("The JRE is for a processor that has no image platform (ELF machine {machine})")]
    Machine {
        /// The ELF number of the processor.
        machine: u16,
    },
}

impl BaseError {
    /// What the user can do about it, where something can be said.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Application { path } => {
                format!("`stage {}` makes an image of it, `oci:NAME.oci`, which can be named here", path.display())
            }
            Self::Transport { path, right } => format!("write `{right}:{}`", path.display()),
            Self::NotALayout { missing: "index.json", .. } => {
                "make a layout with `skopeo copy SOURCE oci:DIR:TAG`".to_owned()
            }
            Self::MissingBlob { .. } => {
                "the layout does not hold the whole image; copy it again, with every layer".to_owned()
            }
            Self::WrongDigest { .. } | Self::BlobSize { .. } | Self::OtherDiffId { .. } | Self::Layer { .. } => {
                "copy the image again".to_owned()
            }
            Self::NoTag { known, .. } | Self::Ambiguous { known, .. } if !known.is_empty() => {
                format!("append the tag, for example `:{}`", known[0])
            }
            Self::Compressed { accepted, .. } => format!("decompress it first; {accepted}"),
            Self::GzipMembers { .. } => "decompress it first, or compress it as one stream".to_owned(),
            Self::Interpreter { interpreter, .. } if interpreter.contains("ld-musl") => {
                "the JRE was built for musl (Alpine); choose one built for glibc, or another base".to_owned()
            }
            Self::Interpreter { .. } => "choose a JRE built for this host, or another base".to_owned(),
            Self::Library { library, .. } => {
                format!("install the package that holds `{library}`, or choose another base with --base")
            }
            _ => return None,
        })
    }
}

impl fmt::Display for BlobRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TopIndex => "`index.json`",
            Self::Index => "index",
            Self::Manifest => "manifest",
            Self::Config => "config",
            Self::Layer => "layer",
        })
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { Listed(names).to_string() }
}
