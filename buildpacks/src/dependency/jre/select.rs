//! Which Java runtime an application gets.

use schemars::JsonSchema;
use serde::Serialize;

use super::JreRequest;
use crate::dependency::cache::{CachedDependency, DependencyCache};
use crate::dependency::fetch::Environment;
use crate::dependency::{
    Catalogue, CatalogueEntry, DependencyError, Kind, Requirement, ResolvedDependency, Target, host,
};

/// What is known when a runtime is chosen.
#[derive(Clone, Copy, Debug)]
pub struct JreSelection<'a> {
    /// Where runtimes are.
    pub cache: &'a DependencyCache,
    /// Where they could be had.
    pub catalogue: &'a Catalogue,
    /// What the image is made for.
    pub target: &'a Target,
    /// Which one is asked for.
    pub request: &'a JreRequest,
    /// The feature version the application's classes need; 0 when anything will do.
    pub needed: u32,
    /// The newest feature version the application is known to run on; none when nothing is known to be too new.
    pub newest: Option<Newest<'a>>,
    /// Whether the host's may be taken.
    pub host: HostPolicy<'a>,
}

/// The newest feature version that an application is known to run on. A newer one is taken only when there is no other.
#[derive(Clone, Copy, Debug)]
pub struct Newest<'a> {
    /// The version.
    pub feature: u32,
    /// What it is known of, such as `Spring Boot 1.5`.
    pub of: &'a str,
    /// Whether a newer one is not even taken then, unless it is asked for by its version.
    pub strict: bool,
}

/// Whether the host's Java runtime may be taken.
#[derive(Clone, Copy, Debug)]
pub enum HostPolicy<'a> {
    /// It may, found by this environment.
    Allowed(&'a Environment),
    /// It may, and is only told of: nothing is made of it.
    ToldOf(&'a Environment),
    /// It may not (`--locked`).
    Refused,
}

/// The runtime an application gets, and why.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct JreChoice {
    /// The runtime.
    pub dependency: ResolvedDependency,
    /// Why this one, such as `newest cached runtime for Java 17 or later`.
    pub origin: String,
    /// Whether it was made of the host's Java.
    pub from_host: bool,
}

/// Chooses the runtime.
///
/// # Errors
/// [`DependencyError::Missing`] when it can be had and is not cached, [`DependencyError::NoJre`],
/// [`DependencyError::JreTooOld`], [`DependencyError::HostRefused`], and everything that taking the host's can end in.
pub fn select_jre(selection: &JreSelection<'_>) -> Result<JreChoice, DependencyError> {
    match selection.request {
        JreRequest::Auto => auto(selection),
        JreRequest::Host => from_host(selection, "the host's runtime, as asked for"),
        JreRequest::Named { id, requirement } => named(selection, id.as_deref(), requirement.as_ref()),
    }
}

fn auto(selection: &JreSelection<'_>) -> Result<JreChoice, DependencyError> {
    let runtimes = cached_runtimes(selection)?;
    if let Some(newest) = selection.newest {
        let newest = newest.feature;
        let known = runtimes.iter().filter(|record| (selection.needed..=newest).contains(&feature(record)));
        if let Some(record) = Requirement::newest().select(known, |record| &record.description.version) {
            let dependency = selection.cache.verified(record)?;
            let origin = format!("newest cached runtime for Java up to {newest}, the newest it is known to run on");
            return Ok(JreChoice { dependency, origin, from_host: false });
        }
    }
    if strict(selection).is_some() {
        return from_host(selection, "the host's runtime: none is cached that it is known to run on");
    }
    let fitting = runtimes.iter().filter(|record| feature(record) >= selection.needed);
    if let Some(record) = Requirement::newest().select(fitting, |record| &record.description.version) {
        let origin = match selection.needed {
            0 => "newest cached runtime".to_owned(),
            needed => format!("newest cached runtime for Java {needed} or later"),
        };
        return Ok(JreChoice { dependency: selection.cache.verified(record)?, origin, from_host: false });
    }
    let origin = match selection.needed {
        0 => "the host's runtime: none is cached".to_owned(),
        needed => format!("the host's runtime: none for Java {needed} or later is cached"),
    };
    from_host(selection, &origin)
}

