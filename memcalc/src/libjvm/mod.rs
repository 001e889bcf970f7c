//! The calculation Paketo's libjvm helper does when a container starts.
//!
//! Everything is read beforehand and passed in; nothing here touches files or the environment:
//!
//! ```
//! use memcalc::libjvm::{self, Environment, Inputs, KnownClasses, limit};
//!
//! let variables = [("BPI_JVM_CLASS_COUNT", "27000"), ("BPI_APPLICATION_PATH", "/workspace"), ("BPL_JVM_THREAD_COUNT", "50")];
//! let lookup = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
//!
//! let inputs = Inputs {
//!     environment: Environment::read(lookup),
//!     limit: limit::Limit::Files(limit::Sources {
//!         cgroup_v2: limit::File::found(limit::CGROUP_V2, "1073741824\n"),
//!         ..limit::Sources::default()
//!     }),
//!     classes: &KnownClasses { application: 6_300, ..KnownClasses::default() },
//! };
//! let calculation = libjvm::calculate(&inputs)?;
//! assert_eq!(
//!     calculation.java_tool_options,
//!     "-XX:MaxDirectMemorySize=10M -Xmx661689K -XX:MaxMetaspaceSize=79686K -XX:ReservedCodeCacheSize=240M -Xss1M"
//! );
//! assert!(calculation.line.ends_with("(Total Memory: 1G, Thread Count: 50, Loaded Class Count: 11655, Headroom: 0%)"));
//! # Ok::<(), libjvm::Error>(())
//! ```
//!
//! * [`Inputs`] = [`Environment`] (the `BPL_*`, `BPI_*` variables and `JAVA_TOOL_OPTIONS`) + [`limit::Limit`] (known, or
//!   texts of the cgroup and meminfo files) + a [`ClassSource`] (who counts the application's and the agents' classes;
//!   [`KnownClasses`] when that was done earlier).
//! * [`calculate`] is exact to the original, [`crate::fit::calculate`] takes the same inputs and adapts to small limits.
//! * [`Calculation`] = new `JAVA_TOOL_OPTIONS`, the one configuration line, log lines before it, and the regions.
//! * [`Error`]: `Display` is the original's text, [`Error::log`] the log lines written before it failed.

mod classes;
mod error;
pub mod limit;
mod regions;

pub use classes::{AgentClasses, ClassSource, KnownClasses, LOAD_FACTOR, agent_file, agent_paths, loaded_classes};
pub(crate) use classes::{Counted, counted, loaded_of_agents};
pub use error::Error;
pub use regions::{
    CLASS_OVERHEAD, CLASS_SIZE, CODE_CACHE, CODE_CACHE_SWITCH, DIRECT, DIRECT_SWITCH, HEAP_SWITCH, METASPACE_SWITCH,
    Origin, Region, RegionError, Regions, Request, STACK, STACK_SWITCH, Stage, metaspace_estimate,
};

use crate::{go, size};

/// Threads assumed when `BPL_JVM_THREAD_COUNT` is not set.
pub const DEFAULT_THREADS: i64 = 250;

/// The variables the calculation looks at. `None` means not set; set but empty is something else and mostly an error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment<'a> {
    /// `JAVA_TOOL_OPTIONS`: the user's options; each region they give is taken as it is.
    pub java_tool_options: Option<&'a str>,
    /// `BPL_JVM_HEAD_ROOM`: percent of the total to leave unused, default 0.
    pub head_room: Option<&'a str>,
    /// `BPL_JVM_HEADROOM`: the older name, still honoured with a warning.
    pub headroom_deprecated: Option<&'a str>,
    /// `BPL_JVM_LOADED_CLASS_COUNT`: used as it is, instead of counting.
    pub loaded_class_count: Option<&'a str>,
    /// `BPI_APPLICATION_PATH`: where the application's classes are.
    pub application_path: Option<&'a str>,
    /// `BPI_JVM_CLASS_COUNT`: classes of the Java runtime, counted when the image was built.
    pub jvm_class_count: Option<&'a str>,
    /// `BPL_JVM_CLASS_ADJUSTMENT`: `N%` of the count, or a number to add to it.
    pub class_adjustment: Option<&'a str>,
    /// `BPL_JVM_THREAD_COUNT`: default [`DEFAULT_THREADS`].
    pub thread_count: Option<&'a str>,
    /// `BP_LOG_LEVEL`: `debug` (any case) logs how the class count came about.
    pub log_level: Option<&'a str>,
    /// `BP_DEBUG`: the older name of the same; its presence is enough.
    pub debug: Option<&'a str>,
    /// `BPI_JVM_FEATURE`: feature release of the Java runtime. Not the original's; only [`crate::fit`] looks at it.
    pub java_feature: Option<&'a str>,
    /// `BPI_JVM_PROFILE`: what was measured of the application, see [`crate::fit::Profile`]. Not the original's either.
    pub profile: Option<&'a str>,
}

