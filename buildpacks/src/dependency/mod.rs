//! Dependencies: versions, the catalogue of what can be had, the offline cache, Java runtimes.
//!
//! `stage dependency` and staging use a dependency in this order: [`Catalogue`] → [`DependencyCache::resolve`] or
//! [`select_jre`] → [`ResolvedDependency`], whose archive is opened only when its layer is not cached already. Only
//! [`DependencyCache::fetch`] touches the network. Formats and rules are in `docs/dependencies.md`.

mod archive;
#[cfg(test)]
mod archive_tests;
mod cache;
mod catalogue;
mod description;
mod digest;
mod error;
mod expectation;
mod fetch;
mod host;
mod jre;
mod maven;
mod platform;
mod redact;
mod remedy;
mod resolved;
mod version;

pub use cache::{
    CachedDependency, DependencyCache, Facts, Finding, Imported, Problem, Quarantined, RecordError, Removed, Skipped,
    Trust, Verification,
};
pub use catalogue::{Catalogue, CatalogueEntry, CatalogueError};
pub use description::{Archive, Description, Format, FormatError, Kind};
pub use digest::{Sha256, Sha256Error};
pub use error::DependencyError;
pub use expectation::{Expectation, Mismatch, is_vendors_runtime};
pub use fetch::{Attempt, Environment, FetchError, FetchOptions, Progress};
pub use host::{Flaw, HostError, HostJava, find_host_java};
pub use jre::{HostPolicy, JreChoice, JreFacts, JreRequest, JreSelection, Newest, published_runtime, select_jre};
pub use maven::{MavenCoordinates, MavenCoordinatesError};
pub use platform::{Platform, Target};
pub use redact::{Redacted, redact, redact_text};
pub use remedy::Remedy;
pub use resolved::ResolvedDependency;
pub use version::{Requirement, RequirementError, Version, VersionError};
