//! The JVM's memory: reads what the calculation of the `memcalc` crate depends on, and sets `JAVA_TOOL_OPTIONS`.
//!
//! By default memory is sized by what the application needs ([`memcalc::fit`]); `BPL_JVM_MEMORY=libjvm` has the result and
//! the texts of the helper `memory-calculator` of Paketo's libjvm, but that classes are not counted here but were when the
//! image was built, and that the limit is the least of all that there are ([`memcalc::limit`]).

use std::cell::Cell;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use memcalc::Calculator;
use memcalc::files;
use memcalc::libjvm::limit::Limit;
use memcalc::libjvm::{self, AgentClasses, Calculation, ClassSource, Inputs};
use memcalc::limit::{Find, Read};

use crate::environment::Environment;
use crate::failure::{path_error, print_error, print_line};

/// Classes of the application, counted when the image was built.
const APPLICATION_CLASS_COUNT: &str = "BPI_APPLICATION_CLASS_COUNT";
/// Those of them that are usually loaded, by the libraries they belong to.
const LIKELY_CLASS_COUNT: &str = "BPI_LIKELY_CLASS_COUNT";
/// Classes of the Java agents the image brings; not set if it brings none.
const AGENT_CLASS_COUNT: &str = "BPI_AGENT_CLASS_COUNT";
/// Cloud Foundry's word on the limit.
const MEMORY_LIMIT: &str = "MEMORY_LIMIT";
/// More of a file of the kernel is not read, bytes: with a thousand mounts their list has 200 KB.
const MOST_READ: u64 = 4 << 20;
/// Which calculation to use.
const MODE: &str = "BPL_JVM_MEMORY";

/// Directories of the image.
#[derive(Clone, Copy)]
pub(crate) struct Directories<'a> {
    /// The application directory.
    pub(crate) app: &'a Path,
    /// The layers directory.
    pub(crate) layers: &'a Path,
}

/// The kernel's files that tell the memory limit.
pub(crate) struct LimitFiles {
    /// What their paths start from: in a container always `/`.
    root: PathBuf,
}

impl LimitFiles {
    /// Reads one of them by its path.
    pub(crate) fn read(&self, path: &str) -> Read {
        let path = self.root.join(path.trim_start_matches('/'));
        let mut bytes = Vec::new();
        match files::open(&path).and_then(|file| file.take(MOST_READ).read_to_end(&mut bytes)) {
            Ok(_) => Read::Text(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Read::Missing
            }
            Err(error) => Read::Unreadable(path_error("open", &path, &error)),
        }
    }
}

impl Default for LimitFiles {
    fn default() -> Self {
        Self { root: "/".into() }
    }
}

/// Sizes the JVM's memory, as the image does by default or the user wants, and prints how, as libjvm's helper does.
///
/// # Errors
/// When it cannot; the cause has been printed to standard error.
pub(crate) fn apply(
    environment: &mut Environment,
    directories: Directories<'_>,
    limits: &LimitFiles,
    default: Calculator,
) -> Result<(), String> {
    match calculate(environment, directories, limits, default) {
        Ok(None) => Ok(()),
        Ok(Some(calculation)) => {
            calculation.log.iter().for_each(|line| print_line(line));
            print_line(&calculation.line);
            environment.set("JAVA_TOOL_OPTIONS", calculation.java_tool_options);
            Ok(())
        }
        Err(error) => {
            error.log.iter().for_each(|line| print_line(line));
            print_error(&error.text);
            Err("memory calculation failed".to_owned())
        }
    }
}

/// A failed calculation.
#[derive(Debug, Default)]
struct Error {
    /// Lines to print before.
    log: Vec<String>,
    /// What went wrong.
    text: String,
}

impl Error {
    fn new(text: String) -> Self {
        Self { log: Vec::new(), text }
    }
}

