//! The commands, and what they share.

use buildpacks::dependency::{CachedDependency, Catalogue, CatalogueEntry, DependencyCache};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::args::{CacheArgs, DependencyCommand};
use super::super::environment::Environment;
use super::super::problem::{Code, Problem};
use super::super::{Failure, Reply, settings, variables};
use super::{add, fetch, import, list, remove, verify};
use crate::report::{bytes, table};

pub(in crate::cli) fn run(command: DependencyCommand, environment: &Environment) -> Result<Reply, Failure> {
    match command {
        DependencyCommand::List { all, cache, .. } => list::run(all, &cache, environment),
        DependencyCommand::Add(args) => add::run(&args, environment),
        DependencyCommand::Fetch { ids, cache, print } => {
            fetch::run(&ids, &cache, print.json || print.quiet, environment)
        }
        DependencyCommand::Import { path, cache, .. } => import::run(&path, &cache, environment),
        DependencyCommand::Remove { names, cache, .. } => remove::run(&names, &cache, environment),
        DependencyCommand::Verify { cache, .. } => verify::run(&cache, environment),
    }
}

/// The cache and the catalogue.
pub(super) fn open(cache: &CacheArgs, environment: &Environment) -> Result<(DependencyCache, Catalogue), Failure> {
    let catalogue = Catalogue::load(&cache.catalogue)?;
    Ok((DependencyCache::open(&settings::cache_dir(cache, environment)?), catalogue))
}

/// Several dependencies, for programs.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Dependencies<'a> {
    /// Each of them.
    pub(super) dependencies: Vec<Held<'a>>,
}

/// One of several dependencies.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::cli) enum Held<'a> {
    /// One of the cache.
    Cached {
        /// What is known of it.
        #[serde(flatten)]
        record: &'a CachedDependency,
        /// Whether its archive is gone: who would take it fails.
        lost: bool,
    },
    /// One of the catalogue.
    Listed {
        /// What is known of it.
        #[serde(flatten)]
        entry: &'a CatalogueEntry,
        /// Whether the cache holds it.
        cached: bool,
    },
}

/// Dependencies of the cache, for people; of those that `is_lost` names the archive is gone.
pub(super) fn cached(records: &[CachedDependency], is_lost: impl Fn(&CachedDependency) -> bool) -> String {
    let rows: Vec<_> = records
        .iter()
        .map(|record| {
            let description = &record.description;
            vec![
                description.id.clone(),
                description.version.to_string(),
                description.kind.to_string(),
                if is_lost(record) { "lost".to_owned() } else { bytes(record.size) },
                record.sha256.to_string().chars().take(12).collect(),
                description.archive.prefix.clone().unwrap_or_default(),
                description.licence.clone().unwrap_or_default(),
                description.origin(),
            ]
        })
        .collect();
    table(&["id", "version", "kind", ">size", "sha256", "prefix", "licence", "from"], &rows)
}

/// A value on the command line that cannot be parsed.
#[derive(Debug, thiserror::Error)]
#[error("`{value}` is not valid for `{option}`: {reason}")]
pub(super) struct OptionError {
    option: String,
    value: String,
    reason: String,
}

impl Problem for OptionError {
    fn code(&self) -> Code {
        Code::UsageValue
    }
}

/// What `value` was parsed into, or what is wrong with it.
pub(super) fn parse<T>(option: &str, value: &str, parsed: Result<T, impl ToString>) -> Result<T, OptionError> {
    parsed.map_err(|reason| OptionError {
        option: variables::spoken(option),
        value: value.to_owned(),
        reason: reason.to_string(),
    })
}
