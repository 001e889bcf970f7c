//! The agent that ends a virtual machine which has run out of memory.

use super::install::{InstallError, Setback};
use super::opts;
use super::staging::Staging;
use crate::application::Entry;
use crate::dependency::DependencyError;
use crate::java::cloudfoundry::deposit::Tree;
use crate::java::cloudfoundry::services::{Service, Services};
use serde_json::{Map, Value};

/// As the manifest names it.
const KEY: &str = "jvmkill";
/// What `VCAP_APPLICATION` has to tell for the folder of heap dumps.
const NAMES: [&str; 4] = ["space_name", "space_id", "application_name", "application_id"];

/// Installs it beside the runtime; its version. Without one in the offline cache, where that is all there is, the
/// virtual machine's own switch takes its place and nothing is returned.
pub(super) fn supply(staging: &Staging<'_>, files: &mut Tree) -> Result<Option<String>, Setback> {
    staging.manifest.warn_of_left_out(KEY, staging.log);
    let version = staging
        .manifest
        .default_version(KEY, staging.stack(), staging.log)
        .map_err(|error| format!("unable to determine JVMKill version: {error}"))?
        .to_owned();
    if staging.manifest.lacks(KEY, &version, staging.stack()) {
        staging.log.info("JVMKill Agent is not in the offline cache: the JVM exits by itself when memory runs out");
        opts::add(files, 5, "jre", "-XX:+ExitOnOutOfMemoryError");
        return Ok(None);
    }
    staging.log.info(&format!("Installing JVMKill Agent ({version})"));
    files.folder("tmp");
    let failed = |error: &dyn std::fmt::Display| format!("failed to install JVMKill agent: {error}");
    let setback = |error: InstallError| Setback { reason: failed(&error), fatal: error.is_fatal() };
    let agent = staging.install(KEY, &version).map_err(setback)?;
    let unopened = |error: DependencyError| Setback { reason: failed(&error), fatal: error.is_unreadable() };
    let entries = agent.open(staging.scratch).map_err(unopened)?;
    let library = entries.iter().find(|entry| entry.path.has_extension("so")).and_then(Entry::content);
    let library = library.ok_or_else(|| format!("could not find .so file in {}", agent.path().display()))?;
    files.executable(&path(&version), library.clone());
    Ok(Some(version))
}

/// Has the virtual machine load it.
pub(super) fn finalize(staging: &Staging<'_>, version: &str, files: &mut Tree) {
    staging.log.info("Configuring JVMKill Agent");
    let agent = staging.runtime(&path(version));
    let mut option = format!("-agentpath:{agent}=printHeapHistogram=1");
    if let Some(dump) = heap_dump_path(staging) {
        staging.log.info(&format!("Write terminal heap dumps to {dump}"));
        option = format!("{option},heapDumpPath={dump}");
    }
    opts::add(files, 5, "jre", &option);
}

fn path(version: &str) -> String {
    format!("jre/bin/jvmkill-{version}.so")
}

/// Where heap dumps go: into the volume of a service whose name, label or tag contains `heap-dump`.
fn heap_dump_path(staging: &Staging<'_>) -> Option<String> {
    let services = Services::of(staging.variable("VCAP_SERVICES")).ok()?;
    let volume = services.iter().find(|service| service.mentions("heap-dump")).and_then(Service::volume)?;
    let application = application(staging);
    let text = |key: &str| application.get(key).and_then(Value::as_str).unwrap_or_default();
    let named = |name: &str, id: &str| format!("{}-{}", text(name), text(id).chars().take(8).collect::<String>());
    let [space_name, space_id, application_name, application_id] = NAMES;
    let (space, app) = (named(space_name, space_id), named(application_name, application_id));
    let folder = opts::word(&format!("{volume}/{space}/{app}"));
    Some(format!("{folder}/$CF_INSTANCE_INDEX-%FT%T%z-$CF_INSTANCE_GUID.hprof"))
}

/// `VCAP_APPLICATION`; says what it does not tell.
fn application(staging: &Staging<'_>) -> Map<String, Value> {
    let parsed = serde_json::from_str::<Map<String, Value>>(staging.variable("VCAP_APPLICATION"));
    let flaw = match &parsed {
        Err(error) => Some(format!("cannot be read ({error})")),
        Ok(application) => {
            let has_text = |key: &str| application.get(key).and_then(Value::as_str).is_some_and(|it| !it.is_empty());
            let missing: Vec<_> = NAMES.into_iter().filter(|key| !has_text(key)).collect();
            (!missing.is_empty()).then(|| format!("has no {}", missing.join(", ")))
        }
    };
    if let Some(flaw) = flaw {
        staging.log.warning(&format!("VCAP_APPLICATION {flaw}: the path of heap dumps does without"));
    }
    parsed.unwrap_or_default()
}
