//! `stage memory APP`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::str::FromStr;

use buildpacks::java::container::Detection;
use buildpacks::java::{MemoryPlan, WebApplication};
use clap::Args;
use memcalc::explain::{self, Explanation};
use memcalc::fit::{Classes, Facts, Needs};
use memcalc::libjvm::{DEFAULT_THREADS, Request};
use memcalc::size;
use serde::Serialize;
use serde_json::Value;

use super::args::{CacheArgs, ChoiceArgs, PrintArgs};
use super::environment::Environment;
use super::stage::failure;
use super::{Exit, Failure, printer, settings};
use crate::pipeline;

/// Threads of an application without servlets.
const REACTIVE_THREADS: i64 = 50;

#[derive(Debug, Args)]
pub(super) struct MemoryArgs {
    /// The application: a jar, a folder, a tar
    app: PathBuf,
    /// Memory limit of the container, such as 256M or 1G, repeatable
    #[arg(long = "limit", value_name = "SIZE", required = true)]
    limits: Vec<Limit>,
    /// Threads at most [default: 250 with servlets or a pool of blocking threads, else 50]
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    /// Feature release of the Java runtime, such as 21; no runtime is chosen then
    #[arg(long, value_name = "N", conflicts_with = "jre")]
    java: Option<u32>,
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    print: PrintArgs,
}

/// A memory limit, and how it was typed.
#[derive(Clone, Debug)]
struct Limit {
    text: String,
    bytes: i64,
}

impl FromStr for Limit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = size::parse_digits(text, "bkmgt").map_err(|_| "a number with b, k, m, g or t is needed")?;
        Ok(Self { text: text.to_owned(), bytes })
    }
}

/// The memory does not suffice.
#[derive(Debug, thiserror::Error)]
#[error("It does not fit a limit of {0}")]
struct DoesNotFit(String);

/// A number and where it came from.
#[derive(Serialize)]
struct Input {
    value: i64,
    origin: String,
}

/// What the sizes are calculated from.
#[derive(Serialize)]
struct Inputs {
    java: Input,
    application_classes: Input,
    loaded_classes: Input,
    threads: Input,
    /// Whether the image will calculate.
    calculator: bool,
}

/// The answer for programs.
#[derive(Serialize)]
struct MemoryExplained<'a> {
    #[serde(flatten)]
    inputs: &'a Inputs,
    limits: Vec<Value>,
}

pub(super) fn run(args: &MemoryArgs, environment: &Environment) -> Result<(), Failure> {
    let inputs = inputs(args, environment)?;
    let explained: Vec<(&Limit, Explanation)> =
        args.limits.iter().map(|limit| (limit, inputs.explain(limit.bytes))).collect();
    if args.print.json {
        let limits = explained.iter().map(|(_, explanation)| serde_json::from_str(&explanation.json()));
        let limits = limits.collect::<Result<_, _>>()?;
        printer::json(&MemoryExplained { inputs: &inputs, limits })?;
    } else if !args.print.quiet {
        printer::data(&human(&inputs, &explained))?;
    }
    match explained.iter().find(|(_, explanation)| explanation.failure.is_some()) {
        Some((limit, _)) => {
            Err(Failure { error: Box::new(DoesNotFit(limit.text.clone())), hint: None, exit: Exit::Failed })
        }
        None => Ok(()),
    }
}

