//! `stage dependency list|add|fetch|import|verify`.

use std::fmt::Write as _;

use buildpacks::dependency::{
    Archive, CachedDependency, Catalogue, CatalogueEntry, DependencyCache, DependencyError, Description, FetchOptions,
    Format, Kind, Requirement, Sha256, Target, Version,
};
use buildpacks::java::cloudfoundry;
use serde::Serialize;

use super::args::{AddArgs, CacheArgs, DependencyCommand};
use super::environment::Environment;
use super::{Exit, Failure, printer, settings};
use crate::report::{bytes, table};

pub(super) fn run(command: DependencyCommand, environment: &Environment) -> Result<(), Failure> {
    match command {
        DependencyCommand::List { all, cache, json } => list(all, &cache, json, environment),
        DependencyCommand::Add(args) => add(&args, environment),
        DependencyCommand::Fetch { ids, cache, json } => fetch(&ids, &cache, json, environment),
        DependencyCommand::Import { path, cache, json } => {
            let (store, catalogue) = open(&cache, environment)?;
            let package = cloudfoundry::import(&path, &store, &catalogue)?;
            let imported = package.map_or_else(|| store.import(&path, &catalogue).map_err(failed), Ok)?;
            print(json, &imported, || {
                let mut out = cached(&imported.added);
                for skipped in &imported.skipped {
                    let _ = writeln!(out, "skipped {}: {}", skipped.path.display(), skipped.reason);
                }
                out
            })
        }
        DependencyCommand::Verify { cache, json } => verify(&cache, json, environment),
    }
}

fn open(cache: &CacheArgs, environment: &Environment) -> Result<(DependencyCache, Catalogue), Failure> {
    let catalogue =
        Catalogue::load(&cache.catalogue).map_err(|error| Failure { hint: error.hint(), ..error.into() })?;
    Ok((DependencyCache::open(&settings::cache_dir(cache, environment)?), catalogue))
}

fn failed(error: DependencyError) -> Failure {
    Failure { hint: error.hint(), ..error.into() }
}

fn list(all: bool, cache: &CacheArgs, json: bool, environment: &Environment) -> Result<(), Failure> {
    let (store, catalogue) = open(cache, environment)?;
    let held = store.list().map_err(failed)?;
    if !all {
        return print(json, &held, || cached(&held));
    }
    let is_cached = |entry: &CatalogueEntry| held.iter().any(|record| record.sha256 == entry.sha256);
    if json {
        let entries: Vec<_> =
            catalogue.entries().iter().map(|entry| Listed { entry, cached: is_cached(entry) }).collect();
        return Ok(printer::json(&entries)?);
    }
    let rows: Vec<_> = catalogue
        .entries()
        .iter()
        .map(|entry| {
            let description = &entry.description;
            let state = if is_cached(entry) { "cached" } else { "" };
            vec![description.id.clone(), description.version.to_string(), state.to_owned(), description.origin()]
        })
        .collect();
    Ok(printer::data(&table(&["id", "version", "", "from"], &rows))?)
}

/// Prints the document, or its text for people.
fn print(json: bool, document: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
    if json {
        printer::json(document)?;
    } else {
        printer::data(&text())?;
    }
    Ok(())
}

/// An entry of the catalogue and whether it is at hand.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    entry: &'a CatalogueEntry,
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

fn usage(error: AddError) -> Failure {
    Failure { exit: Exit::Usage, ..error.into() }
}

fn parse<T>(option: &'static str, value: &str, parsed: Result<T, impl ToString>) -> Result<T, Failure> {
    parsed.map_err(|reason| usage(AddError::Option { option, value: value.to_owned(), reason: reason.to_string() }))
}

fn add(args: &AddArgs, environment: &Environment) -> Result<(), Failure> {
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
        let found = Sha256::of_reader(fs_err::File::open(&args.file)?)?.0;
        let known = catalogue.by_sha256(found);
        let entry = known.ok_or_else(|| usage(AddError::Undescribed(args.file.display().to_string())))?;
        (entry.description.clone(), expected.or(Some(found)))
    };
    let record = store.add(&args.file, &description, expected).map_err(failed)?;
    print(args.json, &record, || cached(std::slice::from_ref(&record)))
}

fn describe(args: &AddArgs, id: &str, version: &str) -> Result<Description, Failure> {
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

fn fetch(ids: &[String], cache: &CacheArgs, json: bool, environment: &Environment) -> Result<(), Failure> {
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
        let entry = catalogue
            .find(id, requirement.as_ref(), &target)
            .map_err(|error| Failure { hint: error.hint(), ..error.into() })?;
        if !json {
            printer::note(format_args!("{} from {}", entry.description.coordinates(), entry.description.origin()));
        }
        records.push(store.fetch(entry, &outside, FetchOptions::default()).map_err(failed)?);
    }
    print(json, &records, || cached(&records))
}

/// The cache holds something it should not.
#[derive(Debug, thiserror::Error)]
#[error("{0} of {1} archives in the dependency cache are not sound")]
struct Unsound(usize, usize);

fn verify(cache: &CacheArgs, json: bool, environment: &Environment) -> Result<(), Failure> {
    let (store, _) = open(cache, environment)?;
    let verification = store.verify().map_err(failed)?;
    if json {
        printer::json(&verification)?;
    } else {
        let mut out = format!("{} archives, {}\n", verification.checked, bytes(verification.bytes));
        for finding in &verification.findings {
            let name = finding.dependency.clone().unwrap_or_else(|| finding.sha256.to_string());
            let _ = writeln!(out, "{name}: {:?}", finding.problem);
        }
        printer::data(&out)?;
    }
    if verification.is_clean() {
        return Ok(());
    }
    Err(Unsound(verification.findings.len(), verification.checked).into())
}
