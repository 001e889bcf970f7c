//! `stage memory APP|IMAGE`: what the launcher would do with each limit, and from what.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::str::FromStr;

use buildpacks::application::Application;
use buildpacks::java::container::Detection;
use buildpacks::java::{MemoryPlan, WebApplication};
use clap::Args;
use memcalc::explain::{self, Explanation};
use memcalc::fit::{self, Classes, Facts, Needs, Options, Profile};
use memcalc::libjvm::{DEFAULT_THREADS, KnownClasses, Request, loaded_classes};
use memcalc::{Calculator, size};
use schemars::JsonSchema;
use serde::Serialize;

use super::args::{CacheArgs, ChoiceArgs, PrintArgs};
use super::environment::Environment;
use super::limit_explained::LimitExplained;
use super::measure::image_named;
use super::problem::{Code, Place, Problem};
use super::{Failure, Reply, Schema, inspect, settings};
use crate::image::base::{BaseRequest, HostRoot, Platform, open};
use crate::image::{LayerError, MEMORY_PROFILE_VARIABLE, MemoryFacts};
use crate::pipeline;

/// The limit that is explained when none is asked for: Cloud Foundry's default.
const DEFAULT_LIMIT: (&str, i64) = ("1G", 1 << 30);
/// Threads of an application without servlets.
const REACTIVE_THREADS: i64 = 50;

#[derive(Debug, Args)]
pub(super) struct MemoryArgs {
    /// The application: a jar, a folder, a tar; or an image that was staged, oci:DIR[:TAG], oci-archive:FILE[:TAG]
    #[arg(value_name = "APP|IMAGE")]
    pub(super) app: PathBuf,
    /// Memory limit of the container, such as 256M or 1.5G, repeatable [default: 1G]
    #[arg(long = "limit", value_name = "SIZE")]
    limits: Vec<Limit>,
    /// Threads at most [default: 250 with servlets or a pool of blocking threads, else 50]
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    /// Options the JVM will be given; what they fix is not calculated
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true, default_value = "", hide_default_value = true)]
    jvm_options: String,
    /// Feature release of the Java runtime, such as 21; no runtime is chosen then
    #[arg(long, value_name = "N", conflicts_with = "jre")]
    java: Option<u32>,
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    pub(super) print: PrintArgs,
}

impl MemoryArgs {
    /// The limits that were typed, else the one that platforms give by default.
    fn limits(&self) -> Vec<Limit> {
        let (text, bytes) = DEFAULT_LIMIT;
        if self.limits.is_empty() { vec![Limit { text: text.to_owned(), bytes }] } else { self.limits.clone() }
    }
}

/// A memory limit, and how it was typed.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    text: String,
    pub(super) bytes: i64,
}

impl FromStr for Limit {
    type Err = size::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self { text: text.to_owned(), bytes: size::parse(text)? })
    }
}

/// The memory does not suffice.
#[derive(Debug, thiserror::Error)]
#[error("It does not fit a limit of {limit}")]
struct DoesNotFit {
    limit: String,
    /// The application, where measuring may help.
    measurable: Option<PathBuf>,
}

impl Problem for DoesNotFit {
    fn code(&self) -> Code {
        Code::MemoryTooSmall
    }

    fn advice(&self) -> Option<String> {
        let app = self.measurable.as_ref()?;
        Some(format!("Less may do than is estimated: `stage measure {}` finds out", app.display()))
    }
}

