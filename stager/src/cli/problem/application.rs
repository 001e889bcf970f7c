//! Errors of reading an application.

use buildpacks::application::{ArchiveError, ContentError, EntryError, OpenError};
use buildpacks::java::container::DetectError;
use buildpacks::java::slices::SliceError;
use buildpacks::java::start::StartError;
use buildpacks::system::SystemError;

use super::{Code, Place, Problem};

impl Problem for OpenError {
    fn code(&self) -> Code {
        match self {
            Self::Read { source, .. } => Place::Input.code(source),
            Self::Empty { .. } | Self::UnknownFormat { .. } | Self::NotAFile { .. } => Code::InputFormat,
            Self::Archive { source, .. } => source.code(),
            Self::Entry { source, .. } => source.code(),
            Self::Changed { .. } => Code::InputChanged,
            Self::IgnoreFile { .. } => Code::InputMetadata,
        }
    }

    fn advice(&self) -> Option<String> {
        self.hint()
    }
}

impl Problem for ArchiveError {
    fn code(&self) -> Code {
        match self {
            Self::Truncated
            | Self::Trailing { .. }
            | Self::TwoEnds
            | Self::End { .. }
            | Self::MultiDisk
            | Self::Directory(_)
            | Self::Count { .. }
            | Self::Tar(_)
            | Self::Gzip(_) => Code::InputArchive,
            Self::TooManyEntries { .. } | Self::TooLarge { .. } => Code::InputLimit,
            Self::Temporary(source) => Place::Temporary.code(source),
            Self::Content(source) => source.code(),
        }
    }
}

impl Problem for EntryError {
    fn code(&self) -> Code {
        match self {
            Self::Path(_)
            | Self::NotUtf8
            | Self::UnmarkedName
            | Self::Duplicate
            | Self::NotADirectory { .. }
            | Self::LinkLeaves { .. }
            | Self::LinkTarget { .. }
            | Self::HardLink { .. }
            | Self::Special
            | Self::Sparse
            | Self::Overlap { .. }
            | Self::LocalHeader(_)
            | Self::Disagree { .. }
            | Self::Encrypted
            | Self::Method { .. }
            | Self::MultiDisk
            | Self::Impossible { .. }
            | Self::Beyond => Code::InputEntry,
            Self::TooLarge { .. } => Code::InputLimit,
            Self::Content(source) | Self::LinkContent(source) => source.code(),
        }
    }
}

impl Problem for ContentError {
    fn code(&self) -> Code {
        match self {
            // A file that ends before its size was cut while it was read.
            Self::Read { source, .. } if source.kind() == std::io::ErrorKind::UnexpectedEof => Code::InputChanged,
            Self::Read { source, .. } => Place::Input.code(source),
            // Whoever writes content knows where to and says so; what is left goes through temporary files.
            Self::Write(source) => Place::Temporary.code(source),
            Self::Size { .. } | Self::Crc { .. } | Self::Inflate(_) => Code::InputEntry,
            Self::TooLarge { .. } => Code::InputLimit,
            Self::Changed { .. } => Code::InputChanged,
        }
    }

    fn advice(&self) -> Option<String> {
        self.hint()
    }
}

impl Problem for DetectError {
    fn code(&self) -> Code {
        match self {
            Self::Nothing { .. } => Code::NothingDetected,
            Self::Ambiguous { .. } => Code::InputAmbiguous,
            Self::Content { source, .. } => source.code(),
            Self::Manifest { .. } => Code::InputMetadata,
            Self::Nested(source) => source.code(),
        }
    }

    fn advice(&self) -> Option<String> {
        self.hint()
    }
}

impl Problem for StartError {
    fn code(&self) -> Code {
        match self {
            Self::Read { .. } => Code::InputRead,
            _ => Code::InputStart,
        }
    }

    fn advice(&self) -> Option<String> {
        Some(self.hint())
    }
}

impl Problem for SliceError {
    fn code(&self) -> Code {
        match self {
            Self::Content { source, .. } => source.code(),
            Self::Index { .. } => Code::InputMetadata,
        }
    }
}

impl Problem for SystemError {
    fn code(&self) -> Code {
        self.source.code()
    }
}
