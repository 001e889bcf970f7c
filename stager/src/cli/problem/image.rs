//! Errors of images: bases and outputs.

use super::{Code, Place, Problem};
use crate::image::base::{BaseError, ParseBaseError};
use crate::sink::{DestinationError, OverlapError, SinkError};

impl Problem for BaseError {
    fn code(&self) -> Code {
        match self {
            Self::Read { source, .. } => Place::Input.code(source),
            Self::Content { source, .. } => source.code(),
            Self::NotALayout { .. }
            | Self::Application { .. }
            | Self::Transport { .. }
            | Self::LayoutVersion { .. }
            | Self::Json { .. }
            | Self::Confused { .. }
            | Self::TooLarge { .. }
            | Self::Digest { .. }
            | Self::MissingBlob { .. }
            | Self::BlobSize { .. }
            | Self::WrongDigest { .. }
            | Self::MediaType { .. }
            | Self::LayerCount { .. }
            | Self::DiffId { .. }
            | Self::OtherDiffId { .. }
            | Self::Layer { .. }
            | Self::Config { .. }
            | Self::Os { .. }
            | Self::Nesting { .. }
            | Self::Compressed { .. }
            | Self::GzipMembers { .. }
            | Self::GzipTrailer { .. }
            | Self::Tar { .. }
            | Self::TarTruncated { .. }
            | Self::OverLimit { .. }
            | Self::TarEmpty { .. }
            | Self::TarMember { .. } => Code::BaseInvalid,
            Self::NoTag { .. } | Self::Ambiguous { .. } | Self::NoImage { .. } | Self::NoPlatform { .. } => {
                Code::BaseChoice
            }
            Self::Elf { .. }
            | Self::HostName { .. }
            | Self::Interpreter { .. }
            | Self::Library { .. }
            | Self::Machine { .. } => Code::BaseHost,
        }
    }

    fn advice(&self) -> Option<String> {
        self.hint()
    }
}

impl Problem for ParseBaseError {
    fn code(&self) -> Code {
        Code::UsageValue
    }
}

impl Problem for SinkError {
    fn code(&self) -> Code {
        match self {
            Self::Io { source, .. } => Place::Output.code(source),
            Self::Destination(source) => source.code(),
            Self::Foreign { .. } | Self::Shape { .. } | Self::Index { .. } => Code::OutputForeign,
            Self::Changed { .. } => Code::OutputChanged,
            Self::BaseBlob { .. } => Code::BaseInvalid,
            Self::BaseContent { source, .. } => source.code(),
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::Foreign { .. } | Self::Shape { .. } => Some("name another folder, or remove this one".to_owned()),
            Self::Changed { .. } => Some("run it again; find out what writes to it".to_owned()),
            Self::Index { .. } => Some("name another folder, or mend the file".to_owned()),
            Self::Destination(source) => source.advice(),
            Self::Io { .. } | Self::BaseBlob { .. } | Self::BaseContent { .. } => None,
        }
    }
}

impl Problem for DestinationError {
    fn code(&self) -> Code {
        match self {
            Self::Kind { .. } | Self::Dangling { .. } | Self::Terminal { .. } => Code::UsageValue,
            Self::Foreign { .. } => Code::OutputForeign,
            Self::NoReader { .. } => Code::OutputIo,
            Self::Io { source, .. } => Place::Output.code(source),
        }
    }
}

impl Problem for OverlapError {
    fn code(&self) -> Code {
        match self {
            Self::Same { .. } | Self::Inside { .. } | Self::Twice { .. } => Code::UsageValue,
        }
    }
}
