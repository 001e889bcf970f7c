//! Exit codes: part of the contract with whoever calls the program.

use std::process::ExitCode;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done.
    Done = 0,
    /// The input or the staging failed.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// No buildpack takes the application; the number of the buildpacks lifecycle.
    NothingDetected = 20,
    /// Something that is needed is not at hand: a dependency, a runtime, a program.
    Missing = 30,
    /// The network, or who answers there.
    Network = 31,
    /// Cache, output, temporary files, or another resource of the machine.
    Disk = 40,
    /// Stored or fetched bytes are not what they should be.
    Corrupt = 41,
    /// A defect of the program.
    Internal = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
