//! From what was typed and the environment to settings, each with its origin.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use buildpacks::dependency::JreRequest;
use buildpacks::java::{Component, HostRuntime, JavaOptions};

use super::args::{CacheArgs, ChoiceArgs, PlatformArg, StageArgs};
use super::environment::Environment;
use super::problem::{Code, Problem};
use super::{Failure, variables};
use crate::profile::{self, ProfileFile};
use crate::settings::{PlanSettings, StageSettings};
use crate::sink::{Input, Sink, refuse_overlaps};

/// Something on the command line or in the environment that cannot be used.
#[derive(Debug, thiserror::Error)]
enum UsageError {
    /// A value that cannot be parsed.
    #[error("`{value}` is not valid for `{name}`: {reason}")]
    Value { name: String, value: String, reason: String },
    /// There is no place for the cache.
    #[error("No cache folder: neither `--cache-dir` nor `STAGE_CACHE_DIR`, `XDG_CACHE_HOME` or `HOME` is set")]
    NoCache,
    /// The cache would be a part of what is staged.
    #[error("The cache folder `{}` lies in the application `{}`, which must not change while it is staged: name another place \
             with `--cache-dir`", cache.display(), application.display())]
    CacheInside { cache: PathBuf, application: PathBuf },
}

impl UsageError {
    fn value(name: &str, value: &str, reason: &impl ToString) -> Self {
        Self::Value { name: variables::spoken(name), value: value.to_owned(), reason: reason.to_string() }
    }
}

impl Problem for UsageError {
    fn code(&self) -> Code {
        match self {
            Self::Value { .. } | Self::CacheInside { .. } => Code::UsageValue,
            Self::NoCache => Code::UsageArguments,
        }
    }
}

impl Problem for profile::NoProfile {
    fn code(&self) -> Code {
        Code::MemoryProfile
    }
}

/// Creation time when `SOURCE_DATE_EPOCH` is not set, as the buildpacks lifecycle has it.
const DEFAULT_CREATED: &str = "1980-01-01T00:00:01Z";

pub(super) fn for_stage(
    args: &StageArgs,
    outputs: Vec<Sink>,
    environment: &Environment,
) -> Result<StageSettings, Failure> {
    if args.media_types.layer(args.compression).is_none() {
        let reason = "Docker has no media type for it; use `--media-types oci` or `--compression gzip`";
        return Err(UsageError::value("--compression", &args.compression.to_string(), &reason).into());
    }
    let application = args.app.clone().unwrap_or_default();
    let mut plan = for_plan(application, &args.choice, &args.cache, environment)?;
    plan.paranoid = args.paranoid;
    plan.java.arguments.clone_from(&args.arguments);
    plan.variables_of_image.clone_from(&args.env);
    Ok(StageSettings {
        plan,
        outputs,
        compression: args.compression,
        media_types: args.media_types,
        created: created(environment)?,
        expected: args.expect_digest,
        threads: args.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, std::num::NonZero::get),
    })
}

pub(super) fn for_plan(
    application: PathBuf,
    choice: &ChoiceArgs,
    cache: &CacheArgs,
    environment: &Environment,
) -> Result<PlanSettings, Failure> {
    let cache_dir = cache_dir(cache, environment)?;
    if refuse_overlaps(&cache_dir, &[Input { what: "application", path: &application }]).is_err() {
        return Err(UsageError::CacheInside { cache: cache_dir, application }.into());
    }
    Ok(PlanSettings {
        base: choice.base.clone(),
        java: java(choice, environment)?,
        variables: environment.for_detection(),
        cache_dir,
        catalogues: cache.catalogue.clone(),
        variables_of_image: Vec::new(),
        profile: profile(&application, choice)?,
        application,
        paranoid: false,
    })
}

pub(super) fn cache_dir(args: &CacheArgs, environment: &Environment) -> Result<PathBuf, Failure> {
    let configured = args.cache_dir.clone().filter(|path| !path.as_os_str().is_empty());
    Ok(configured.or_else(|| environment.default_cache_dir()).ok_or(UsageError::NoCache)?)
}

/// What was measured of the application: of the file that is named, which has to be there, else of the one beside it.
pub(super) fn profile(application: &Path, choice: &ChoiceArgs) -> Result<Option<ProfileFile>, Failure> {
    match &choice.memory_profile {
        None => Ok(ProfileFile::read(&profile::beside(application))),
        Some(path) if path.as_os_str() == "none" => Ok(None),
        Some(path) => Ok(Some(ProfileFile::required(path)?)),
    }
}

fn java(choice: &ChoiceArgs, environment: &Environment) -> Result<JavaOptions, Failure> {
    let sources = [
        ("--jre", choice.jre.as_deref()),
        ("BP_JVM_VERSION", environment.get("BP_JVM_VERSION")),
        ("default", Some("auto")),
    ];
    let found = sources.into_iter().find_map(|(origin, value)| Some((origin, value?)));
    let (origin, text) = found.unwrap_or(("default", "auto"));
    let request: JreRequest = text.parse().map_err(|error| UsageError::value(origin, text, &error))?;
    let origin = variables::spoken(origin);
    let components = |name: &str, list: &[String]| -> Result<BTreeSet<Component>, UsageError> {
        list.iter().map(|text| text.parse().map_err(|error| UsageError::value(name, text, &error))).collect()
    };
    Ok(JavaOptions {
        jre: (request, origin),
        locked: choice.locked,
        fetch: choice.fetch,
        host: HostRuntime::Made,
        with: components("--with", &choice.with)?,
        without: components("--without", &choice.without)?,
        calculator: choice.memory_calculator.unwrap_or_default(),
        arguments: Vec::new(),
        main_class: choice.main_class.clone(),
        cloud_foundry: choice.platform == PlatformArg::Cloudfoundry,
        environment: environment.for_dependencies(),
    })
}

pub(super) fn created(environment: &Environment) -> Result<String, Failure> {
    let Some(text) = environment.get("SOURCE_DATE_EPOCH") else { return Ok(DEFAULT_CREATED.to_owned()) };
    // The specification knows no time before 1970.
    let seconds: u32 = text.parse().map_err(|error| UsageError::value("SOURCE_DATE_EPOCH", text, &error))?;
    let time = jiff::Timestamp::from_second(seconds.into())
        .map_err(|error| UsageError::value("SOURCE_DATE_EPOCH", text, &error))?;
    Ok(time.to_string())
}