/// The bound of an application that takes no newer runtime.
fn strict<'a>(selection: &JreSelection<'a>) -> Option<Newest<'a>> {
    selection.newest.filter(|newest| newest.strict)
}

/// The error where only newer runtimes are at hand; `host` is the host's version.
fn too_new(selection: &JreSelection<'_>, newest: Newest<'_>, host: Option<u32>) -> DependencyError {
    let cached = cached_runtimes(selection).unwrap_or_default();
    let cached = cached.iter().map(|record| format!("`{}`", record.description.coordinates()));
    let found: Vec<_> = cached.chain(host.map(|feature| format!("the host's Java {feature}"))).collect();
    DependencyError::JreTooNew {
        of: newest.of.to_owned(),
        newest: newest.feature,
        found: if found.is_empty() { "nothing".to_owned() } else { found.join(", ") },
        commands: fetch_commands(selection),
    }
}

fn from_host(selection: &JreSelection<'_>, origin: &str) -> Result<JreChoice, DependencyError> {
    if let Some(newest) = strict(selection)
        && let HostPolicy::Allowed(environment) | HostPolicy::ToldOf(environment) = selection.host
    {
        let java = host::find_host_java(environment, selection.needed)?;
        let feature = java.map(|java| java.feature);
        if feature.is_none_or(|feature| feature > newest.feature) {
            return Err(too_new(selection, newest, feature));
        }
    }
    let provided = match selection.host {
        HostPolicy::Allowed(environment) => host::provide(selection.cache, environment, selection.needed)?,
        HostPolicy::ToldOf(environment) => host::tell(environment, selection.needed)?,
        HostPolicy::Refused => return Err(DependencyError::HostRefused { commands: fetch_commands(selection) }),
    };
    let Some(dependency) = provided else {
        let found = describe_cached(&cached_runtimes(selection)?);
        let commands = fetch_commands(selection);
        return Err(DependencyError::NoJre { needed: selection.needed, found, commands });
    };
    Ok(JreChoice { dependency, origin: origin.to_owned(), from_host: true })
}

fn named(
    selection: &JreSelection<'_>,
    id: Option<&str>,
    requirement: Option<&Requirement>,
) -> Result<JreChoice, DependencyError> {
    let JreSelection { cache, catalogue, target, needed, .. } = *selection;
    let dependency = if let Some(id) = id {
        cache.resolve(catalogue, id, requirement, target).map_err(|error| match error {
            DependencyError::Missing { entry } => missing(selection, &entry),
            other => other,
        })?
    } else {
        let runtimes = cached_runtimes(selection)?;
        let wanted = requirement.cloned().unwrap_or_else(Requirement::newest).java();
        match wanted.select(&runtimes, |record| &record.description.version) {
            Some(record) => cache.verified(record)?,
            None => return Err(not_cached(selection, &wanted)),
        }
    };
    let coordinates = dependency.description.coordinates();
    let Some(facts) = &dependency.facts.jre else {
        return Err(DependencyError::NotAJre { coordinates, missing: "bin/java" });
    };
    if facts.feature < needed {
        return Err(DependencyError::JreTooOld { needed, coordinates, feature: facts.feature });
    }
    if requirement.is_none()
        && let Some(newest) = strict(selection).filter(|newest| facts.feature > newest.feature)
    {
        return Err(too_new(selection, newest, None));
    }
    Ok(JreChoice { dependency, origin: format!("`{}`, as asked for", selection.request), from_host: false })
}

