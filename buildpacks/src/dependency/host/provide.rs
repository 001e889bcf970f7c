//! The host's Java as a cached dependency.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{HostError, HostJava, copy, find_host_java, jlink, pack};
use crate::activity;
use crate::dependency::cache::DependencyCache;
use crate::dependency::fetch::Environment;
use crate::dependency::{
    Archive, DependencyError, Description, Facts, Format, JreFacts, Kind, Platform, ResolvedDependency, Sha256, Target,
};

/// Id of the dependency the host's Java becomes.
pub(in crate::dependency) const ID: &str = "host-jre";
/// Changes whenever another runtime would be made of the same Java.
const RECIPE: &str = "1";

/// Which archive was made of a Java.
#[derive(Serialize, Deserialize)]
struct Made {
    sha256: Sha256,
}

/// The host's Java for class files of Java `needed`, made on first use; `None` when the host has none.
pub(in crate::dependency) fn provide(
    cache: &DependencyCache,
    environment: &Environment,
    needed: u32,
) -> Result<Option<ResolvedDependency>, DependencyError> {
    let Some(java) = find_host_java(environment, needed)? else { return Ok(None) };
    let key = Sha256::of([RECIPE, &java.identity.to_string()].join("\0").as_bytes()).to_string();
    if let Some(Made { sha256 }) = cache.read_host(&key)?
        && let Some(record) = cache.legible(sha256)?
        && record.facts.jre.as_ref().is_some_and(|facts| java.is(facts))
    {
        match cache.verified(&record) {
            // it is made again
            Err(DependencyError::Corrupt { .. } | DependencyError::Lost { .. }) => {}
            result => return result.map(Some),
        }
    }
    let _busy = activity::begin(format!("making a Java runtime of the host's {}, once", java.describe()));
    let record = cache.add_made(|scratch, out| {
        let (nodes, how) = files(&java, scratch)?;
        pack::write(&nodes, out)?;
        let now = find_host_java(environment, needed)?;
        if now.is_none_or(|now| now.home != java.home || now.identity != java.identity) {
            return Err(HostError::Changed { home: java.home.clone() });
        }
        Ok(description(&java, how))
    })?;
    cache.write_host(&key, &Made { sha256: record.sha256 })?;
    cache.verified(&record).map(Some)
}

/// The host's Java for class files of Java `needed`, as the runtime that would be made of it; `None` when the host has none.
/// The same whether it was made before or not.
pub(in crate::dependency) fn tell(
    environment: &Environment,
    needed: u32,
) -> Result<Option<ResolvedDependency>, DependencyError> {
    let Some(java) = find_host_java(environment, needed)? else { return Ok(None) };
    let how = if jlink::is_available(&java) { "to be trimmed by jlink" } else { "to be copied" };
    let facts = JreFacts {
        java_version: java.version.to_string(),
        feature: java.feature,
        implementor: java.implementor.clone(),
        class_count: 0,
    };
    Ok(Some(ResolvedDependency::told(description(&java, how), Facts { jre: Some(Box::new(facts)) })))
}

/// The files of the runtime, and how they were got.
fn files(
    java: &HostJava,
    scratch: &Path,
) -> Result<(std::collections::BTreeMap<String, copy::Node>, &'static str), HostError> {
    if jlink::is_available(java) {
        let linked = scratch.join("jre");
        match jlink::link(java, &linked) {
            Ok(()) => return Ok((copy::tree(&linked)?, "trimmed by jlink")),
            // since Java 24 a JDK need not be able to link
            Err(_) if !java.home.join("jmods").is_dir() => {}
            Err(error) => return Err(error),
        }
    }
    // of a Java 8 JDK, its runtime
    let inner = java.home.join("jre");
    let home = if inner.join("bin/java").is_file() { &inner } else { &java.home };
    Ok((copy::tree(home)?, "copied"))
}

fn description(java: &HostJava, how: &str) -> Description {
    let mut description = Description::new(ID, java.version.clone(), Kind::Jre, Archive::new(Format::Tar));
    let host = Target::host();
    description.name = "the host's Java runtime".into();
    description.platform = Platform { os: Some(host.os), arch: Some(host.arch), stacks: Vec::new() };
    description.note = Some(format!("the host's {}, {how}", java.describe()));
    description
}
