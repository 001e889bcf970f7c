//! `memcalc libjvm`: the exec.d helper.

use super::options::Options;
use memcalc::go;
use memcalc::libjvm::limit::{self, Limit};
use memcalc::libjvm::{self, Calculation, Environment, Error, Inputs};
use memcalc::limit::{Find, Read};
use memcalc::outcome::Outcome;
use memcalc::{count, files, fit};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// The descriptor the platform reads environment variables from.
const RESULT: &str = "/dev/fd/3";

pub(super) fn run(args: &[String]) -> Outcome {
    match Options::parse(args, &["cgroup-v1", "cgroup-v2", "meminfo"], &["fit"]) {
        Ok(options) => helper(&options),
        Err(message) => super::usage(&message),
    }
}

fn helper(options: &Options<'_>) -> Outcome {
    let variables: Vec<(String, String)> =
        std::env::vars_os().map(|(name, value)| (crate::lossy(name), crate::lossy(value))).collect();
    let lookup = |name: &str| variables.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
    let path = |name: &str, default| options.get(name).unwrap_or(default);
    let files = [
        (limit::CGROUP_V1, path("cgroup-v1", limit::CGROUP_V1)),
        (limit::CGROUP_V2, path("cgroup-v2", limit::CGROUP_V2)),
        (limit::MEMINFO, path("meminfo", limit::MEMINFO)),
    ];
    let classes = count::counter();
    let calculated =
        |calculate: fn(&Inputs<'_>) -> Result<Calculation, Error>, limit: Limit<'_>| match calculate(&Inputs {
            environment: Environment::read(lookup),
            limit,
            classes: &classes,
        }) {
            Ok(calculation) => succeed(&calculation),
            Err(error) => Outcome { stdout: lines(error.log()), stderr: format!("{error}\n"), code: 1 },
        };
    if options.has("fit") {
        let given = lookup("MEMORY_LIMIT").map(|text| ("$MEMORY_LIMIT", text));
        let read = |path: &str| {
            let place = files.iter().find(|(known, _)| *known == path).map_or(path, |(_, place)| *place);
            match Source::read(place).content {
                Ok(Some(text)) => Read::Text(text),
                Ok(None) => Read::Missing,
                Err(cause) => Read::Unreadable(cause),
            }
        };
        let mut log = Vec::new();
        return match (Find { given, read: &read }).total(&mut log) {
            Ok(total) => {
                let outcome = calculated(fit::calculate, Limit::Known(total));
                Outcome { stdout: lines(&log) + &outcome.stdout, ..outcome }
            }
            Err(error) => Outcome { stdout: lines(&log), stderr: format!("{error}\n"), code: 1 },
        };
    }
    let [v1, v2, meminfo] = files.map(|(_, path)| Source::read(path));
    let sources = limit::Sources { cgroup_v1: v1.file(), cgroup_v2: v2.file(), meminfo: meminfo.file() };
    calculated(libjvm::calculate, Limit::Files(sources))
}

fn succeed(calculation: &Calculation) -> Outcome {
    let stdout = format!("{}{}\n", lines(&calculation.log), calculation.line);
    match write_result(&calculation.java_tool_options) {
        Ok(()) => Outcome::success(stdout, String::new()),
        Err(error) => Outcome { stdout, stderr: format!("write {RESULT}: {}\n", go::cause(&error)), code: 1 },
    }
}

/// Writes to the descriptor by its name, which needs no raw descriptors.
#[expect(clippy::disallowed_methods, reason = "a descriptor that the platform gives, mostly a pipe")]
fn write_result(options: &str) -> io::Result<()> {
    let mut file = fs::File::options().append(true).open(RESULT)?;
    file.write_all(format!("JAVA_TOOL_OPTIONS={}\n", go::quote(options)).as_bytes())
}

fn lines(log: &[String]) -> String {
    log.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// A file and what reading it gave.
struct Source<'a> {
    path: &'a str,
    content: Result<Option<String>, String>,
}

impl<'a> Source<'a> {
    fn read(path: &'a str) -> Self {
        let mut bytes = Vec::new();
        let mut operation = "open";
        let read = files::open(Path::new(path)).and_then(|file| {
            operation = "read";
            file.take(files::DOCUMENT_BYTES).read_to_end(&mut bytes)
        });
        let content = match read {
            Ok(_) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{operation} {path}: {}", go::cause(&error))),
        };
        Self { path, content }
    }

    fn file(&self) -> limit::File<'_> {
        let content = match &self.content {
            Ok(Some(text)) => limit::Content::Text(text),
            Ok(None) => limit::Content::Missing,
            Err(cause) => limit::Content::Unreadable(cause),
        };
        limit::File { path: self.path, content }
    }
}
