//! A calculator under its own name, where Cloud Foundry's droplets have a generation's: one command line for all of them,
//! that of [`crate::v4`] with more of what an application is known to be.

use crate::Calculator;
use crate::flags::{Flag, Kind, gnu};
use crate::libjvm::limit::Limit;
use crate::libjvm::{self, AgentClasses, ClassSource, Environment, Inputs, KnownClasses};
use crate::limit::{Find, Read};
use crate::outcome::Outcome;

const FLAGS: [Flag; 8] = [
    Flag { name: "class-count", kind: Kind::Int, help: "number of classes in the application and its libraries" },
    Flag { name: "head-room", kind: Kind::Int, help: "percentage of the total memory to leave unallocated" },
    Flag { name: "java", kind: Kind::Int, help: "feature release of the Java runtime" },
    Flag { name: "jvm-options", kind: Kind::Text, help: "JVM options of the user; what they fix stays" },
    Flag {
        name: "likely-class-count",
        kind: Kind::Int,
        help: "number of those that are usually loaded, by the libraries they belong to",
    },
    Flag {
        name: "loaded-class-count",
        kind: Kind::Int,
        help: "number of classes that will be loaded; fit estimates it where the class count is given",
    },
    Flag { name: "thread-count", kind: Kind::Int, help: "number of user threads" },
    Flag {
        name: "total-memory",
        kind: Kind::Text,
        help: "total memory such as 512M or 1.5G; the container's limit counts where it is less, or none is given",
    },
];

/// What messages call the numbers elsewhere, and what they are called here.
const NAMES: [(&str, &str); 8] = [
    ("$BPI_JVM_FEATURE", "--java"),
    ("$BPL_JVM_HEAD_ROOM", "--head-room"),
    ("$BPL_JVM_LOADED_CLASS_COUNT", "--loaded-class-count"),
    ("$BPL_JVM_THREAD_COUNT", "--thread-count"),
    ("BPL_JVM_LOADED_CLASS_COUNT", "--loaded-class-count"),
    ("BPL_JVM_THREAD_COUNT", "--thread-count"),
    ("$JAVA_TOOL_OPTIONS", "--jvm-options"),
    ("JAVA_TOOL_OPTIONS", "--jvm-options"),
];

/// The flags as given.
#[derive(Default)]
struct Given<'a> {
    classes: Option<&'a str>,
    head_room: Option<&'a str>,
    java: Option<&'a str>,
    likely: Option<&'a str>,
    options: Option<&'a str>,
    loaded: Option<&'a str>,
    threads: Option<&'a str>,
    total: Option<&'a str>,
}

/// What the program sees of the machine it runs on.
#[derive(Clone, Copy)]
pub struct Machine<'a> {
    /// Reads the files that tell the limit.
    pub read: &'a dyn Fn(&str) -> Read,
    /// Bytes of the file at a path; none where there is none.
    pub size_of: &'a dyn Fn(&str) -> Option<i64>,
}

/// Runs the program: `program` is its name as invoked, `args` what follows. Switches go to standard output; warnings and what
/// was fitted to standard error.
pub fn run(calculator: Calculator, program: &str, args: &[String], machine: Machine<'_>) -> Outcome {
    let mut given = Given::default();
    let parsed = gnu::parse(&FLAGS, args, |name, value| {
        let place = match name {
            "class-count" => &mut given.classes,
            "head-room" => &mut given.head_room,
            "java" => &mut given.java,
            "jvm-options" => &mut given.options,
            "likely-class-count" => &mut given.likely,
            "loaded-class-count" => &mut given.loaded,
            "thread-count" => &mut given.threads,
            _ => &mut given.total,
        };
        *place = Some(value);
        Ok(())
    });
    match parsed {
        Ok(()) => calculated(calculator, &given, machine),
        Err(gnu::Stop::Help) => Outcome::success(gnu::usage(program, &FLAGS), String::new()),
        Err(gnu::Stop::Syntax(message) | gnu::Stop::Value(message)) => {
            Outcome::failure(2, format!("{message}\n{}", gnu::usage(program, &FLAGS)))
        }
    }
}

fn calculated(calculator: Calculator, given: &Given<'_>, machine: Machine<'_>) -> Outcome {
    let counted = given.classes.filter(|_| calculator == Calculator::Fit);
    let application = match counted.map(str::parse) {
        None => 0,
        Some(Ok(count)) => count,
        Some(Err(_)) => return Outcome::failure(2, "--class-count must be a number\n"),
    };
    if counted.is_none() && given.loaded.is_none() {
        return Outcome::failure(2, "--class-count or --loaded-class-count must be specified\n");
    }
    let environment = Environment {
        java_tool_options: given.options,
        head_room: given.head_room,
        loaded_class_count: given.loaded.filter(|_| counted.is_none()),
        application_path: Some(""),
        jvm_class_count: Some("0"),
        thread_count: given.threads,
        java_feature: given.java,
        ..Environment::default()
    };
    let Machine { read, size_of } = machine;
    let total = given.total.filter(|text| !text.trim().is_empty()).map(|text| ("--total-memory", text));
    let mut limit_log = Vec::new();
    let limit = match (Find { given: total, read }).total(&mut limit_log) {
        Ok(total) => Limit::Known(total),
        Err(error) => return Outcome::failure(1, format!("{error}\n")),
    };
    let Ok(likely) = given.likely.map(str::parse).transpose() else {
        return Outcome::failure(2, "--likely-class-count must be a number\n");
    };
    let classes = Classes { known: KnownClasses { application, agents: 0, likely }, size_of };
    match calculator.calculate(&Inputs { environment, limit, classes: &classes }) {
        Ok(None) => Outcome::default(),
        Ok(Some(found)) => {
            let mut log = [limit_log, found.log].concat();
            if !found.adapted.is_empty() {
                log.push(format!("Fitted: {}", found.adapted.join(", ")));
            }
            Outcome::success(format!("{}\n", found.switches), lines(&log))
        }
        Err(error) => {
            let told = format!("{}{}{error}\n", lines(&limit_log), lines(error.log()));
            Outcome::failure(1, NAMES.iter().fold(told, |told, (variable, flag)| told.replace(variable, flag)))
        }
    }
}

