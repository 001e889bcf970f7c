//! What tells a Spring Boot application, and where its libraries lie.

use super::phase::Phase;
use super::staging::{Failure, Work};

/// The attribute of the manifest that names Boot's version.
const VERSION: &str = "Spring-Boot-Version";
/// The attribute that names the folder of libraries.
const LIBRARIES: &str = "Spring-Boot-Lib";
/// Folders of libraries, the first that there is.
const FOLDERS: [&str; 3] = ["BOOT-INF/lib", "WEB-INF/lib", "lib"];

impl Phase<'_> {
    /// Whether the manifest names Boot's version, or a folder `lib` holds Boot's own jar.
    pub(super) fn is_spring_boot(&self) -> bool {
        self.manifest.get(VERSION).is_some() || self.library(is_boot_jar)
    }

    /// Whether a folder `lib`, wherever, holds a jar whose path `wanted` takes.
    pub(super) fn library(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.visible.iter().any(|entry| {
            let mut parts = entry.name.rsplit('/');
            let is_jar = parts.next().is_some_and(|name| name.strip_suffix(".jar").is_some());
            is_jar && parts.next() == Some("lib") && wanted(&entry.name)
        })
    }

    /// Links the jars for the class path into the folder from which Boot takes its libraries.
    pub(super) fn link_libraries(&self, work: &mut Work) -> Result<(), Failure> {
        let named = self.manifest.get(LIBRARIES).into_iter();
        let mut folders = named.chain(FOLDERS).map(|name| work.layout.join(name));
        let folder = folders.find(|path| self.exists(work, path)).ok_or_else(|| {
            Failure(format!(
                "No folder for libraries: there is none of {}",
                FOLDERS.map(|name| format!("`{name}`")).join(", ")
            ))
        })?;
        for library in work.libraries.clone() {
            let name = library.rsplit('/').next().unwrap_or_default();
            let link = format!("{folder}/{name}");
            let refused = |reason: String| Failure(format!("Could not link `{name}` into `{folder}`: {reason}"));
            let entry = work.layout.entry(&link).map_err(|error| refused(error.to_string()))?;
            if self.staging.bits.exists(entry.as_str()) {
                return Err(refused("there is a file of that name".to_owned()));
            }
            let target = super::layout::relative(&library, &folder);
            work.deposit.app.files.link(entry.as_str(), &target);
        }
        Ok(())
    }

    /// Whether there is such a path in the application.
    fn exists(&self, work: &Work, path: &str) -> bool {
        path == work.layout.root() || work.layout.entry(path).is_ok_and(|path| self.staging.bits.exists(path.as_str()))
    }
}

/// `spring-boot-` with a version behind it.
fn is_boot_jar(path: &str) -> bool {
    let mut found = path.match_indices("spring-boot-");
    found.any(|(at, part)| {
        let rest = &path[at + part.len()..];
        rest.starts_with(|c: char| c.is_ascii_digit()) && rest[1..].contains(".jar")
    })
}

#[cfg(test)]
mod tests {
    use super::is_boot_jar;

    #[test]
    fn boot_s_own_jar_has_a_version_behind_its_name() {
        assert!(is_boot_jar("lib/spring-boot-1.3.8.RELEASE.jar"));
        assert!(!is_boot_jar("lib/spring-boot-autoconfigure-1.3.8.RELEASE.jar"));
        assert!(!is_boot_jar("lib/spring-boot.jar"));
    }
}
