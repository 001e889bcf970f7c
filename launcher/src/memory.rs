//! The JVM's memory: reads what the calculation of the `memcalc` crate depends on, and sets `JAVA_TOOL_OPTIONS`.
//!
//! By default memory is sized by what the application needs ([`memcalc::fit`]); `BPL_JVM_MEMORY=libjvm` has the result and
//! the texts of the helper `memory-calculator` of Paketo's libjvm, but that classes are not counted here but were when the
//! image was built, and that Cloud Foundry's `MEMORY_LIMIT` is honoured.

use std::cell::Cell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use memcalc::Calculator;
use memcalc::libjvm::limit::{self, Content, File, Sources};
use memcalc::libjvm::{self, AgentClasses, Calculation, ClassSource, Inputs};

use crate::environment::Environment;
use crate::failure::{path_error, print_error, print_line};

/// Classes of the application, counted when the image was built.
const APPLICATION_CLASS_COUNT: &str = "BPI_APPLICATION_CLASS_COUNT";
/// Those of them that are usually loaded, by the libraries they belong to.
const LIKELY_CLASS_COUNT: &str = "BPI_LIKELY_CLASS_COUNT";
/// Classes of the Java agents the image brings; not set if it brings none.
const AGENT_CLASS_COUNT: &str = "BPI_AGENT_CLASS_COUNT";
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

/// The files that tell the memory limit. In a container always those of the kernel.
pub(crate) struct LimitFiles {
    cgroup_v1: PathBuf,
    cgroup_v2: PathBuf,
    meminfo: PathBuf,
}

