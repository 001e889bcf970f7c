//! `javaexec JAVA [ARGUMENT...]`: becomes the JVM, with the options in `JAVA_OPTS`, and no shell that could read them.
//!
//! `javaexec --options FOLDER PROCESSORS` prints what `JAVA_OPTS` shall be, for the profile script that sets it.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::options::{self, Inputs};
use super::tokens::tokens;
use crate::failure::{cause, print_error};
use crate::lookup;

/// The program's name.
pub(super) const NAME: &str = "javaexec";

/// No program can be meant by it: a Java runtime has no such file.
const OPTIONS: &str = "--options";

const USAGE: &str = "Usage: javaexec JAVA [ARGUMENT...]\n       javaexec --options FOLDER PROCESSORS";

/// The options cannot be put together.
const NO_OPTIONS: u8 = 1;
/// Called in no way that is known.
const WRONG_USAGE: u8 = 2;
/// The JVM is there, or was to be, but does not start.
const NOT_STARTED: u8 = 126;
/// There is no such program in `PATH`.
const NOT_FOUND: u8 = 127;

/// Runs the program. Returns only if no JVM has been started.
pub(super) fn run(arguments: &[OsString], variable: &dyn Fn(&OsStr) -> Option<OsString>) -> ExitCode {
    let done = match arguments {
        [option, folder, processors] if option == OPTIONS => print_options(Path::new(folder), processors, variable),
        [java, arguments @ ..] if java != OPTIONS => Err(start(java, arguments, variable)),
        _ => Err(Failure { code: WRONG_USAGE, message: USAGE.to_owned() }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print_error(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}

/// Why nothing was started or printed.
#[derive(Debug, PartialEq, Eq)]
struct Failure {
    code: u8,
    message: String,
}

/// Replaces this program by the JVM. The environment stays as it is.
fn start(java: &OsStr, arguments: &[OsString], variable: &dyn Fn(&OsStr) -> Option<OsString>) -> Failure {
    let program = match find(java, variable) {
        Ok(program) => program,
        Err(failure) => return failure,
    };
    let options = tokens(variable(OsStr::new("JAVA_OPTS")).unwrap_or_default().as_bytes());
    let error = Command::new(&program).args(options).args(arguments).exec();
    let message = format!("{NAME}: Could not start `{}`: {}", program.display(), cause(&error));
    Failure { code: NOT_STARTED, message }
}

/// What has a slash is a path; whether it is a program shows when it is started.
fn find(java: &OsStr, variable: &dyn Fn(&OsStr) -> Option<OsString>) -> Result<PathBuf, Failure> {
    if java.as_bytes().contains(&b'/') {
        return Ok(java.into());
    }
    let path = variable(OsStr::new("PATH")).unwrap_or_default();
    lookup::program(java, &path).map_err(|cause| Failure {
        code: NOT_FOUND,
        message: format!(
            "{NAME}: Could not find `{}`: {cause}; name its path, or put its folder into PATH",
            java.display()
        ),
    })
}

/// Prints the options to standard output, without a line end, and warnings to standard error.
fn print_options(
    folder: &Path,
    processors: &OsStr,
    variable: &dyn Fn(&OsStr) -> Option<OsString>,
) -> Result<(), Failure> {
    let processors = processors.as_bytes();
    if processors.is_empty() || !processors.iter().all(u8::is_ascii_digit) {
        return Err(Failure { code: WRONG_USAGE, message: USAGE.to_owned() });
    }
    let failed = |cause: String| Failure {
        code: NO_OPTIONS,
        message: format!("{NAME}: Could not put JAVA_OPTS together: {cause}"),
    };
    let (files, warnings) = options::read(folder).map_err(failed)?;
    let assembled = options::assemble(&Inputs { files: &files, processors, variable });
    warnings.iter().chain(&assembled.warnings).for_each(|warning| print_error(warning));
    let mut output = io::stdout().lock();
    let written = output.write_all(&assembled.options).and_then(|()| output.flush());
    written.map_err(|error| failed(format!("write to standard output: {}", cause(&error))))
}
