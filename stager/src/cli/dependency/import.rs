//! `stage dependency import`.

use std::fmt::Write as _;
use std::path::Path;

use buildpacks::java::cloudfoundry;

use super::super::args::CacheArgs;
use super::super::environment::Environment;
use super::super::{Failure, Reply, Schema};
use super::run::{cached, open};

pub(super) fn run(path: &Path, cache: &CacheArgs, environment: &Environment) -> Result<Reply, Failure> {
    let (store, catalogue) = open(cache, environment)?;
    let package = cloudfoundry::import(path, &store, &catalogue)?;
    let imported = package.map_or_else(|| store.import(path, &catalogue), Ok)?;
    let mut text = cached(&imported.added, |_| false);
    for skipped in &imported.skipped {
        let _ = writeln!(text, "skipped {}: {}", skipped.path.display(), skipped.reason);
    }
    Reply::new(Schema::Import, &imported, text)
}
