//! The offline cache: archives by SHA-256, a small record beside each. Layout and rules are in `docs/dependencies.md`.
//! Many processes may share one; a killed one leaves nothing that counts. Only `fetch` touches the network.

mod add;
mod export;
mod fetch;
mod import;
mod incoming;
mod layout;
mod lookup;
mod made;
mod proof;
mod record;
mod remove;
mod store;
#[cfg(test)]
mod tests;
mod verify;

pub use import::{Imported, Skipped};
pub use record::{CachedDependency, Facts, RecordError};
pub use remove::Removed;
pub use store::{DependencyCache, Trust};
pub use verify::{Finding, Problem, Quarantined, Verification};