fn inputs(args: &MemoryArgs, environment: &Environment) -> Result<Inputs, Failure> {
    let threads = args.threads.map(|threads| Input::new(threads.into(), "--threads"));
    if let Some(java) = args.java {
        let detection = pipeline::detect_built_in(&args.app, &environment.for_detection()).map_err(failure)?;
        let web = detection.facts.web;
        let pooled = matches!(web, WebApplication::Servlet | WebApplication::Blocking);
        let default = if pooled { DEFAULT_THREADS } else { REACTIVE_THREADS };
        let threads = threads.unwrap_or_else(|| Input::new(default, kind(&detection)));
        return Ok(Inputs::new(Input::new(java.into(), "--java"), detection.facts.class_count, threads));
    }
    let settings = settings::for_plan(args.app.clone(), &args.choice, &args.cache, environment)?;
    let plan = pipeline::plan(&settings).map_err(failure)?;
    let MemoryPlan { enabled, java_feature, application_class_count, thread_count, .. } = plan.memory;
    let jre = &plan.jre.dependency;
    let java = Input::new(java_feature.into(), format!("{} {}", jre.id, jre.version));
    let threads = threads.unwrap_or_else(|| Input::new(number(thread_count), kind(&plan.detection)));
    Ok(Inputs { calculator: enabled, ..Inputs::new(java, application_class_count, threads) })
}

fn kind(detection: &Detection) -> &'static str {
    match detection.facts.web {
        WebApplication::Servlet => "servlets",
        WebApplication::Reactive => "an event loop",
        WebApplication::Blocking => "a pool of blocking threads",
        WebApplication::None => "no web application",
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Input {
    fn new(value: i64, origin: impl Into<String>) -> Self {
        Self { value, origin: origin.into() }
    }
}

impl Inputs {
    fn new(java: Input, application: u64, threads: Input) -> Self {
        let application_classes = Input::new(number(application), "counted in the application");
        let loaded_classes = Input::new(0, "estimated from the application's classes");
        let mut inputs = Self { java, application_classes, loaded_classes, threads, calculator: true };
        inputs.loaded_classes.value = Needs::of(&inputs.facts(0)).classes.usual;
        inputs
    }

    fn facts(&self, total: i64) -> Facts {
        Facts {
            total,
            head_room: 0,
            threads: self.threads.value,
            classes: Classes::Present(self.application_classes.value),
            java: (self.java.value > 0).then_some(self.java.value),
            profile: None,
        }
    }

    fn explain(&self, total: i64) -> Explanation {
        explain::fitted(&Request::default(), &self.facts(total), "")
    }
}

fn human(inputs: &Inputs, explained: &[(&Limit, Explanation)]) -> String {
    let mut out = String::new();
    for (name, input) in [
        ("Java", &inputs.java),
        ("classes of the application", &inputs.application_classes),
        ("classes expected to be loaded", &inputs.loaded_classes),
        ("threads", &inputs.threads),
    ] {
        let _ = writeln!(out, "{name:<29}  {:>6}  ({})", input.value, input.origin);
    }
    for (limit, explanation) in explained {
        let _ = write!(out, "\nlimit {}\n{}", limit.text, explanation.table());
    }
    if !inputs.calculator {
        out.push_str("\nnote: the image has no memory calculator, so the JVM decides by itself\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_has_its_table_and_every_input_its_origin() {
        let inputs = Inputs::new(Input::new(21, "--java"), 63_952, Input::new(250, "--threads"));
        assert!((10_000..14_000).contains(&inputs.loaded_classes.value), "{}", inputs.loaded_classes.value);
        let limits = ["128M", "256M", "1G"].map(|text| text.parse::<Limit>().unwrap());
        let explained: Vec<_> = limits.iter().map(|limit| (limit, inputs.explain(limit.bytes))).collect();
        let text = human(&inputs, &explained);
        assert!(text.starts_with("Java                               21  (--java)\n"), "{text}");
        for (limit, part) in limits.iter().zip(["Any one of these would do", "Fitted: ", "together "]) {
            let (_, table) = text.split_once(&format!("\nlimit {}\n", limit.text)).unwrap();
            assert!(table.contains(part), "{text}");
        }
    }

    #[test]
    fn limits_need_no_unit_but_a_number() {
        assert_eq!("1048576".parse::<Limit>().unwrap().bytes, "1M".parse::<Limit>().unwrap().bytes);
        "1.5G".parse::<Limit>().unwrap_err();
    }
}
