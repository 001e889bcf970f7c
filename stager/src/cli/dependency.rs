//! `stage dependency list|add|fetch|import|verify`.

use std::fmt::Write as _;
use std::path::Path;

use buildpacks::dependency::{
    Archive, CachedDependency, Catalogue, CatalogueEntry, DependencyCache, Description, FetchOptions, Format, Kind,
    Requirement, Sha256, Target, Version,
};
use buildpacks::java::cloudfoundry;
use schemars::JsonSchema;
use serde::Serialize;

use super::args::{AddArgs, CacheArgs, DependencyCommand};
use super::environment::Environment;
use super::problem::{Code, Problem};
use super::{Failure, Reply, Schema, printer, settings};
use crate::report::{bytes, table};

pub(super) fn run(command: DependencyCommand, environment: &Environment) -> Result<Reply, Failure> {
    match command {
        DependencyCommand::List { all, cache, .. } => list(all, &cache, environment),
        DependencyCommand::Add(args) => add(&args, environment),
        DependencyCommand::Fetch { ids, cache, print } => fetch(&ids, &cache, print.json || print.quiet, environment),
        DependencyCommand::Import { path, cache, .. } => import(&path, &cache, environment),
        DependencyCommand::Verify { cache, .. } => verify(&cache, environment),
    }
}

fn open(cache: &CacheArgs, environment: &Environment) -> Result<(DependencyCache, Catalogue), Failure> {
    let catalogue = Catalogue::load(&cache.catalogue)?;
    Ok((DependencyCache::open(&settings::cache_dir(cache, environment)?), catalogue))
}

/// Several dependencies.
#[derive(Serialize, JsonSchema)]
pub(super) struct Dependencies<'a> {
    /// Each of them.
    dependencies: Vec<Held<'a>>,
}

/// One of several dependencies.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Held<'a> {
    /// One of the cache.
    Cached(&'a CachedDependency),
    /// One of the catalogue.
    Listed(Listed<'a>),
}

impl<'a> Dependencies<'a> {
    fn cached(records: &'a [CachedDependency]) -> Self {
        Self { dependencies: records.iter().map(Held::Cached).collect() }
    }
}

fn list(all: bool, cache: &CacheArgs, environment: &Environment) -> Result<Reply, Failure> {
    let (store, catalogue) = open(cache, environment)?;
    let held = store.list()?;
    if !all {
        return Reply::new(Schema::Dependencies, &Dependencies::cached(&held), cached(&held));
    }
    let is_cached = |entry: &CatalogueEntry| held.iter().any(|record| record.sha256 == entry.sha256);
    let entries: Vec<_> = catalogue.entries().iter().map(|entry| Listed { entry, cached: is_cached(entry) }).collect();
    let rows: Vec<_> = entries
        .iter()
        .map(|Listed { entry, cached }| {
            let description = &entry.description;
            let state = if *cached { "cached" } else { "" };
            vec![description.id.clone(), description.version.to_string(), state.to_owned(), description.origin()]
        })
        .collect();
    let text = table(&["id", "version", "", "from"], &rows);
    let dependencies = entries.into_iter().map(Held::Listed).collect();
    Reply::new(Schema::Dependencies, &Dependencies { dependencies }, text)
}

fn import(path: &Path, cache: &CacheArgs, environment: &Environment) -> Result<Reply, Failure> {
    let (store, catalogue) = open(cache, environment)?;
    let package = cloudfoundry::import(path, &store, &catalogue)?;
    let imported = package.map_or_else(|| store.import(path, &catalogue), Ok)?;
    let mut text = cached(&imported.added);
    for skipped in &imported.skipped {
        let _ = writeln!(text, "skipped {}: {}", skipped.path.display(), skipped.reason);
    }
    Reply::new(Schema::Import, &imported, text)
}

/// An entry of the catalogue and whether it is at hand.
#[derive(Serialize, JsonSchema)]
struct Listed<'a> {
    #[serde(flatten)]
    entry: &'a CatalogueEntry,
    /// Whether the cache holds it.
    cached: bool,
}

fn cached(records: &[CachedDependency]) -> String {
    let rows: Vec<_> = records
        .iter()
        .map(|record| {
            let description = &record.description;
            vec![
                description.id.clone(),
                description.version.to_string(),
                bytes(record.size),
                record.sha256.to_string().chars().take(12).collect(),
                description.licence.clone().unwrap_or_default(),
                description.origin(),
            ]
        })
        .collect();
    table(&["id", "version", ">size", "sha256", "licence", "from"], &rows)
}

