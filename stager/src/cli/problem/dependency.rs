//! Errors of dependencies: cache, catalogue, fetching, the host's Java, packages.

use buildpacks::dependency::{Attempt, CatalogueError, DependencyError, FetchError, HostError};
use buildpacks::java::cloudfoundry::PackageError;

use super::staging::of_cache;
use super::{Code, Place, Problem};

impl Problem for DependencyError {
    fn code(&self) -> Code {
        match self {
            Self::Missing { .. } => Code::DependencyMissing,
            Self::Unknown { .. } => Code::DependencyUnknown,
            Self::Id { .. }
            | Self::Prefix { .. }
            | Self::Strip { .. }
            | Self::Link { .. }
            | Self::NotAJre { .. }
            | Self::Unexpected(_)
            | Self::Count { .. }
            | Self::Inflate { .. } => Code::DependencyInvalid,
            Self::Checksum { .. } => Code::Checksum,
            Self::Corrupt { .. } | Self::Lost { .. } | Self::Record { .. } => Code::CacheCorrupt,
            Self::Changing { .. } => Code::InputChanged,
            Self::NotMade { .. } => Code::Defect,
            Self::Read(source) => Place::Input.code(source),
            Self::ReadCache { source, .. } | Self::WriteCache(source) => Place::Cache.code(source),
            Self::Asked { source, .. } => source.code(),
            Self::Open { source, .. } => source.code(),
            Self::Content { source, .. } => source.code(),
            Self::NoJre { .. } | Self::JreTooNew { .. } => Code::JreMissing,
            Self::JreTooOld { .. } => Code::JreTooOld,
            Self::HostRefused { .. } => Code::JreHostRefused,
            Self::Fetch(source) => source.code(),
            Self::Host(source) => source.code(),
            Self::Catalogue(source) => source.code(),
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::ReadCache { source, .. } | Self::WriteCache(source) => of_cache(source),
            _ => self.hint(),
        }
    }
}

impl Problem for CatalogueError {
    fn code(&self) -> Code {
        match self {
            Self::Read(source) => Place::Input.code(source),
            Self::Invalid { .. } => Code::CatalogueInvalid,
            Self::UnknownId { .. } | Self::UnknownVersion { .. } => Code::DependencyUnknown,
            Self::Requirement(_) => Code::UsageValue,
        }
    }

    fn advice(&self) -> Option<String> {
        self.hint()
    }
}

impl Problem for FetchError {
    fn code(&self) -> Code {
        self.first.code()
    }

    fn advice(&self) -> Option<String> {
        self.hint()
    }
}

impl Problem for Attempt {
    fn code(&self) -> Code {
        match self {
            Self::Http { source, .. } => of_answer(&source.0),
            // A `file:` URI names an input; what comes from elsewhere was cut off.
            Self::Copy { source, .. } => match Place::Input.code(source) {
                Code::InputRead => Code::NetworkUnavailable,
                code => code,
            },
            Self::Certificates { .. } => Code::NetworkRefused,
            Self::NoMaven { .. } | Self::NoRepository | Self::StartMaven { .. } => Code::ToolMissing,
            Self::Maven { .. } => Code::FetchFailed,
            Self::Scheme { .. } => Code::CatalogueInvalid,
        }
    }
}

/// Too busy, too slow or broken for now may be different later; everything else a server says is its last word.
fn of_answer(error: &ureq::Error) -> Code {
    match error {
        ureq::Error::StatusCode(408 | 425 | 429 | 500..=599) => Code::NetworkUnavailable,
        ureq::Error::StatusCode(_) | ureq::Error::Tls(_) | ureq::Error::BadUri(_) => Code::NetworkRefused,
        _ => Code::NetworkUnavailable,
    }
}

impl Problem for HostError {
    fn code(&self) -> Code {
        match self {
            Self::Read { .. } | Self::StartJlink { .. } | Self::Jlink { .. } | Self::Name { .. } => Code::JreHostFailed,
            Self::JavaHome { .. } => Code::UsageValue,
            Self::Changed { .. } => Code::InputChanged,
            Self::Pack(source) => Place::Cache.code(source),
        }
    }

    fn advice(&self) -> Option<String> {
        self.hint()
    }
}

impl Problem for PackageError {
    fn code(&self) -> Code {
        match self {
            Self::Open(source) => source.code(),
            Self::List { .. } => Code::BuildpackInvalid,
            Self::Content { source, .. } => source.code(),
            Self::Scratch(source) => Place::Temporary.code(source),
            Self::Unreadable(_) => Code::InputRead,
            Self::Dependency(source) => source.code(),
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::Open(source) => source.advice(),
            Self::Dependency(source) => source.advice(),
            Self::List { .. } | Self::Content { .. } | Self::Scratch(_) | Self::Unreadable(_) => None,
        }
    }
}