/// An explanation that is no JSON.
#[derive(Debug, thiserror::Error)]
#[error("The explanation cannot be read back")]
struct ExplanationError(#[source] serde_json::Error);

impl Problem for ExplanationError {
    fn code(&self) -> Code {
        Code::Defect
    }
}

/// What `--java` leaves unknown.
#[derive(Debug, thiserror::Error)]
#[error("`--java` counts no classes of a runtime, which the calculator {0} goes by")]
struct NoRuntimeError(Calculator);

impl Problem for NoRuntimeError {
    fn code(&self) -> Code {
        Code::UsageArguments
    }

    fn advice(&self) -> Option<String> {
        Some("`--jre 17` chooses a runtime that is in the cache".to_owned())
    }
}

/// An image whose memory cannot be told.
#[derive(Debug, thiserror::Error)]
enum ImageMemoryError {
    /// Another program made it.
    #[error("`{0}` was not staged by this program: nothing in it says how its memory is divided")]
    Foreign(String),
    /// Another version of this program made it.
    #[error("The image has a memory calculator that this program has not: {0}")]
    Calculator(String),
    /// It has its runtime.
    #[error("`--java` is for applications: the image has its runtime")]
    Java,
}

impl Problem for ImageMemoryError {
    fn code(&self) -> Code {
        match self {
            Self::Foreign(_) | Self::Calculator(_) => Code::BaseInvalid,
            Self::Java => Code::UsageArguments,
        }
    }
}

impl Problem for LayerError {
    fn code(&self) -> Code {
        Place::Input.code(&self.source)
    }
}

/// Options that no JVM takes.
#[derive(Debug, thiserror::Error)]
#[error("`--jvm-options`: {}", .0.replace('\n', ": "))]
struct OptionsError(String);

impl Problem for OptionsError {
    fn code(&self) -> Code {
        Code::UsageValue
    }
}

/// A number and where it came from.
#[derive(Serialize, JsonSchema)]
struct Input {
    /// The number.
    value: i64,
    /// Where it came from.
    origin: String,
}

/// What was measured of the application, and where that was read.
#[derive(Serialize, JsonSchema)]
struct ProfileInput {
    #[serde(rename = "value", serialize_with = "as_text")]
    #[schemars(with = "String")]
    profile: Profile,
    /// Where it was read.
    origin: String,
}

/// What the sizes are calculated from.
#[derive(Serialize, JsonSchema)]
struct Inputs {
    /// Name of the calculator.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    calculator: Calculator,
    /// Whether the image will calculate.
    in_image: bool,
    /// Feature release of Java.
    java: Input,
    /// Classes of the application and its libraries.
    application_classes: Input,
    /// Those of them that are usually loaded.
    likely_classes: Input,
    /// Of the runtime, where one was chosen.
    runtime_classes: Option<Input>,
    /// Classes expected to be loaded.
    loaded_classes: Input,
    /// Threads at most.
    threads: Input,
    /// What was measured of the application.
    profile: Option<ProfileInput>,
    /// What a person should know.
    notes: Vec<String>,
    #[serde(skip)]
    options: String,
    #[serde(skip)]
    request: Request,
}

/// The answer for programs.
#[derive(Serialize, JsonSchema)]
pub(super) struct MemoryExplained<'a> {
    #[serde(flatten)]
    inputs: &'a Inputs,
    /// Each limit that was asked for.
    limits: Vec<LimitExplained>,
}

fn as_text<S: serde::Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

pub(super) fn run(args: &MemoryArgs, environment: &Environment) -> Result<Reply, Failure> {
    let mut inputs = inputs(args, environment)?;
    let limits = args.limits();
    if args.limits.is_empty() {
        inputs
            .notes
            .push(format!("No `--limit` was given: {} is what Cloud Foundry gives by default", DEFAULT_LIMIT.0));
    }
    let explained: Vec<(&Limit, Explanation)> =
        limits.iter().filter_map(|limit| Some((limit, inputs.explain(limit.bytes)?))).collect();
    let answers = explained.iter().map(|(_, explanation)| LimitExplained::of(explanation));
    let answers = answers.collect::<Result<_, _>>().map_err(ExplanationError)?;
    let document = MemoryExplained { inputs: &inputs, limits: answers };
    let text = human(&inputs, &explained);
    let Some((limit, _)) = explained.iter().find(|(_, explanation)| explanation.failure.is_some()) else {
        return Reply::new(Schema::Memory, &document, text);
    };
    let error = DoesNotFit {
        limit: limit.text.clone(),
        measurable: (inputs.calculator == Calculator::Fit && inputs.profile.is_none()).then(|| args.app.clone()),
    };
    let failure = Failure { input: Some(args.app.display().to_string()), ..error.into() };
    Reply::failing(Schema::Memory, &document, text, failure)
}

fn inputs(args: &MemoryArgs, environment: &Environment) -> Result<Inputs, Failure> {
    let image = image_named(&args.app, &args.choice)?.map(|name| image_facts(name, args.java)).transpose()?;
    let calculator = match &image {
        Some(facts) => facts.calculator().parse().map_err(ImageMemoryError::Calculator)?,
        None => args.choice.memory_calculator.unwrap_or_default(),
    };
    let options = args.jvm_options.clone();
    let request = match calculator {
        Calculator::Fit => fit::request(&options),
        _ => Request::from_options(&options),
    };
    let request = request.map_err(OptionsError)?;
    let asked = args.threads.map(|threads| Input::new(threads.into(), "--threads"));
    let mut inputs = match (image, args.java) {
        (Some(facts), _) => of_image(&facts, calculator, asked),
        (None, Some(java)) => without_runtime(args, java, asked, environment)?,
        (None, None) => of_plan(args, asked, environment)?,
    };
    if calculator == Calculator::Fit {
        let usual = Needs::of(&inputs.facts(0)).classes.usual;
        let origin = if inputs.profile.is_some() { "measured" } else { "estimated from those and the runtime's" };
        inputs.loaded_classes = Input::new(usual, origin);
    }
    Ok(Inputs { options, request, ..inputs })
}

