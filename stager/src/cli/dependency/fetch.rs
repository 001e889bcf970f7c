//! `stage dependency fetch`.

use buildpacks::dependency::{CatalogueEntry, CatalogueError, DependencyCache, FetchOptions, Requirement, Target};

use super::super::args::CacheArgs;
use super::super::environment::Environment;
use super::super::{Failure, Reply, Schema, printer};
use super::run::{Dependencies, Held, cached, open, parse};

pub(super) fn run(
    ids: &[String],
    cache: &CacheArgs,
    is_silent: bool,
    environment: &Environment,
) -> Result<Reply, Failure> {
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
        let entry = match catalogue.find(id, requirement.as_ref(), &target) {
            Ok(entry) => entry.clone(),
            Err(error) => lost(&store, text, error)?,
        };
        if !is_silent {
            printer::note(format_args!("{} from {}", entry.description.coordinates(), entry.description.origin()));
        }
        records.push(store.fetch(&entry, &outside, FetchOptions::default())?);
    }
    let dependencies = records.iter().map(|record| Held::Cached { record, lost: false }).collect();
    Reply::new(Schema::Dependencies, &Dependencies { dependencies }, cached(&records, |_| false))
}

/// What the cache has lost and remembers by these coordinates: its record says where it came from, also where the catalogue
/// that it was taken from is not at hand.
fn lost(store: &DependencyCache, coordinates: &str, unknown: CatalogueError) -> Result<CatalogueEntry, Failure> {
    for record in store.list()? {
        if record.description.coordinates() == coordinates
            && let Some(entry) = record.remedy().entry(record.sha256)
        {
            return Ok(entry);
        }
    }
    Err(unknown.into())
}
