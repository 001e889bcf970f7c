//! Which of the droplet's programs is meant.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use super::{calculator, javaexec};

/// Where images have a link for each process type. What lies there is a process, whatever its name.
const PROCESSES: &str = "/cnb/process";

/// A program of a droplet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program<'a> {
    /// Starts the JVM.
    Javaexec,
    /// Sizes the JVM's memory, as this version does.
    Calculator(&'a str),
}

impl<'a> Program<'a> {
    /// The program of that name, `None` if this is the launcher of an image.
    pub(crate) fn named(argv0: &'a OsStr) -> Option<Self> {
        let path = Path::new(argv0);
        if path.parent() == Some(Path::new(PROCESSES)) {
            return None;
        }
        match path.file_name()?.to_str()? {
            javaexec::NAME => Some(Self::Javaexec),
            name => calculator::version(name).map(Self::Calculator),
        }
    }

    /// Runs it. The first of the arguments is the name it was started by.
    pub(crate) fn run(self, arguments: &[OsString], variable: &dyn Fn(&OsStr) -> Option<OsString>) -> ExitCode {
        match self {
            Self::Javaexec => javaexec::run(arguments.get(1..).unwrap_or_default(), variable),
            Self::Calculator(version) => calculator::run(version, arguments),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (argv0, expected) in [
            ("javaexec", Some(Program::Javaexec)),
            ("/home/vcap/deps/0/bin/javaexec", Some(Program::Javaexec)),
            ("java-buildpack-memory-calculator-4.2.0", Some(Program::Calculator("4.2.0"))),
            ("jre/bin/java-buildpack-memory-calculator-2.0.2_RELEASE", Some(Program::Calculator("2.0.2_RELEASE"))),
            ("java-buildpack-memory-calculator-", Some(Program::Calculator(""))),
            ("java-buildpack-memory-calculator", None),
            ("/cnb/process/javaexec", None),
            ("/cnb/process/web", None),
            ("/cnb/lifecycle/launcher", None),
            ("javaexec/", Some(Program::Javaexec)),
            ("javaexecutor", None),
            ("", None),
        ] {
            assert_eq!(Program::named(OsStr::new(argv0)), expected, "{argv0}");
        }
    }
}