/// The calculation; `None` if it is switched off.
fn calculate(
    environment: &Environment,
    directories: Directories<'_>,
    limits: &LimitFiles,
    default: Calculator,
) -> Result<Option<Calculation>, Error> {
    // The calculation works on text. A variable that is not must be reported rather than taken as not set.
    let unreadable = Cell::new(None);
    let lookup = |name: &str| {
        let value = environment.get(name)?;
        if value.to_str().is_none() {
            unreadable.set(Some(name.to_owned()));
        }
        value.to_str()
    };
    let calculator = match lookup(MODE) {
        None | Some("") => default,
        Some(text) => text.parse().map_err(|_| Error::new(unknown(text)))?,
    };
    if calculator == Calculator::Off {
        return Ok(None);
    }
    let mut variables = libjvm::Environment::read(lookup);
    let classes = Classes {
        application: lookup(APPLICATION_CLASS_COUNT),
        likely: lookup(LIKELY_CLASS_COUNT),
        agents: lookup(AGENT_CLASS_COUNT),
        directories,
    };
    let memory_limit = lookup(MEMORY_LIMIT);
    if let Some(name) = unreadable.take() {
        return Err(Error::new(format!("${name} is not valid UTF-8")));
    }
    // The class source does not look at the path, so an image need not repeat it in a variable.
    variables.application_path = variables.application_path.or(Some(""));

    let mut log = Vec::new();
    let name = format!("${MEMORY_LIMIT}");
    let find = Find { given: memory_limit.map(|text| (name.as_str(), text)), read: &|path| limits.read(path) };
    let limit = match find.total(&mut log) {
        Ok(total) => Limit::Known(total),
        Err(text) => return Err(Error { log, text }),
    };
    match calculator.calculate(&Inputs { environment: variables, limit, classes: &classes }) {
        Ok(found) => Ok(found.map(|found| Calculation { log: [log, found.log].concat(), ..found })),
        Err(error) => Err(Error { log: [log, error.log().to_vec()].concat(), text: error.to_string() }),
    }
}

fn unknown(text: &str) -> String {
    format!("${MODE} must be one of {}, not {text}", Calculator::names())
}

/// The counts recorded when the image was built.
struct Classes<'a> {
    application: Option<&'a str>,
    likely: Option<&'a str>,
    agents: Option<&'a str>,
    directories: Directories<'a>,
}

impl ClassSource for Classes<'_> {
    /// Agents of the image are counted together. Those the user adds at launch are not looked into, which would mean to
    /// unpack jars: their size tells.
    fn agents(&self, paths: &[&str]) -> Result<AgentClasses, String> {
        let mut found = AgentClasses::default();
        for path in paths {
            let path = Path::new(path);
            let is_ours = path.starts_with(self.directories.layers) || path.starts_with(self.directories.app);
            match self.agents {
                Some(text) if is_ours => found.classes = count(AGENT_CLASS_COUNT, text)?,
                // What the application brings is part of its count.
                _ if path.starts_with(self.directories.app) => found.uncount(Some(0)),
                _ => found.uncount(file_size(libjvm::agent_file(&path.to_string_lossy()))),
            }
        }
        Ok(found)
    }

    fn application(&self, _path: &str) -> Result<i64, String> {
        let text = self.application.ok_or_else(|| format!("${APPLICATION_CLASS_COUNT} must be set"))?;
        count(APPLICATION_CLASS_COUNT, text)
    }

    fn likely(&self, _path: &str) -> Result<Option<i64>, String> {
        self.likely.map(|text| count(LIKELY_CLASS_COUNT, text)).transpose()
    }
}

/// Bytes of a file; none where there is none.
pub(crate) fn file_size(path: &str) -> Option<i64> {
    fs::metadata(path).ok().map(|file| i64::try_from(file.len()).unwrap_or(i64::MAX))
}

