//! Which calculation: by need, or that of a buildpack's generation.

use std::fmt;
use std::str::FromStr;

use crate::libjvm::{self, Calculation, Error, FAILED, Inputs, Numbers};
use crate::outcome::{Compat, Outcome};
use crate::{fit, shellwords, size, v2, v3, v4};

/// A calculation of the JVM's memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Calculator {
    /// By what the application needs: [`crate::fit`].
    #[default]
    Fit,
    /// Paketo's libjvm: [`crate::libjvm`].
    Libjvm,
    /// Cloud Foundry's Java buildpack 3.x, with the settings of 3.8: [`crate::v2`].
    V2,
    /// Cloud Foundry's Java buildpack 4.x: [`crate::v3`].
    V3,
    /// Cloud Foundry's Java buildpack 5.x: [`crate::v4`].
    V4,
    /// None: the JVM decides.
    Off,
}

/// Names of all calculators.
const NAMES: [(&str, Calculator); 6] = [
    ("fit", Calculator::Fit),
    ("libjvm", Calculator::Libjvm),
    ("v2", Calculator::V2),
    ("v3", Calculator::V3),
    ("v4", Calculator::V4),
    ("off", Calculator::Off),
];

/// Threads that the buildpack 3.8 counts with unless it is told.
const V2_THREADS: i64 = 300;
/// Its other settings.
const V2_SETTINGS: [&str; 3] = [
    "-memorySizes=metaspace:64m..,stack:228k..",
    "-memoryWeights=heap:65,metaspace:10,native:15,stack:10",
    "-memoryInitials=heap:100%,metaspace:100%",
];

/// Its switches that do not go with one of the user's: by that, and by what they start with.
const V2_FIXED: [(&str, &[&str]); 8] = [
    ("-Xmx", &["-Xmx", "-Xms"]),
    ("-XX:MaxHeapSize=", &["-Xmx", "-Xms"]),
    ("-Xms", &["-Xms"]),
    ("-XX:InitialHeapSize=", &["-Xms"]),
    ("-XX:MaxMetaspaceSize=", &["-XX:MaxMetaspaceSize=", "-XX:MetaspaceSize="]),
    ("-XX:MetaspaceSize=", &["-XX:MetaspaceSize="]),
    ("-Xss", &["-Xss"]),
    ("-XX:ThreadStackSize=", &["-Xss"]),
];

impl Calculator {
    /// The names, for messages.
    pub fn names() -> String {
        let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }

    /// Calculates; none when it is [`Calculator::Off`].
    ///
    /// # Errors
    /// [`Error`] when a variable is malformed or the memory does not suffice.
    pub fn calculate(self, inputs: &Inputs<'_>) -> Result<Option<Calculation>, Error> {
        match self {
            Self::Off => Ok(None),
            Self::Fit => fit::calculate(inputs).map(Some),
            Self::Libjvm => libjvm::calculate(inputs).map(Some),
            Self::V2 | Self::V3 | Self::V4 => self.as_program(inputs).map(Some),
        }
    }

    /// Calculates as the generation's program does when the buildpack calls it.
    fn as_program(self, inputs: &Inputs<'_>) -> Result<Calculation, Error> {
        let mut log = Vec::new();
        let numbers = match libjvm::numbers(inputs, &mut log) {
            Ok(numbers) => numbers,
            Err(text) => return Err(Error::new(text, log)),
        };
        let counted = match (self, inputs.environment.thread_count) {
            (Self::V2, None) => Numbers { threads: V2_THREADS, ..numbers },
            _ => numbers,
        };
        let outcome = self.run(inputs.environment.java_tool_options.unwrap_or_default(), &counted);
        if outcome.code != 0 {
            let text = format!("{FAILED}\n{}", outcome.stderr.trim_end());
            return Err(Error::new(text, log));
        }
        log.extend(outcome.stderr.lines().map(str::to_owned));
        Ok(Calculation::of_switches(&inputs.environment, counted, outcome.stdout.trim(), log))
    }