/// What the image's layers and config say.
fn image_facts(name: &str, java: Option<u32>) -> Result<MemoryFacts, Failure> {
    if java.is_some() {
        return Err(ImageMemoryError::Java.into());
    }
    let choice = inspect::choice(name)?;
    let (host, platform) = (HostRoot::system(), Platform::default());
    let image = open(Some(&choice), &BaseRequest { jre: &[], host: &host, platform: &platform })?;
    Ok(MemoryFacts::read(&image)?.ok_or_else(|| ImageMemoryError::Foreign(name.to_owned()))?)
}

/// What an image would do.
fn of_image(facts: &MemoryFacts, calculator: Calculator, asked: Option<Input>) -> Inputs {
    let number = |name: &str| facts.number(name).unwrap_or_default();
    let java = Input::new(number("BPI_JVM_FEATURE"), "the image");
    let application =
        ApplicationClasses { present: number("BPI_APPLICATION_CLASS_COUNT"), likely: number("BPI_LIKELY_CLASS_COUNT") };
    let threads = facts.number("BPL_JVM_THREAD_COUNT").unwrap_or(DEFAULT_THREADS);
    let threads = asked.unwrap_or_else(|| Input::new(threads, "the image"));
    let profile = facts.variables.get(MEMORY_PROFILE_VARIABLE).and_then(|text| text.parse().ok());
    Inputs {
        in_image: facts.calculator.is_some(),
        profile: profile.map(|profile| ProfileInput { profile, origin: "the image".to_owned() }),
        ..Inputs::new(calculator, java, application, number("BPI_JVM_CLASS_COUNT"), threads)
    }
}

/// What the application alone says.
fn without_runtime(
    args: &MemoryArgs,
    java: u32,
    asked: Option<Input>,
    environment: &Environment,
) -> Result<Inputs, Failure> {
    let calculator = args.choice.memory_calculator.unwrap_or_default();
    if matches!(calculator, Calculator::Libjvm | Calculator::V3 | Calculator::V4) {
        return Err(NoRuntimeError(calculator).into());
    }
    let detection = pipeline::detect_built_in(&args.app, &environment.for_detection())?;
    let pooled = matches!(detection.facts.web, WebApplication::Servlet | WebApplication::Blocking);
    let default = if pooled { DEFAULT_THREADS } else { REACTIVE_THREADS };
    let threads = asked.unwrap_or_else(|| Input::new(default, kind(&detection)));
    let application = ApplicationClasses {
        present: number(detection.facts.class_count),
        likely: number(detection.facts.likely_class_count),
    };
    let mut inputs = Inputs::new(calculator, Input::new(java.into(), "--java"), application, 0, threads);
    if let Some(file) = settings::profile(&args.app, &args.choice)?.filter(|_| calculator == Calculator::Fit) {
        match file.of(&Application::open(&args.app)?, java.into()) {
            Ok(profile) => inputs.profile = Some(ProfileInput { profile, origin: file.path.display().to_string() }),
            Err(none) => inputs.notes.push(format!("The memory profile {none}")),
        }
    }
    Ok(inputs)
}

