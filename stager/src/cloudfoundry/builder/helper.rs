//! The processes that the builder starts of its own program to run scripts below them. They go by their names alone, which
//! are no subcommands: nobody types them.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::isolation;
use super::supervision;

/// The running program, also when its file was replaced or removed meanwhile.
const PROGRAM: &str = "/proc/self/exe";

/// One of the builder's helpers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Helper {
    /// Gives a guard a PID namespace and waits for it outside.
    Enclosure,
    /// Runs a script and ends whatever it started, at the latest when the builder is gone.
    Guard,
    /// Becomes a script that has neither network nor the host's temporary files.
    Isolation,
}

impl Helper {
    /// The helper that a process started under this name is.
    pub fn named(name: &OsStr) -> Option<Self> {
        [Self::Enclosure, Self::Guard, Self::Isolation].into_iter().find(|helper| name == helper.name())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Enclosure => "stage-script-enclosure",
            Self::Guard => "stage-script-guard",
            Self::Isolation => "stage-script-isolation",
        }
    }

    /// Runs it in this process; the exit code.
    pub fn run(self, arguments: impl Iterator<Item = OsString>) -> u8 {
        match self {
            Self::Enclosure => supervision::enclose(arguments),
            Self::Guard => supervision::guard(arguments),
            Self::Isolation => isolation::enter(arguments),
        }
    }

    /// How it is started.
    pub(super) fn command(self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg0(self.name());
        command
    }
}