impl<'a> Environment<'a> {
    /// Picks the variables from any lookup.
    pub fn read(lookup: impl Fn(&str) -> Option<&'a str>) -> Self {
        Self {
            java_tool_options: lookup("JAVA_TOOL_OPTIONS"),
            head_room: lookup("BPL_JVM_HEAD_ROOM"),
            headroom_deprecated: lookup("BPL_JVM_HEADROOM"),
            loaded_class_count: lookup("BPL_JVM_LOADED_CLASS_COUNT"),
            application_path: lookup("BPI_APPLICATION_PATH"),
            jvm_class_count: lookup("BPI_JVM_CLASS_COUNT"),
            class_adjustment: lookup("BPL_JVM_CLASS_ADJUSTMENT"),
            thread_count: lookup("BPL_JVM_THREAD_COUNT"),
            log_level: lookup("BP_LOG_LEVEL"),
            debug: lookup("BP_DEBUG"),
            java_feature: lookup("BPI_JVM_FEATURE"),
            profile: lookup("BPI_JVM_PROFILE"),
        }
    }

    fn debugging(&self) -> bool {
        self.debug.is_some() || self.log_level.is_some_and(|level| level.eq_ignore_ascii_case("debug"))
    }
}

/// Everything the calculation depends on.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The variables.
    pub environment: Environment<'a>,
    /// The memory limit.
    pub limit: limit::Limit<'a>,
    /// Who knows the class counts of application and agents.
    pub classes: &'a dyn ClassSource,
}

/// The numbers the inputs amount to, before any region is sized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Memory limit in bytes.
    pub total: i64,
    /// Threads whose stacks are paid for.
    pub threads: i64,
    /// Classes expected to be loaded.
    pub classes: i64,
    /// Percent of the total left unused.
    pub head_room: i64,
}

/// A successful calculation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calculation {
    /// New value of `JAVA_TOOL_OPTIONS`: the user's options as they were, then the calculated switches.
    pub java_tool_options: String,
    /// Only the calculated switches, blank separated.
    pub switches: String,
    /// The one line to print: `Calculated JVM Memory Configuration: ...`.
    pub line: String,
    /// Lines to print before it: warnings, and where the limit came from.
    pub log: Vec<String>,
    /// The numbers it was calculated from.
    pub numbers: Numbers,
    /// Every region with size and origin.
    pub regions: Regions,
    /// What [`crate::fit`] changed, in words; empty when the original's figures stand.
    pub adapted: Vec<String>,
}

impl Calculation {
    /// Composes texts from regions and `more` switches; `adapted` goes into the line.
    pub(crate) fn compose(
        environment: &Environment<'_>,
        numbers: Numbers,
        regions: Regions,
        more: Vec<String>,
        adapted: Vec<String>,
        log: Vec<String>,
    ) -> Self {
        let mut switches = regions.calculated_switches();
        switches.extend(more);
        Self::assemble(environment, numbers, regions, &switches.join(" "), adapted, log)
    }

    /// Composes texts from the switches that another program calculated.
    pub(crate) fn of_switches(
        environment: &Environment<'_>,
        numbers: Numbers,
        switches: &str,
        log: Vec<String>,
    ) -> Self {
        let user = Request::from_options(environment.java_tool_options.unwrap_or_default()).unwrap_or_default();
        let regions = Regions::of_switches(&user, switches, &numbers);
        Self::assemble(environment, numbers, regions, switches, Vec::new(), log)
    }

