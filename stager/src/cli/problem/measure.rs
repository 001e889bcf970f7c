//! Errors of measuring.

use super::{Code, Place, Problem};
use crate::measure::runner::{RunError, UnpackError};
use crate::measure::{AttachError, MeasureError};

impl Problem for MeasureError {
    fn code(&self) -> Code {
        match self {
            Self::Run(source) => source.code(),
            Self::Jvm(source) => source.code(),
            Self::Ended { .. }
            | Self::NotReady { .. }
            | Self::NoTracking
            | Self::Unknown { .. }
            | Self::Gone
            | Self::Load { .. }
            | Self::Failing { .. } => Code::MeasureFailed,
            Self::Port(source) | Self::Signals(source) | Self::LoadStart(source) => Place::Temporary.code(source),
            Self::Interrupted => Code::Interrupted,
        }
    }

    fn advice(&self) -> Option<String> {
        self.hint().map(str::to_owned)
    }
}

impl Problem for RunError {
    fn code(&self) -> Code {
        match self {
            Self::Engine { .. } | Self::Process { .. } => Code::MeasureFailed,
            Self::Unpack(source) => source.code(),
        }
    }
}

impl Problem for UnpackError {
    fn code(&self) -> Code {
        match self {
            Self::Content { source, .. } => source.code(),
            Self::WrongDigest { .. } => Code::BaseInvalid,
            Self::Layer { source, .. } | Self::File { source, .. } => Place::Temporary.code(source),
        }
    }
}

impl Problem for AttachError {
    fn code(&self) -> Code {
        match self {
            Self::NoJvm(_) | Self::Process { .. } | Self::NoSocket(_) | Self::Answer { .. } => Code::MeasureFailed,
        }
    }
}
