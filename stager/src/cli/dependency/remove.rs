//! `stage dependency remove`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use buildpacks::dependency::{CachedDependency, Removed};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::args::CacheArgs;
use super::super::environment::Environment;
use super::super::missing::nearest;
use super::super::problem::{Code, Problem};
use super::super::{Failure, Reply, Schema};
use super::run::open;
use crate::report::bytes;

/// A name that nothing in the cache has.
#[derive(Debug, thiserror::Error)]
#[error("The dependency cache holds no `{name}`")]
struct NotCached {
    name: String,
    /// What may have been meant.
    near: Option<String>,
}

impl Problem for NotCached {
    fn code(&self) -> Code {
        Code::DependencyUnknown
    }

    fn advice(&self) -> Option<String> {
        Some(match &self.near {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "`stage dependency list` shows what it holds".to_owned(),
        })
    }
}

/// What was removed, for programs.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct Removal {
    /// Each of them.
    removed: Vec<Removed>,
}

pub(super) fn run(names: &[String], cache: &CacheArgs, environment: &Environment) -> Result<Reply, Failure> {
    let (store, _) = open(cache, environment)?;
    let mut chosen = BTreeSet::new();
    // All names are looked up before anything is removed.
    for name in names {
        let found = store.named(name)?;
        if found.is_empty() {
            // A damaged record is no reason to keep the name to oneself.
            let near = near(name, &store.list().unwrap_or_default());
            return Err(NotCached { name: name.clone(), near }.into());
        }
        chosen.extend(found);
    }
    let removed = store.remove(&chosen.into_iter().collect::<Vec<_>>())?;
    let mut text = String::new();
    for Removed { sha256, dependency, bytes: size } in &removed {
        let name = dependency.as_deref().unwrap_or("an archive without a record");
        let _ = writeln!(text, "removed {name} ({}, sha256 {sha256})", bytes(*size));
    }
    Reply::new(Schema::Removed, &Removal { removed }, text)
}

/// What is cached and called much like this: another version of the same id, or another id.
fn near(name: &str, records: &[CachedDependency]) -> Option<String> {
    let id = name.split('@').next().unwrap_or(name);
    let of_id = records.iter().filter(|record| record.description.id == id);
    let versions: Vec<String> = of_id.map(|record| record.description.coordinates()).collect();
    if !versions.is_empty() {
        return nearest(name, versions.iter().cloned()).or_else(|| versions.into_iter().next_back());
    }
    nearest(id, records.iter().map(|record| record.description.id.clone()))
}
