//! Jars that go on the class path: installed into a folder of their own, added by a script when the container starts.

use super::super::install::{InstallError, base_name};
use super::super::staging::{Staging, Work};
use super::SupplyError;
use crate::java::cloudfoundry::shell_word::is_plain;

/// Whether a dependency that the offline cache lacks is left out or ends staging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It is on by default.
    Default,
    /// Somebody asked for it.
    Asked,
}

/// A framework's jar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jar<'a> {
    /// The framework, as messages name it.
    pub(super) title: &'static str,
    /// As the manifest names it.
    pub(super) key: &'static str,
    /// Its version.
    pub(super) version: &'a str,
    /// The folder it goes into.
    pub(super) folder: &'static str,
}

/// Installs a jar into its folder.
pub(super) fn install(staging: &Staging<'_>, work: &mut Work, jar: Jar<'_>, need: Need) -> Result<(), SupplyError> {
    let Jar { title, key, version, folder } = jar;
    let failed = |error: &dyn std::fmt::Display| SupplyError::Failed(format!("failed to install {title}: {error}"));
    let dependency = staging.install(key, version).map_err(|error| match (need, error) {
        (Need::Default, error @ InstallError::NotCached { .. }) => SupplyError::LeftOut(error),
        (_, error) => failed(&error),
    })?;
    let entries = dependency.open(staging.scratch).map_err(|error| failed(&error))?;
    let uri = dependency.description.uri.clone().unwrap_or_default();
    for entry in entries {
        // a file of its own is named after its address, as scripts and switches name it
        let single = dependency.description.archive.file.is_some() || uri.is_empty();
        let name = if single || entry.path.as_str().contains('/') { entry.path.as_str() } else { base_name(&uri) };
        if !is_plain(name) {
            return Err(failed(&format_args!("`{name}` in it has a name that scripts cannot hold")));
        }
        let inserted = work.deposit.deps.files.insert_named(&format!("{folder}/{name}"), entry.kind.clone());
        inserted.map_err(|error| failed(&format_args!("`{name}` in it: {error}")))?;
        if std::path::Path::new(name).extension().is_some_and(|extension| extension == "jar") {
            work.installed.add(folder, name.to_owned());
        }
    }
    Ok(())
}

/// Writes the script that puts the folder's jar before everything that is on the class path.
pub(super) fn finalize(staging: &Staging<'_>, work: &mut Work, folder: &str) {
    let Some(jar) = work.installed.jar(folder) else { return };
    let path = staging.runtime(&format!("{folder}/{jar}"));
    let script = format!("export CLASSPATH=\"{path}${{CLASSPATH:+:$CLASSPATH}}\"\n");
    work.deposit.deps.files.script(&format!("profile.d/{folder}.sh"), script);
}