/// What was counted at staging, and agents by their size.
struct Classes<'a> {
    known: KnownClasses,
    size_of: &'a dyn Fn(&str) -> Option<i64>,
}

impl ClassSource for Classes<'_> {
    fn agents(&self, paths: &[&str]) -> Result<AgentClasses, String> {
        let mut found = AgentClasses::default();
        for path in paths {
            found.uncount((self.size_of)(libjvm::agent_file(path)));
        }
        Ok(found)
    }

    fn application(&self, path: &str) -> Result<i64, String> {
        self.known.application(path)
    }

    fn likely(&self, path: &str) -> Result<Option<i64>, String> {
        self.known.likely(path)
    }
}

fn lines(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libjvm::limit::CGROUP_V2;

    fn ran(calculator: Calculator, args: &str) -> Outcome {
        ran_in("1073741824", calculator, args)
    }

    fn ran_in(limit: &str, calculator: Calculator, args: &str) -> Outcome {
        let args: Vec<String> = args.split(' ').map(str::to_owned).collect();
        let read = |path: &str| if path == CGROUP_V2 { Read::Text(limit.to_owned()) } else { Read::Missing };
        let size_of = |path: &str| (path == "/agent.jar").then_some(17_000_000);
        run(calculator, "calculator", &args, Machine { read: &read, size_of: &size_of })
    }

    #[test]
    fn every_calculator_takes_the_same_arguments() {
        let args = "--total-memory=1g --class-count=63952 --loaded-class-count=14775 --thread-count=50 --java=17 \
                    --head-room=0 --jvm-options=-Xss1m";
        for (calculator, heap) in [
            (Calculator::Fit, "-Xmx7"),
            (Calculator::Libjvm, "-Xmx6"),
            (Calculator::V2, "-Xmx6"),
            (Calculator::V3, "-Xmx6"),
            (Calculator::V4, "-Xmx6"),
        ] {
            let outcome = ran(calculator, args);
            assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{calculator}");
            assert!(outcome.stdout.contains(heap), "{calculator}: {}", outcome.stdout);
            assert!(!outcome.stdout.contains("-Xss"), "{calculator}: {}", outcome.stdout);
        }
        assert_eq!(ran(Calculator::Off, args), Outcome::default());
    }

    #[test]
    fn the_container_s_limit_counts_where_it_is_less_or_none_is_given() {
        for total in ["", "1.5G"] {
            let outcome = ran_in("268435456", Calculator::Fit, &format!("--total-memory={total} --class-count=63952"));
            assert_eq!(outcome.code, 0, "{}", outcome.stderr);
            assert!(outcome.stderr.starts_with("Fitted: C1 only, "), "{}", outcome.stderr);
        }
        let outcome = ran_in("268435456", Calculator::Libjvm, "--loaded-class-count=20000");
        assert_eq!(outcome.code, 1);
        assert!(outcome.stderr.contains("greater than 256M available"), "{}", outcome.stderr);
    }

    /// Metaspace by the classes that are likely loaded, and with an agent that is there; one that is not is told.
    #[test]
    fn libraries_and_agents_count() {
        let metaspace = |more: &str| {
            let outcome = ran(Calculator::Fit, &format!("--total-memory=1g --class-count=60000{more}"));
            let (_, after) = outcome.stdout.split_once("-XX:MaxMetaspaceSize=").unwrap();
            (after.split_once('K').unwrap().0.parse::<i64>().unwrap() >> 10, outcome.stderr)
        };
        let (few, _) = metaspace(" --likely-class-count=3000");
        let (many, _) = metaspace(" --likely-class-count=9000");
        let (with_agent, said) = metaspace(" --likely-class-count=3000 --jvm-options=-javaagent:/agent.jar=a");
        assert_eq!((few, many, with_agent, said.as_str()), (59, 110, 88, ""));
        let (missing, said) = metaspace(" --likely-class-count=3000 --jvm-options=-javaagent:/none.jar");
        assert!(missing == few && said.starts_with("WARNING: could not count classes from all agent jars"), "{said}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (args, code, said) in [
            ("--class-count=x", 2, "--class-count must be a number"),
            ("--class-count=1 --likely-class-count=x", 2, "--likely-class-count must be a number"),
            ("--java=17", 2, "--class-count or --loaded-class-count must be specified"),
            ("--class-count=1 --java=x", 1, "unable to convert --java=x to integer"),
            ("--class-count=60000 --total-memory=64m", 1, "  limit: a memory limit of at least "),
            ("--class-count=1 --total-memory=512", 1, "--total-memory=512 is not a memory limit: a size needs a unit"),
            ("--class-count=1 --total-memory=-1G", 1, "--total-memory=-1G is not a memory limit"),
            ("--classes=1", 2, "unknown flag: --classes\nUsage of calculator:"),
        ] {
            let outcome = ran(Calculator::Fit, args);
            assert_eq!(outcome.code, code, "{args}");
            assert!(outcome.stderr.contains(said), "{args}: {}", outcome.stderr);
        }
        assert!(ran(Calculator::V4, "--help").stdout.contains("--loaded-class-count int"));
    }
}