impl LimitFiles {
    /// Reads them.
    pub(crate) fn with<T>(&self, work: impl FnOnce(Sources<'_>) -> T) -> T {
        let files = [&self.cgroup_v1, &self.cgroup_v2, &self.meminfo].map(|path| Text::read(path));
        let [cgroup_v1, cgroup_v2, meminfo] = files.each_ref().map(Text::file);
        work(Sources { memory_limit: None, cgroup_v1, cgroup_v2, meminfo })
    }
}

impl Default for LimitFiles {
    fn default() -> Self {
        Self { cgroup_v1: limit::CGROUP_V1.into(), cgroup_v2: limit::CGROUP_V2.into(), meminfo: limit::MEMINFO.into() }
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

impl From<libjvm::Error> for Error {
    fn from(error: libjvm::Error) -> Self {
        Self { log: error.log().to_vec(), text: error.to_string() }
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
    let memory_limit = lookup("MEMORY_LIMIT");
    if let Some(name) = unreadable.take() {
        return Err(Error::new(format!("${name} is not valid UTF-8")));
    }
    // The class source does not look at the path, so an image need not repeat it in a variable.
    variables.application_path = variables.application_path.or(Some(""));

    let calculated = limits.with(|files| {
        let limit = Sources { memory_limit, ..files };
        calculator.calculate(&Inputs { environment: variables, limit, classes: &classes })
    });
    Ok(calculated?)
}

fn unknown(text: &str) -> String {
    format!("${MODE} must be one of {}, not {text}", Calculator::names())
}

/// A file that tells the memory limit, as read.
struct Text {
    path: String,
    text: Result<String, Option<String>>,
}

impl Text {
    fn read(path: &Path) -> Self {
        let text = match fs::read(path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(None),
            Err(error) => Err(Some(path_error("open", path, &error))),
        };
        Self { path: path.to_string_lossy().into_owned(), text }
    }

    fn file(&self) -> File<'_> {
        let content = match &self.text {
            Ok(text) => Content::Text(text),
            Err(None) => Content::Missing,
            Err(Some(cause)) => Content::Unreadable(cause),
        };
        File { path: &self.path, content }
    }
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

    impl LimitFiles {
        /// Files `v1`, `v2` and `meminfo` in a folder instead of the kernel's.
        fn below(folder: &Path) -> Self {
            Self { cgroup_v1: folder.join("v1"), cgroup_v2: folder.join("v2"), meminfo: folder.join("meminfo") }
        }
    }

    const IMAGE: &[(&str, &str)] =
        &[("BPI_JVM_CLASS_COUNT", "19963"), ("BPI_APPLICATION_CLASS_COUNT", "63992"), ("BPL_JVM_THREAD_COUNT", "50")];

    fn run(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Option<Calculation>, Error> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let mut environment = Environment::default();
        for (name, value) in IMAGE.iter().chain(variables) {
            environment.set(*name, *value);
        }
        let directories = Directories { app: Path::new("/workspace"), layers: Path::new("/layers") };
        calculate(&environment, directories, &LimitFiles::below(folder.path()), Calculator::Libjvm)
    }

    fn heap(files: &[(&str, &str)], variables: &[(&str, &str)]) -> String {
        let options = run(files, variables).unwrap().unwrap().java_tool_options;
        options.split(' ').find(|option| option.starts_with("-Xmx")).unwrap().to_owned()
    }

    #[test]
    fn limits_in_order() {
        let one_gibi = "1073741824\n";
        assert_eq!(heap(&[("v1", one_gibi), ("v2", "4294967296")], &[]), "-Xmx561271K");
        assert_eq!(heap(&[("v2", one_gibi)], &[]), "-Xmx561271K");
        assert_eq!(heap(&[("v2", "max"), ("meminfo", "MemAvailable: 22799020 kB\n")], &[]), "-Xmx22311715K");
        assert_eq!(heap(&[("v2", "4294967296")], &[("MEMORY_LIMIT", "1g")]), "-Xmx561271K");
        assert_eq!(heap(&[("v2", one_gibi)], &[("MEMORY_LIMIT", "lots")]), "-Xmx561271K");
    }

    /// By need, whatever tells the limit: control groups of version 1, 2, both or none, the platform, nothing at all.
    #[test]
    fn limits_by_need() {
        const MIB: i64 = 1 << 20;
        let unset = "9223372036854771712\n";
        let machine = ("meminfo", "MemTotal: 4000000 kB\nMemAvailable:  2097152 kB\n");
        for (files, limit, total, said) in [
            (vec![], "", 1024 * MIB, "Unable to determine memory limit"),
            (vec![machine], "", 2048 * MIB, "based on 2G available memory"),
            (vec![("v1", unset), machine], "", 2048 * MIB, "based on 2G available memory"),
            (vec![("v2", "max\n"), machine], "", 2048 * MIB, "based on 2G available memory"),
            (vec![("v1", unset), ("v2", "max\n")], "", 1024 * MIB, "Unable to determine memory limit"),
            (vec![("v1", "536870912\n")], "", 512 * MIB, ""),
            (vec![("v1", unset), ("v2", "536870912\n")], "", 512 * MIB, ""),
            (vec![("v1", "402653184"), ("v2", "536870912\n")], "", 384 * MIB, ""),
            (vec![("v2", "lots\n"), machine], "", 2048 * MIB, "Unable to convert memory limit"),
            (vec![("v2", "\u{0}\u{1}")], "", 1024 * MIB, "Unable to convert memory limit"),
            (vec![("v2", "99999999999999999999999")], "", 1024 * MIB, "is not an integer"),
            (vec![("v2", "9223372036854775807")], "", limit::LARGEST, "too large"),
            (vec![("v2", "536870912\n")], "384m", 384 * MIB, ""),
            (vec![("v2", "536870912\n")], "384MB", 384 * MIB, ""),
            (vec![], " 1G ", 1024 * MIB, ""),
            (vec![], "393216k", 384 * MIB, ""),
            (vec![("v2", "536870912\n")], "384 m", 512 * MIB, "from $MEMORY_LIMIT"),
            (vec![("v2", "536870912\n")], "", 512 * MIB, ""),
        ] {
            let variables = [("BPL_JVM_MEMORY", "fit"), ("MEMORY_LIMIT", limit)];
            let given = if limit.is_empty() { &variables[..1] } else { &variables[..] };
            let found = run(&files, given).unwrap_or_else(|error| panic!("{files:?}: {}", error.text)).unwrap();
            assert_eq!(found.numbers.total, total, "{files:?} {limit}");
            let log = found.log.join("\n");
            assert!(if said.is_empty() { log.is_empty() } else { log.contains(said) }, "{files:?} {limit}: {log}");
            assert!(found.regions.heap.bytes > 0 && found.regions.heap.bytes < total, "{files:?}: {}", found.line);
        }
        for tiny in ["0", "1", "33554432"] {
            let refused = run(&[("v2", tiny)], &[("BPL_JVM_MEMORY", "fit")]).unwrap_err().text;
            assert!(refused.contains("the least that is known to work is "), "{refused}");
            assert!(refused.contains("  limit: a memory limit of at least "), "{refused}");
        }
    }

    #[test]
    fn an_unreadable_limit_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("v1")).unwrap();
        let environment = Environment::new(IMAGE.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let directories = Directories { app: Path::new("/workspace"), layers: Path::new("/layers") };
        let found = calculate(&environment, directories, &LimitFiles::below(folder.path()), Calculator::Libjvm)
            .unwrap()
            .unwrap();
        assert!(found.log[0].starts_with("WARNING: Unable to read "), "{:?}", found.log);
        assert!(found.log[0].ends_with("is a directory"), "{:?}", found.log);
    }

    #[test]
    fn modes() {
        let small = [("v2", "268435456")];
        assert!(run(&small, &[("BPL_JVM_MEMORY", "off")]).unwrap().is_none());
        let refused = run(&small, &[]).unwrap_err().text;
        assert!(refused.contains("fixed memory regions require 487304K"), "{refused}");
        assert!(!run(&small, &[("BPL_JVM_MEMORY", "fit")]).unwrap().unwrap().adapted.is_empty());
        let error = run(&small, &[("BPL_JVM_MEMORY", "auto")]).unwrap_err().text;
        assert_eq!(error, "$BPL_JVM_MEMORY must be one of fit, libjvm, v2, v3, v4, off, not auto");
    }

    #[test]
    fn agents() {
        let file = [("v2", "1073741824")];
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
            let found = run(&[("v2", "1073741824")], &variables).unwrap().unwrap();
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
            calculate(&environment, directories, &LimitFiles::below(folder.path()), Calculator::Libjvm)
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
