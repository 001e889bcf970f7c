//! Finding the host's Java.

use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::Serialize;

use crate::application::StatRecord;
use crate::dependency::fetch::Environment;
use crate::dependency::jre::{JreFacts, Release};
use crate::dependency::{Sha256, Version};
use crate::files;

/// Where Linux distributions install Java.
const JVM_FOLDER: &str = "/usr/lib/jvm";
/// The class library, by generation.
const CLASS_LIBRARIES: [&str; 3] = ["lib/modules", "jre/lib/rt.jar", "lib/rt.jar"];

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
pub fn find_host_java(environment: &Environment, needed: u32) -> Option<HostJava> {
    let fits = |java: &HostJava| java.feature >= needed;
    let java_home = environment.java_home.as_ref().and_then(|home| inspect(home, "JAVA_HOME"));
    let on_path = || environment.program("java").and_then(|java| inspect(java_home_of(&java)?.as_path(), "PATH"));
    java_home.filter(fits).or_else(|| on_path().filter(fits)).or_else(|| newest_installed(environment, needed))
}

fn newest_installed(environment: &Environment, needed: u32) -> Option<HostJava> {
    let folder = environment.jvm_folder.as_deref().unwrap_or(Path::new(JVM_FOLDER));
    let mut homes: Vec<PathBuf> = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    homes.sort();
    let origin = folder.display().to_string();
    let installed = homes.iter().filter_map(|home| inspect(home, &origin));
    installed.filter(|java| java.feature >= needed).max_by(|a, b| a.version.cmp(&b.version))
}

/// The home a `java` on the search path belongs to, through links such as `/etc/alternatives/java`.
fn java_home_of(java: &Path) -> Option<PathBuf> {
    Some(fs::canonicalize(java).ok()?.parent()?.parent()?.to_owned())
}

/// The Java at `home`, if there is a whole one.
fn inspect(home: &Path, origin: &str) -> Option<HostJava> {
    let home = fs::canonicalize(home).ok()?;
    // `java` of a Java 8 JDK lies in the `jre` below it
    let parent = home.parent().filter(|_| home.ends_with("jre"));
    let release_file = [Some(home.as_path()), parent].into_iter().flatten().map(|folder| folder.join("release"));
    let text = release_file.into_iter().find_map(|path| files::read_text(&path, files::DOCUMENT_BYTES).ok())?;
    let release = Release::parse(&text);
    let library = CLASS_LIBRARIES.iter().map(|library| home.join(library)).find(|library| library.is_file())?;
    if !home.join("bin/java").is_file() {
        return None;
    }
    let version = release.full_version()?;
    Some(HostJava {
        feature: crate::dependency::jre::feature(&version),
        version,
        implementor: release.get("IMPLEMENTOR").map(str::to_owned),
        origin: origin.to_owned(),
        modules: release.modules().into_iter().map(str::to_owned).collect(),
        identity: identity(&home, &text, &library)?,
        home,
    })
}

fn identity(home: &Path, release: &str, library: &Path) -> Option<Sha256> {
    let stat = |path: &Path| serde_json::to_string(&StatRecord::of(&fs::metadata(path).ok()?)).ok();
    let certificates = stat(&home.join("lib/security/cacerts")).unwrap_or_default();
    Some(Sha256::of([release, &stat(library)?, &certificates].join("\0").as_bytes()))
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