/// Cached runtimes, but for those made of the host's Java.
fn cached_runtimes(selection: &JreSelection<'_>) -> Result<Vec<CachedDependency>, DependencyError> {
    let mut runtimes = selection.cache.usable(selection.catalogue, selection.target)?;
    runtimes.retain(|record| record.facts.jre.is_some());
    Ok(runtimes)
}

fn not_cached(selection: &JreSelection<'_>, wanted: &Requirement) -> DependencyError {
    let published = runtimes_published(selection);
    let found = wanted.select(published, |entry| &entry.description.version);
    match found.map_or_else(|| selection.catalogue.find("openjdk", Some(wanted), selection.target), Ok) {
        Ok(entry) => missing(selection, entry),
        Err(source) => {
            DependencyError::Unknown { id: "jre".into(), requirement: wanted.to_string(), source: Box::new(source) }
        }
    }
}

/// A runtime that is not at hand; one that would be too old is not worth getting.
fn missing(selection: &JreSelection<'_>, entry: &CatalogueEntry) -> DependencyError {
    let feature = super::feature(&entry.description.version);
    if entry.description.kind == Kind::Jre && feature < selection.needed {
        let coordinates = entry.description.coordinates();
        return DependencyError::JreTooOld { needed: selection.needed, coordinates, feature };
    }
    DependencyError::Missing { entry: Box::new(entry.clone()) }
}

/// The catalogue's runtimes; of equal versions the one called `openjdk` comes last and wins.
fn runtimes_published<'a>(selection: &JreSelection<'a>) -> Vec<&'a CatalogueEntry> {
    let JreSelection { catalogue, target, .. } = *selection;
    let published =
        |entry: &&CatalogueEntry| entry.description.kind == Kind::Jre && entry.description.platform.runs_on(target);
    let mut entries: Vec<&CatalogueEntry> = catalogue.entries().iter().filter(published).collect();
    entries.sort_by_key(|entry| entry.description.id == "openjdk");
    entries
}

/// The oldest published runtime that would do; the catalogue's default when it does. What [`DependencyError::NoJre`] and [`DependencyError::HostRefused`] would be mended by.
pub fn published_runtime<'a>(selection: &JreSelection<'a>) -> Option<&'a CatalogueEntry> {
    let newest = selection.newest.map(|newest| newest.feature);
    let known = newest.and_then(|newest| published_within(selection, newest));
    known.or_else(|| strict(selection).is_none().then(|| published_within(selection, u32::MAX))?)
}

/// The same of those up to a feature version.
fn published_within<'a>(selection: &JreSelection<'a>, newest: u32) -> Option<&'a CatalogueEntry> {
    let JreSelection { catalogue, target, needed, .. } = *selection;
    let fits =
        |entry: &&CatalogueEntry| (u64::from(needed)..=u64::from(newest)).contains(&entry.description.version.major());
    if let Some(entry) = catalogue.find("openjdk", None, target).ok().filter(fits) {
        return Some(entry);
    }
    runtimes_published(selection).into_iter().filter(fits).min_by(|a, b| {
        let (a, b) = (&a.description, &b.description);
        let line = a.version.major().cmp(&b.version.major());
        line.then((b.id == "openjdk").cmp(&(a.id == "openjdk"))).then_with(|| b.version.cmp(&a.version))
    })
}

fn fetch_commands(selection: &JreSelection<'_>) -> Vec<String> {
    published_runtime(selection).map(CatalogueEntry::fetch_command).into_iter().collect()
}

fn feature(record: &CachedDependency) -> u32 {
    record.facts.jre.as_ref().map_or(0, |jre| jre.feature)
}

fn describe_cached(runtimes: &[CachedDependency]) -> String {
    if runtimes.is_empty() {
        return "the cache holds none and the host has none".into();
    }
    let names: Vec<String> = runtimes.iter().map(|record| format!("`{}`", record.description.coordinates())).collect();
    format!("the cache holds {} and the host has none", names.join(", "))
}