    fn assemble(
        environment: &Environment<'_>,
        numbers: Numbers,
        regions: Regions,
        switches: &str,
        adapted: Vec<String>,
        log: Vec<String>,
    ) -> Self {
        let mut parts: Vec<&str> = environment.java_tool_options.into_iter().collect();
        if !switches.is_empty() {
            parts.push(switches);
        }
        let java_tool_options = parts.join(" ");
        let mut line = format!(
            "Calculated JVM Memory Configuration: {switches} (Total Memory: {}, Thread Count: {}, Loaded Class Count: {}, Headroom: {}%",
            size::print(numbers.total),
            numbers.threads,
            numbers.classes,
            numbers.head_room,
        );
        if !adapted.is_empty() {
            line.push_str("; fitted: ");
            line.push_str(&adapted.join(", "));
        }
        line.push(')');
        Self { java_tool_options, switches: switches.to_owned(), line, log, numbers, regions, adapted }
    }
}

/// Calculates exactly as the original.
///
/// # Errors
/// [`Error`] when a variable is malformed, classes cannot be counted, or the memory does not suffice.
pub fn calculate(inputs: &Inputs<'_>) -> Result<Calculation, Error> {
    let mut log = Vec::new();
    match calculate_logged(inputs, &mut log) {
        Ok((numbers, regions)) => {
            Ok(Calculation::compose(&inputs.environment, numbers, regions, Vec::new(), Vec::new(), log))
        }
        Err(text) => Err(Error::new(text, log)),
    }
}

fn calculate_logged(inputs: &Inputs<'_>, log: &mut Vec<String>) -> Result<(Numbers, Regions), String> {
    let numbers = numbers(inputs, log)?;
    let request = request(inputs)?;
    let regions = request.calculate(&numbers).map_err(|error| format!("{FAILED}\n{error}"))?;
    Ok((numbers, regions))
}

/// First line of every failure of the calculation proper.
pub(crate) const FAILED: &str = "unable to calculate memory configuration";

/// The regions the user's options fix.
pub(crate) fn request(inputs: &Inputs<'_>) -> Result<Request, String> {
    Request::from_options(inputs.environment.java_tool_options.unwrap_or_default())
        .map_err(|error| format!("{FAILED}\nunable to create memory regions from flags\n{error}"))
}

/// Reads the variables in the original's order; the first failure ends it.
pub(crate) fn numbers(inputs: &Inputs<'_>, log: &mut Vec<String>) -> Result<Numbers, String> {
    let environment = &inputs.environment;
    let mut head_room = 0;
    if let Some(text) = environment.headroom_deprecated {
        head_room = integer("BPL_JVM_HEADROOM", text)?;
        log.push(
            "WARNING: BPL_JVM_HEADROOM is deprecated and will be removed, please switch to BPL_JVM_HEAD_ROOM"
                .to_owned(),
        );
    }
    if let Some(text) = environment.head_room {
        head_room = integer("BPL_JVM_HEAD_ROOM", text)?;
        if environment.headroom_deprecated.is_some() {
            log.push(
                "WARNING: You have set both BPL_JVM_HEAD_ROOM and BPL_JVM_HEADROOM. BPL_JVM_HEADROOM has been deprecated, so it will be ignored."
                    .to_owned(),
            );
        }
    }
    let classes = match environment.loaded_class_count {
        Some(text) => integer("BPL_JVM_LOADED_CLASS_COUNT", text)?,
        None => classes::loaded(environment, inputs.classes, log)?,
    };
    let threads = match environment.thread_count {
        Some(text) => integer("BPL_JVM_THREAD_COUNT", text)?,
        None => DEFAULT_THREADS,
    };
    let total = inputs.limit.total(log);
    Ok(Numbers { total, threads, classes, head_room })
}

pub(crate) fn integer(name: &str, text: &str) -> Result<i64, String> {
    go::parse_int("Atoi", text).map_err(|error| format!("unable to convert ${name}={text} to integer\n{error}"))
}