/// What the plan of the image says.
fn of_plan(args: &MemoryArgs, asked: Option<Input>, environment: &Environment) -> Result<Inputs, Failure> {
    let settings = settings::for_plan(args.app.clone(), &args.choice, &args.cache, environment)?;
    let plan = pipeline::plan(&settings)?;
    let MemoryPlan { enabled, java_feature, thread_count, .. } = plan.memory;
    let jre = &plan.jre.dependency;
    let java = Input::new(java_feature.into(), format!("{} {}", jre.id, jre.version));
    let threads = asked.unwrap_or_else(|| Input::new(number(thread_count), kind(&plan.detection)));
    let origin = || settings.profile.as_ref().map(|file| file.path.display().to_string()).unwrap_or_default();
    let profile = plan.memory.profile.as_deref().and_then(|text| text.parse().ok());
    let application = ApplicationClasses {
        present: number(plan.memory.application_class_count),
        likely: number(plan.memory.likely_class_count),
    };
    let runtime = number(plan.memory.jvm_class_count);
    Ok(Inputs {
        in_image: enabled,
        profile: profile.map(|profile| ProfileInput { profile, origin: origin() }),
        notes: plan.notes,
        ..Inputs::new(args.choice.memory_calculator.unwrap_or_default(), java, application, runtime, threads)
    })
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

/// Classes of the application.
#[derive(Clone, Copy)]
struct ApplicationClasses {
    present: i64,
    likely: i64,
}

impl Input {
    fn new(value: i64, origin: impl Into<String>) -> Self {
        Self { value, origin: origin.into() }
    }
}

impl Inputs {
    fn new(calculator: Calculator, java: Input, application: ApplicationClasses, jvm: i64, threads: Input) -> Self {
        let ApplicationClasses { present, likely } = application;
        let loaded = loaded_classes(jvm, KnownClasses { application: present, ..KnownClasses::default() });
        Self {
            calculator,
            in_image: true,
            java,
            application_classes: Input::new(present, "counted in the application"),
            likely_classes: Input::new(likely, "by the libraries they belong to"),
            runtime_classes: (jvm > 0).then(|| Input::new(jvm, "counted in the runtime")),
            loaded_classes: Input::new(loaded, "35 of 100 in the application and the runtime"),
            threads,
            profile: None,
            notes: Vec::new(),
            options: String::new(),
            request: Request::default(),
        }
    }

    fn facts(&self, total: i64) -> Facts {
        Facts {
            total,
            head_room: 0,
            threads: self.threads.value,
            classes: Classes::Likely { present: self.application_classes.value, likely: self.likely_classes.value },
            java: (self.java.value > 0).then_some(self.java.value),
            profile: self.profile.as_ref().map(|found| found.profile),
            options: Options::read(&self.options),
        }
    }

    fn explain(&self, total: i64) -> Option<Explanation> {
        explain::by(self.calculator, &self.request, &self.facts(total), self.loaded_classes.value, &self.options)
    }
}

fn human(inputs: &Inputs, explained: &[(&Limit, Explanation)]) -> String {
    let mut out = String::new();
    for (name, input) in [
        ("Java", &inputs.java),
        ("classes of the application", &inputs.application_classes),
        ("of these usually loaded", &inputs.likely_classes),
        ("classes expected to be loaded", &inputs.loaded_classes),
        ("threads", &inputs.threads),
    ] {
        let _ = writeln!(out, "{name:<29}  {:>6}  ({})", input.value, input.origin);
    }
    if let Some(ProfileInput { origin, .. }) = &inputs.profile {
        let _ = writeln!(out, "{:<29}  {origin}", "measured profile");
    }
    for (limit, explanation) in explained {
        let _ = write!(out, "\nlimit {}\n{}", limit.text, explanation.table());
    }
    for note in &inputs.notes {
        let _ = write!(out, "\nnote: {note}\n");
    }
    if !inputs.in_image || inputs.calculator == Calculator::Off {
        out.push_str("\nnote: the image has no memory calculator, so the JVM decides by itself\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted_on(java: i64) -> Inputs {
        let application = ApplicationClasses { present: 63_952, likely: 6_000 };
        Inputs::new(Calculator::Fit, Input::new(java, "--java"), application, 0, Input::new(250, "--threads"))
    }

    #[test]
    fn each_limit_has_its_table_and_every_input_its_origin() {
        let inputs = fitted_on(21);
        let limits = ["128M", "256M", "1G"].map(|text| text.parse::<Limit>().unwrap());
        let explained: Vec<_> = limits.iter().map(|limit| (limit, inputs.explain(limit.bytes).unwrap())).collect();
        let text = human(&inputs, &explained);
        assert!(text.starts_with("Java                               21  (--java)\n"), "{text}");
        for (limit, part) in limits.iter().zip(["Any one of these would do", "Fitted: ", "together "]) {
            let (_, table) = text.split_once(&format!("\nlimit {}\n", limit.text)).unwrap();
            assert!(table.contains(part), "{text}");
        }
    }

    #[test]
    fn limits_are_sizes_with_or_without_a_unit() {
        assert_eq!("1048576".parse::<Limit>().unwrap().bytes, "1M".parse::<Limit>().unwrap().bytes);
        "much".parse::<Limit>().unwrap_err();
        assert_eq!("1.5G".parse::<Limit>().unwrap().bytes, "1536M".parse::<Limit>().unwrap().bytes);
        "1.5.2G".parse::<Limit>().unwrap_err();
    }
}