fn count(name: &str, text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("unable to convert ${name}={text} to integer"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    const V1: &str = "sys/fs/cgroup/memory/memory.limit_in_bytes";
    const V2: &str = "sys/fs/cgroup/memory.max";

    const IMAGE: &[(&str, &str)] =
        &[("BPI_JVM_CLASS_COUNT", "19963"), ("BPI_APPLICATION_CLASS_COUNT", "63992"), ("BPL_JVM_THREAD_COUNT", "50")];

    fn run(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Option<Calculation>, Error> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut environment = Environment::default();
        for (name, value) in IMAGE.iter().chain(variables) {
            environment.set(*name, *value);
        }
        let directories = Directories { app: Path::new("/workspace"), layers: Path::new("/layers") };
        calculate(&environment, directories, &LimitFiles { root: folder.path().into() }, Calculator::Libjvm)
    }

    /// Every calculator has the same limit: the least of all that the files and the platform tell.
    #[test]
    fn the_least_limit_counts() {
        const MIB: i64 = 1 << 20;
        let own = ("proc/self/cgroup", "0::/pods/mine\n");
        let machine = ("proc/meminfo", "MemTotal: 4000000 kB\nMemAvailable:  2097152 kB\n");
        for (files, given, total, said) in [
            (vec![], None, 1024 * MIB, "Unable to determine memory limit"),
            (vec![machine], None, 2048 * MIB, "based on 2G available memory"),
            (vec![(V2, "max\n"), machine], None, 2048 * MIB, "based on 2G available memory"),
            (vec![(V1, "805306368\n"), (V2, "1073741824\n")], None, 768 * MIB, ""),
            (vec![own, (V2, "max\n"), ("sys/fs/cgroup/pods/mine/memory.max", "805306368\n")], None, 768 * MIB, ""),
            (vec![(V2, "lots\n"), machine], None, 1024 * MIB, "Unable to convert memory limit"),
            (vec![(V2, "\u{0}\u{1}")], None, 1024 * MIB, "Unable to convert memory limit"),
            (vec![(V2, "1073741824\n")], Some("768MB"), 768 * MIB, ""),
            (vec![(V2, "805306368\n")], Some("1.5G"), 768 * MIB, ""),
            (vec![], Some(" 1G "), 1024 * MIB, ""),
            (vec![machine], Some("50G"), 4_000_000 << 10, "above the machine's memory"),
        ] {
            for calculator in ["fit", "libjvm", "v4"] {
                let variables = [("BPL_JVM_MEMORY", calculator), ("MEMORY_LIMIT", given.unwrap_or_default())];
                let variables = if given.is_none() { &variables[..1] } else { &variables[..] };
                let found = run(&files, variables).unwrap_or_else(|error| panic!("{files:?}: {}", error.text)).unwrap();
                assert_eq!(found.numbers.total, total, "{calculator} {files:?} {given:?}");
                let log = found.log.join("\n");
                assert!(
                    if said.is_empty() { log.is_empty() } else { log.contains(said) },
                    "{files:?} {given:?}: {log}"
                );
                assert!(found.regions.heap.bytes > 0 && found.regions.heap.bytes < total, "{files:?}: {}", found.line);
            }
        }
    }

    #[test]
    fn a_limit_that_does_not_do_is_refused() {
        for tiny in ["0", "1", "33554432"] {
            let refused = run(&[(V2, tiny)], &[("BPL_JVM_MEMORY", "fit")]).unwrap_err().text;
            assert!(refused.contains("the least that is known to work is "), "{refused}");
            assert!(refused.contains("  limit: a memory limit of at least "), "{refused}");
        }
        for calculator in ["fit", "libjvm", "v2"] {
            for given in ["", "0", "-1G", "1.5.2G", "12XB", "512", "384 m"] {
                let variables = [("BPL_JVM_MEMORY", calculator), ("MEMORY_LIMIT", given)];
                let refused = run(&[(V2, "536870912\n")], &variables).unwrap_err().text;
                assert!(refused.starts_with(&format!("$MEMORY_LIMIT={given} is not a memory limit: ")), "{refused}");
            }
        }
    }

    #[test]
    fn an_unreadable_limit_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(V1)).unwrap();
        let environment = Environment::new(IMAGE.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let directories = Directories { app: Path::new("/workspace"), layers: Path::new("/layers") };
        let found =
            calculate(&environment, directories, &LimitFiles { root: folder.path().into() }, Calculator::Libjvm)
                .unwrap()
                .unwrap();
        assert!(found.log[0].starts_with("WARNING: Unable to read "), "{:?}", found.log);
        assert!(found.log[0].ends_with("is a directory"), "{:?}", found.log);
    }

    #[test]
    fn modes() {
        let small = [(V2, "268435456")];
        assert!(run(&small, &[("BPL_JVM_MEMORY", "off")]).unwrap().is_none());
        let refused = run(&small, &[]).unwrap_err().text;
        assert!(refused.contains("fixed memory regions require 487304K"), "{refused}");
        assert!(!run(&small, &[("BPL_JVM_MEMORY", "fit")]).unwrap().unwrap().adapted.is_empty());
        let error = run(&small, &[("BPL_JVM_MEMORY", "auto")]).unwrap_err().text;
        assert_eq!(error, "$BPL_JVM_MEMORY must be one of fit, libjvm, v2, v3, v4, off, not auto");
    }

    #[test]
    fn agents() {
        let file = [(V2, "1073741824")];
        let ours = ("JAVA_TOOL_OPTIONS", "-javaagent:/layers/x/agent.jar=a");
        let users = ("JAVA_TOOL_OPTIONS", "-javaagent:/layers/x/agent.jar -javaagent:/tmp/agent.jar");
        for (variables, classes, skipped) in [
            (vec![ours], 29384, 1),
            (vec![ours, ("BPI_AGENT_CLASS_COUNT", "1000")], 29734, 0),
            (vec![users, ("BPI_AGENT_CLASS_COUNT", "1000")], 29734, 1),
        ] {
            let found = run(&file, &variables).unwrap().unwrap();
            assert_eq!((found.numbers.classes, found.log.len()), (classes, skipped), "{variables:?}");
        }
    }

    /// An agent that came with the start counts by its size, one that is not there is told; libjvm's numbers stay as they are.
    #[test]
    fn agents_by_need() {
        let folder = tempfile::tempdir().unwrap();
        let jar = folder.path().join("agent.jar");
        let file = fs::File::create(&jar).unwrap();
        file.set_len(17_000_000).unwrap();
        let added = format!("-javaagent:{}=port=1", jar.display());
        let profile = "java=17 classes=10000 metaspace=60000000 code=20000000 live=30000000 direct=300000 threads=60 \
                       stacks=6000000 native=50000000 files=30000000";
        let likely = ("BPI_LIKELY_CLASS_COUNT", "6000");
        let found = |mode, options: &str, more| {
            let variables = [("BPL_JVM_MEMORY", mode), ("JAVA_TOOL_OPTIONS", options), more];
            let found = run(&[(V2, "1073741824")], &variables).unwrap().unwrap();
            (found.numbers.classes, found.log.len())
        };
        let (without, _) = found("fit", "-Da=b", likely);
        let (with, told) = found("fit", &added, likely);
        // 10,000 classes, of which a third is loaded; and what comes with them.
        assert!((3_500..5_500).contains(&(with - without)) && told == 0, "{without} {with} {told}");
        assert_eq!(found("fit", "-javaagent:/nowhere.jar", likely), (without, 1));
        assert_eq!(found("fit", "-Da=b", ("BPI_JVM_PROFILE", profile)), (10_000, 0));
        assert_eq!(found("fit", &added, ("BPI_JVM_PROFILE", profile)), (13_300, 0));
        // What was measured with half of it.
        let with_agent = format!("{profile} agents=8500000");
        assert_eq!(found("fit", &added, ("BPI_JVM_PROFILE", &with_agent)), (11_650, 0));
        assert_eq!(found("fit", "-Da=b", ("BPI_JVM_PROFILE", &with_agent)), (10_000, 0));
        assert_eq!(found("libjvm", &added, likely), (29_384, 1));
    }

    #[test]
    fn counts_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let directories = Directories { app: Path::new("/workspace"), layers: Path::new("/layers") };
        let mut environment = Environment::default();
        let mut failing = |name: &str, value: &OsStr| {
            environment.set(name, value);
            calculate(&environment, directories, &LimitFiles { root: folder.path().into() }, Calculator::Libjvm)
                .unwrap_err()
                .text
        };
        assert_eq!(failing("A", OsStr::new("b")), "$BPI_JVM_CLASS_COUNT must be set");
        assert_eq!(
            failing("BPI_JVM_CLASS_COUNT", OsStr::new("1")),
            "unable to determine class count\n$BPI_APPLICATION_CLASS_COUNT must be set"
        );
        assert_eq!(
            failing("BPI_APPLICATION_CLASS_COUNT", OsStr::new("x")),
            "unable to determine class count\nunable to convert $BPI_APPLICATION_CLASS_COUNT=x to integer"
        );
        assert_eq!(failing("JAVA_TOOL_OPTIONS", OsStr::from_bytes(b"\xff")), "$JAVA_TOOL_OPTIONS is not valid UTF-8");
    }
}
