//! Fetching into the cache.

use super::{CachedDependency, DependencyCache};
use crate::activity;
use crate::dependency::fetch::{Attempt, Environment, FetchError, FetchOptions, Progress, Source, sources};
use crate::dependency::{CatalogueEntry, DependencyError};

impl DependencyCache {
    /// Gets `entry` from where it is published unless it is cached and intact: from the local Maven repository, from its
    /// URI, by Maven, whichever gives the right bytes first.
    ///
    /// # Errors
    /// [`DependencyError::Fetch`] when no place gives it, [`DependencyError::Checksum`] when the last place that did gave
    /// other bytes. Nothing is kept then.
    pub fn fetch(
        &self,
        entry: &CatalogueEntry,
        environment: &Environment,
        options: FetchOptions<'_>,
    ) -> Result<CachedDependency, DependencyError> {
        if !options.again
            && let Some(cached) = self.already_there(entry)?
        {
            return Ok(cached);
        }
        let mut attempts = Vec::new();
        let mut wrong = None;
        for source in sources(&entry.description, environment) {
            match self.fetch_from(&source, entry, environment, options)? {
                Ok(cached) => return Ok(cached),
                Err(Failure::Attempt(attempt)) => attempts.push(attempt),
                Err(Failure::Checksum(error)) => wrong = Some(error),
            }
        }
        if let Some(error) = wrong {
            return Err(error);
        }
        let coordinates = entry.description.coordinates();
        let mut attempts = attempts.into_iter();
        let first = attempts.next().unwrap_or(Attempt::NoRepository);
        Err(FetchError { coordinates, first, others: attempts.collect() }.into())
    }

    /// The entry as it is cached, checked; described anew when the catalogue describes it otherwise by now.
    fn already_there(&self, entry: &CatalogueEntry) -> Result<Option<CachedDependency>, DependencyError> {
        let Some(record) = self.legible(entry.sha256)? else { return Ok(None) };
        match self.verified(&record) {
            Err(DependencyError::Corrupt { .. } | DependencyError::Lost { .. }) => return Ok(None),
            Err(other) => return Err(other),
            Ok(_) if record.description == entry.description.clone().redacted() => return Ok(Some(record)),
            Ok(_) => {}
        }
        self.add(&self.layout.blob(entry.sha256), &entry.description, Some(entry.sha256)).map(Some)
    }

    fn fetch_from(
        &self,
        source: &Source,
        entry: &CatalogueEntry,
        environment: &Environment,
        options: FetchOptions<'_>,
    ) -> Result<Result<CachedDependency, Failure>, DependencyError> {
        let mut incoming = self.incoming()?;
        let coordinates = entry.description.coordinates();
        log::info!("fetching {coordinates} from `{}`", source.name());
        let activity = activity::begin_short(format!("fetching {coordinates}"), None);
        let progress = |progress: Progress| {
            activity.reach(progress.bytes, progress.total);
            if let Some(told) = options.progress {
                told(progress);
            }
        };
        let options = FetchOptions { progress: Some(&progress), ..options };
        if let Err(attempt) = source.copy_to(&mut incoming, environment, options) {
            return Ok(Err(Failure::Attempt(attempt)));
        }
        match self.admit(incoming.finish()?, &entry.description, Some(entry.sha256), &source.name()) {
            Err(error @ DependencyError::Checksum { .. }) => Ok(Err(Failure::Checksum(error))),
            result => result.map(Ok),
        }
    }
}

/// Why one place was no use; the next one is tried.
enum Failure {
    Attempt(Attempt),
    Checksum(DependencyError),
}