/// A command line that does not say enough.
#[derive(Debug, thiserror::Error)]
enum AddError {
    /// The catalogue does not know the file and nothing describes it.
    #[error("`{0}` is not in the catalogue: say what it is with `--id` and `--version`")]
    Undescribed(String),
    /// An option cannot be parsed.
    #[error("`{value}` is not valid for {option}: {reason}")]
    Option { option: &'static str, value: String, reason: String },
}

impl Problem for AddError {
    fn code(&self) -> Code {
        match self {
            Self::Undescribed(_) => Code::UsageArguments,
            Self::Option { .. } => Code::UsageValue,
        }
    }
}

fn parse<T>(option: &'static str, value: &str, parsed: Result<T, impl ToString>) -> Result<T, AddError> {
    parsed.map_err(|reason| AddError::Option { option, value: value.to_owned(), reason: reason.to_string() })
}

fn add(args: &AddArgs, environment: &Environment) -> Result<Reply, Failure> {
    let (store, catalogue) = open(&args.cache, environment)?;
    let expected = match &args.sha256 {
        Some(text) => Some(parse("--sha256", text, text.parse::<Sha256>())?),
        None => None,
    };
    let (description, expected) = if let (Some(id), Some(version)) = (&args.id, &args.version) {
        let description = describe(args, id, version)?;
        let listed = catalogue.exactly(&description.id, &description.version, &Target::host());
        (description, expected.or(listed.map(|entry| entry.sha256)))
    } else {
        let found = Sha256::of_reader(buildpacks::files::open(&args.file)?)?.0;
        let known = catalogue.by_sha256(found);
        let entry = known.ok_or_else(|| AddError::Undescribed(args.file.display().to_string()))?;
        (entry.description.clone(), expected.or(Some(found)))
    };
    let record = store.add(&args.file, &description, expected)?;
    Reply::new(Schema::Dependency, &record, cached(std::slice::from_ref(&record)))
}

fn describe(args: &AddArgs, id: &str, version: &str) -> Result<Description, AddError> {
    let kind = match args.kind.as_deref() {
        Some("jre") => Kind::Jre,
        None | Some("other") => Kind::Tool,
        Some(other) => return parse("--kind", other, Err("it is none of `jre`, `other`")),
    };
    let name = args.file.file_name().unwrap_or_default().to_string_lossy();
    let archive = Archive {
        prefix: args.prefix.clone(),
        strip: args.strip.unwrap_or(0),
        ..Archive::new(Format::of_file_name(&name))
    };
    let version = parse("--version", version, Version::parse(version))?;
    let mut description = Description::new(id, version, kind, archive);
    description.licence.clone_from(&args.licence);
    description.note = Some(format!("added from {name}"));
    Ok(description)
}

fn fetch(ids: &[String], cache: &CacheArgs, is_silent: bool, environment: &Environment) -> Result<Reply, Failure> {
    let (store, catalogue) = open(cache, environment)?;
    let target = Target::host();
    let outside = environment.for_dependencies();
    let mut records = Vec::new();
    for text in ids {
        let (id, version) = text.split_once('@').map_or((text.as_str(), None), |(id, version)| (id, Some(version)));
        let requirement = match version {
            Some(version) => Some(parse("ID@VERSION", version, Requirement::parse(version))?),
            None => None,
        };
        let entry = catalogue.find(id, requirement.as_ref(), &target)?;
        if !is_silent {
            printer::note(format_args!("{} from {}", entry.description.coordinates(), entry.description.origin()));
        }
        records.push(store.fetch(entry, &outside, FetchOptions::default())?);
    }
    Reply::new(Schema::Dependencies, &Dependencies::cached(&records), cached(&records))
}

/// The cache holds something it should not.
#[derive(Debug, thiserror::Error)]
#[error("{0} of {1} archives in the dependency cache are not sound")]
struct Unsound(usize, usize);

impl Problem for Unsound {
    fn code(&self) -> Code {
        Code::CacheCorrupt
    }
}

fn verify(cache: &CacheArgs, environment: &Environment) -> Result<Reply, Failure> {
    let (store, _) = open(cache, environment)?;
    let verification = store.verify()?;
    let mut text = format!("{} archives, {}\n", verification.checked, bytes(verification.bytes));
    for finding in &verification.findings {
        let name = finding.dependency.clone().unwrap_or_else(|| finding.sha256.to_string());
        let _ = writeln!(text, "{name}: {:?}", finding.problem);
    }
    if verification.is_clean() {
        return Reply::new(Schema::Verify, &verification, text);
    }
    let unsound = Unsound(verification.findings.len(), verification.checked);
    Reply::failing(Schema::Verify, &verification, text, unsound.into())
}
