//! Finding the host's Java.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::Serialize;

use super::{Flaw, HostError};
use crate::absence::absent_ok;
use crate::application::StatRecord;
use crate::dependency::fetch::Environment;
use crate::dependency::jre::{CLASS_LIBRARIES, JreFacts, Release};
use crate::dependency::{Sha256, Version};
use crate::files;

/// Where Linux distributions install Java.
const JVM_FOLDER: &str = "/usr/lib/jvm";

/// A Java installed on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostJava {
    /// Its home, links resolved. Never shown in an image.
    pub home: PathBuf,
    /// Its version with the build, such as `17.0.15+6`.
    pub version: Version,
    /// Its feature version.
    pub feature: u32,
    /// Who made it.
    pub implementor: Option<String>,
    /// How it was found: `JAVA_HOME`, `PATH` or the folder of installed runtimes.
    pub origin: String,
    /// Its modules; empty for Java 8.
    #[serde(skip)]
    pub(super) modules: Vec<String>,
    /// Identifies its bytes: its `release` file and the stat records of class library and CA certificates.
    #[serde(skip)]
    pub(super) identity: Sha256,
}

/// The host's Java: `JAVA_HOME`, else the one whose `java` is on `PATH`, else the newest in `/usr/lib/jvm`; the first of
/// them that runs class files of Java `needed`.
///
/// # Errors
/// [`HostError::Read`] when one that might be it cannot be read, [`HostError::JavaHome`] when that variable names something
/// else than a Java: whoever set it means that one and no other.
pub fn find_host_java(environment: &Environment, needed: u32) -> Result<Option<HostJava>, HostError> {
    let fits = |java: &HostJava| java.feature >= needed;
    if let Some(home) = &environment.java_home {
        let java = inspect(home, "JAVA_HOME")?;
        let java = java.map_err(|flaw| HostError::JavaHome { home: home.clone(), flaw })?;
        if fits(&java) {
            return Ok(Some(java));
        }
    }
    if let Some(program) = environment.program("java")
        && let Some(home) = java_home_of(&program)?
        && let Some(java) = inspect(&home, "PATH")?.ok().filter(fits)
    {
        return Ok(Some(java));
    }
    newest_installed(environment, needed)
}

fn newest_installed(environment: &Environment, needed: u32) -> Result<Option<HostJava>, HostError> {
    let folder = environment.jvm_folder.as_deref().unwrap_or(Path::new(JVM_FOLDER));
    let unreadable = failed(folder);
    let Some(entries) = absent_ok(fs::read_dir(folder)).map_err(&unreadable)? else { return Ok(None) };
    let mut homes = Vec::new();
    for entry in entries {
        homes.push(entry.map_err(&unreadable)?.path());
    }
    homes.sort();
    let origin = folder.display().to_string();
    let fits = |java: &HostJava| java.feature >= needed;
    let mut newest: Option<HostJava> = None;
    for home in homes {
        let Some(java) = inspect(&home, &origin)?.ok().filter(fits) else { continue };
        if newest.as_ref().is_none_or(|newest| java.version >= newest.version) {
            newest = Some(java);
        }
    }
    Ok(newest)
}

fn failed(home: &Path) -> impl Fn(io::Error) -> HostError {
    let home = home.to_owned();
    move |source| HostError::Read { home: home.clone(), source }
}

/// The home a `java` on the search path belongs to, through links such as `/etc/alternatives/java`.
fn java_home_of(java: &Path) -> Result<Option<PathBuf>, HostError> {
    let real = absent_ok(fs::canonicalize(java)).map_err(failed(java))?;
    Ok(real.and_then(|java| Some(java.parent()?.parent()?.to_owned())))
}

/// The Java at `home`, or what it lacks to be one.
fn inspect(home: &Path, origin: &str) -> Result<Result<HostJava, Flaw>, HostError> {
    let unreadable = failed(home);
    let Some(home) = absent_ok(fs::canonicalize(home)).map_err(&unreadable)? else { return Ok(Err(Flaw::Absent)) };
    let file = |path: &Path| -> Result<Option<Metadata>, HostError> {
        Ok(absent_ok(fs::metadata(path)).map_err(&unreadable)?.filter(Metadata::is_file))
    };
    let Some(program) = file(&home.join("bin/java"))? else { return Ok(Err(Flaw::NoJava)) };
    if program.permissions().mode() & 0o111 == 0 {
        return Ok(Err(Flaw::NotExecutable));
    }
    let Some(text) = release_of(&home).map_err(&unreadable)? else { return Ok(Err(Flaw::NoRelease)) };
    let mut library = None;
    for path in CLASS_LIBRARIES.iter().map(|library| home.join(library)) {
        if library.is_none() && file(&path)?.is_some() {
            library = Some(path);
        }
    }
    let Some(library) = library else { return Ok(Err(Flaw::NoClasses)) };
    let release = Release::parse(&text);
    let Some(version) = release.full_version() else { return Ok(Err(Flaw::NoRelease)) };
    Ok(Ok(HostJava {
        feature: crate::dependency::jre::feature(&version),
        version,
        implementor: release.get("IMPLEMENTOR").map(str::to_owned),
        origin: origin.to_owned(),
        modules: release.modules().into_iter().map(str::to_owned).collect(),
        identity: identity(&home, &text, &library).map_err(&unreadable)?,
        home,
    }))
}

/// The text of its file `release`, if it has one that is a regular file.
fn release_of(home: &Path) -> io::Result<Option<String>> {
    // `java` of a Java 8 JDK lies in the `jre` below it
    let parent = home.parent().filter(|_| home.ends_with("jre"));
    for folder in [Some(home), parent].into_iter().flatten() {
        if let Some(bytes) = absent_ok(files::read(&folder.join("release"), files::DOCUMENT_BYTES))? {
            return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok(None)
}

fn identity(home: &Path, release: &str, library: &Path) -> io::Result<Sha256> {
    let stat = |path: &Path| -> io::Result<String> {
        let metadata = absent_ok(fs::metadata(path))?;
        Ok(metadata.map(|metadata| serde_json::to_string(&StatRecord::of(&metadata))).transpose()?.unwrap_or_default())
    };
    let certificates = stat(&home.join("lib/security/cacerts"))?;
    Ok(Sha256::of([release, &stat(library)?, &certificates].join("\0").as_bytes()))
}

impl HostJava {
    /// For people, without its folder: `OpenJDK 17.0.15+6 of Debian`.
    pub fn describe(&self) -> String {
        match &self.implementor {
            Some(implementor) => format!("Java {} of {implementor}", self.version),
            None => format!("Java {}", self.version),
        }
    }

    /// Whether facts read back from the packed runtime are those of this Java.
    pub(super) fn is(&self, facts: &JreFacts) -> bool {
        facts.feature == self.feature
    }
}