    /// Runs the generation's program as its buildpack does, with the user's `options`. Of the options only the programs of
    /// the later generations know: what the first says of a region that they fix is left out.
    pub(crate) fn run(self, options: &str, numbers: &Numbers) -> Outcome {
        let Numbers { total, threads, classes, head_room } = *numbers;
        let run = |run: fn(&str, &[String], Compat) -> Outcome, arguments: Vec<String>| {
            run("memory-calculator", &arguments, Compat::Exact)
        };
        match self {
            Self::V2 => {
                let own = [format!("-stackThreads={threads}"), format!("-totMemory={}k", total / size::KIBI)];
                let outcome = run(v2::run, V2_SETTINGS.map(str::to_owned).into_iter().chain(own).collect());
                Outcome { stdout: not_fixed(&outcome.stdout, options), ..outcome }
            }
            Self::V3 => run(
                v3::run,
                vec![
                    format!("-totMemory={}k", total / size::KIBI),
                    format!("-stackThreads={threads}"),
                    format!("-loadedClasses={classes}"),
                    "-poolType=metaspace".to_owned(),
                    format!("-headRoom={head_room}"),
                    format!("-vmOptions={options}"),
                ],
            ),
            _ => run(
                v4::run,
                vec![
                    format!("--total-memory={total}"),
                    format!("--thread-count={threads}"),
                    format!("--loaded-class-count={classes}"),
                    format!("--head-room={head_room}"),
                    format!("--jvm-options={options}"),
                ],
            ),
        }
    }
}

/// The switches without those of regions that the user's options fix, first sizes included.
fn not_fixed(switches: &str, options: &str) -> String {
    let words = shellwords::split(options).unwrap_or_default();
    let is_fixed = |switch: &str| {
        V2_FIXED.iter().any(|(user, ours)| {
            ours.iter().any(|prefix| switch.starts_with(prefix)) && words.iter().any(|word| word.starts_with(user))
        })
    };
    let kept: Vec<&str> = switches.split_whitespace().filter(|switch| !is_fixed(switch)).collect();
    kept.join(" ")
}

impl FromStr for Calculator {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, calculator)| *calculator).ok_or_else(|| format!("`{text}` is none of {}", Self::names()))
    }
}

impl fmt::Display for Calculator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.iter().find(|(_, calculator)| calculator == self).map_or("", |(name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libjvm::{Environment, KnownClasses, limit::Limit};

    fn switches(calculator: Calculator, limit: &str, options: Option<&str>) -> Result<String, String> {
        let environment = Environment {
            java_tool_options: options,
            loaded_class_count: Some("20000"),
            thread_count: Some("50"),
            ..Environment::default()
        };
        let limit = Limit::Known(size::parse(limit).unwrap());
        let calculated = calculator.calculate(&Inputs { environment, limit, classes: &KnownClasses::default() });
        calculated.map(|found| found.unwrap().java_tool_options).map_err(|error| error.to_string())
    }

    #[test]
    fn every_generation_calculates_as_its_program() {
        for (calculator, expected) in [
            (
                Calculator::V2,
                "-Xms681574K -XX:MetaspaceSize=104857K -Xmx681574K -XX:MaxMetaspaceSize=104857K -Xss2097K",
            ),
            (
                Calculator::V3,
                "-Xmx614422K -Xss1M -XX:ReservedCodeCacheSize=240M -XX:MaxDirectMemorySize=10M -XX:MaxMetaspaceSize=126953K",
            ),
            (
                Calculator::V4,
                "-XX:MaxDirectMemorySize=10M -XX:MaxMetaspaceSize=126953K -XX:ReservedCodeCacheSize=240M -Xss1M -Xmx614422K",
            ),
        ] {
            assert_eq!(switches(calculator, "1g", None).as_deref(), Ok(expected), "{calculator}");
        }
    }

    #[test]
    fn options_stay_and_too_little_memory_is_an_error() {
        assert!(switches(Calculator::V4, "1g", Some("-Xmx100m")).unwrap().starts_with("-Xmx100m -XX:MaxDirect"));
        assert!(switches(Calculator::V4, "256m", None).unwrap_err().starts_with("unable to calculate"));
    }

    #[test]
    fn the_first_generation_leaves_out_what_the_user_fixed() {
        for (options, expected) in [
            ("-Xmx100m", "-Xmx100m -XX:MetaspaceSize=104857K -XX:MaxMetaspaceSize=104857K -Xss2097K"),
            ("-XX:MaxMetaspaceSize=90m", "-XX:MaxMetaspaceSize=90m -Xms681574K -Xmx681574K -Xss2097K"),
            (
                "-Xms1m -XX:MetaspaceSize=1m -Xss1m",
                "-Xms1m -XX:MetaspaceSize=1m -Xss1m -Xmx681574K -XX:MaxMetaspaceSize=104857K",
            ),
        ] {
            assert_eq!(switches(Calculator::V2, "1g", Some(options)).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn names_read_back() {
        for (name, calculator) in NAMES {
            assert_eq!(name.parse::<Calculator>().unwrap().to_string(), name);
            assert_eq!(calculator.to_string(), name);
        }
        assert_eq!("v5".parse::<Calculator>().unwrap_err(), "`v5` is none of fit, libjvm, v2, v3, v4, off");
    }
}
