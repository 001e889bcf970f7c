//! `stage dependency list`.

use std::collections::BTreeSet;

use buildpacks::dependency::{CachedDependency, CatalogueEntry, DependencyError, Sha256};

use super::super::args::CacheArgs;
use super::super::environment::Environment;
use super::super::{Failure, Reply, Schema};
use super::run::{Dependencies, Held, cached, open};
use crate::report::table;

pub(super) fn run(all: bool, cache: &CacheArgs, environment: &Environment) -> Result<Reply, Failure> {
    let (store, catalogue) = open(cache, environment)?;
    let records = store.list()?;
    let there = records.iter().map(|record| Ok((record.sha256, store.has_archive(record.sha256)?)));
    let there: Vec<(Sha256, bool)> = there.collect::<Result<_, DependencyError>>()?;
    let there: BTreeSet<Sha256> =
        there.into_iter().filter(|(_, is_there)| *is_there).map(|(sha256, _)| sha256).collect();
    if all {
        return everything(catalogue.entries(), &there);
    }
    let is_lost = |record: &CachedDependency| !there.contains(&record.sha256);
    let dependencies = records.iter().map(|record| Held::Cached { record, lost: is_lost(record) }).collect();
    let mut text = cached(&records, is_lost);
    if records.iter().any(is_lost) {
        text.push_str("\nThe archive of what is lost is gone: `stage dependency verify` says what to do\n");
    }
    Reply::new(Schema::Dependencies, &Dependencies { dependencies }, text)
}

/// The whole catalogue.
fn everything(entries: &[CatalogueEntry], there: &BTreeSet<Sha256>) -> Result<Reply, Failure> {
    let is_cached = |entry: &CatalogueEntry| there.contains(&entry.sha256);
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            let description = &entry.description;
            vec![
                description.id.clone(),
                description.version.to_string(),
                description.kind.to_string(),
                if is_cached(entry) { "cached" } else { "" }.to_owned(),
                description.origin(),
            ]
        })
        .collect();
    let text = table(&["id", "version", "kind", "", "from"], &rows);
    let shown: Vec<CatalogueEntry> = entries.iter().map(CatalogueEntry::redacted).collect();
    let dependencies = shown.iter().map(|entry| Held::Listed { entry, cached: is_cached(entry) }).collect();
    Reply::new(Schema::Dependencies, &Dependencies { dependencies }, text)
}
