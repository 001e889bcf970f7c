//! A buildpack's folder, and the three things it does.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::components::Components;
use super::phase::Phase;
use super::platform;
use super::settings::Settings;
use super::staging::{Failure, Staging, Work};
use crate::absence::absent_ok;
use crate::files;
use crate::java::cloudfoundry::deposit::Deposit;
use crate::java::cloudfoundry::failed::Failed;
use crate::yaml::{self, YamlError};

/// Longest text of detection, characters.
const DETECTED_MAX: usize = 255;
/// Where a package has its files.
const CACHE: &str = "resources/cache";
/// The exit code of a script that fails.
const EXIT: u8 = 1;

/// A buildpack of this generation.
#[derive(Clone, Debug)]
pub struct Buildpack {
    folder: PathBuf,
    generation: Generation,
    /// Names in `resources/cache`.
    cached: Vec<String>,
}

/// Which line of development.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    /// Memory by weights.
    Third,
    /// Memory by the count of classes.
    Fourth,
}

/// Why a file of a buildpack cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be opened.
    #[error("Could not read the buildpack's settings")]
    Io(#[from] std::io::Error),
    /// It is no YAML.
    #[error("Could not read `{}`", path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: YamlError,
    },
}

impl Buildpack {
    /// The buildpack in a folder; none when it is of another format.
    ///
    /// # Errors
    /// [`ReadError`] when it is of this format and its settings cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, ReadError> {
        let mut buildpack = Self { folder: folder.to_owned(), generation: Generation::Third, cached: Vec::new() };
        let jre = buildpack.file("open_jdk_jre")?;
        if jre.is_none() && buildpack.file("version")?.is_none() {
            return Ok(None);
        }
        let by_weights = jre.is_none_or(|jre| jre.part("memory_calculator").text("memory_heuristics").is_some());
        buildpack.generation = if by_weights { Generation::Third } else { Generation::Fourth };
        for entry in absent_ok(fs::read_dir(folder.join(CACHE)))?.into_iter().flatten() {
            // Names of a package are URLs with escapes.
            buildpack.cached.extend(entry?.file_name().into_string());
        }
        Ok(Some(buildpack))
    }

    /// Whether it is an offline package of the generation that is played here: its scripts are not needed then.
    pub fn is_offline_package(&self) -> bool {
        let cached = |name: &String| Path::new(name).extension().is_some_and(|it| it == "cached");
        self.generation == Generation::Third && self.cached.iter().any(cached)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What `{platform}` stands for on this stack. A package is made for some platforms; where it is for one alone, and
    /// that is another, it is taken for that one: there is nothing else that it could be used for.
    pub fn platform(&self, stack: &str, root: &Path) -> String {
        let own = platform::platform(stack, root).unwrap_or_default();
        let packaged = self.packaged_platforms();
        match &packaged[..] {
            [only] if *only != own => only.clone(),
            _ => own,
        }
    }

    /// The platforms that runtimes in `resources/cache` are for.
    fn packaged_platforms(&self) -> Vec<String> {
        let architecture = format!("%2F{}%2Findex.yml.cached", std::env::consts::ARCH);
        let platform = |name: &String| Some(name.strip_suffix(&architecture)?.rsplit("%2F").next()?.to_owned());
        let mut platforms: Vec<_> = self.cached.iter().filter_map(platform).collect();
        platforms.sort();
        platforms.dedup();
        platforms
    }

    /// The settings in `config/<name>.yml`; none without the file.
    pub(super) fn file(&self, name: &str) -> Result<Option<Settings>, ReadError> {
        let path = self.folder.join("config").join(format!("{name}.yml"));
        let text = match files::read_text(&path, files::DOCUMENT_BYTES) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let root = yaml::parse(&text).map_err(|source| ReadError::Yaml { path, source })?;
        Ok(Some(Settings::of(root.as_ref())))
    }

    /// What applies to the application, as one line; none when this buildpack has nothing to do with it. When it cannot
    /// be found out, that is said and the answer is none.
    pub fn detect(&self, staging: &Staging<'_>) -> Option<String> {
        let tags = self.run("Detect", staging, |phase| Components::of(phase)?.tags(phase)).ok()?;
        (!tags.is_empty()).then(|| cut(&tags.join(" ")))
    }

    /// Installs everything below the application's folder.
    ///
    /// # Errors
    /// [`Failed`]; the reason is in the log.
    pub fn compile(&self, staging: &Staging<'_>) -> Result<Deposit, Failed> {
        self.run("Compile", staging, |phase| {
            let components = Components::of(phase)?;
            staging.log.step(&format!("Java Buildpack Version: {}", phase.version()?.for_people()));
            let mut work = Work::new(staging);
            components.compile(phase, &mut work)?;
            Ok(work.deposit)
        })
    }

    /// The process types and their commands.
    ///
    /// # Errors
    /// [`Failed`]; the reason is in the log.
    pub fn release(&self, staging: &Staging<'_>) -> Result<Vec<(String, String)>, Failed> {
        let command =
            self.run("Release", staging, |phase| Components::of(phase)?.command(phase, &mut Work::new(staging)))?;
        Ok(vec![("web".to_owned(), command)])
    }

    /// Runs a phase; a failure is said on standard error, twice, as in the original: by its log, and by what ends it.
    fn run<T>(
        &self,
        step: &str,
        staging: &Staging<'_>,
        work: impl FnOnce(&Phase<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failed> {
        let phase = match self.generation {
            Generation::Third => Phase::of(self, staging),
            Generation::Fourth => Err(Failure(format!(
                "The buildpack in `{}` counts classes to calculate memory: that generation, the fourth, is not built \
                 in; use one of version 3, or of version 5",
                self.folder.display()
            ))),
        };
        let done = phase.and_then(|phase| work(&phase).inspect_err(|failure| phase.error(step, failure)));
        done.map_err(|failure| {
            staging.errors.raw(&format!("{failure}\n"));
            Failed { exit: EXIT }
        })
    }
}

/// What is too long ends in dots.
fn cut(text: &str) -> String {
    if text.chars().count() <= DETECTED_MAX {
        return text.to_owned();
    }
    text.chars().take(DETECTED_MAX - 3).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut() {
        let text = "ü".repeat(255);
        assert_eq!(cut(&text), text);
        assert_eq!(cut(&"ü".repeat(256)), format!("{}...", "ü".repeat(252)));
    }

    #[test]
    fn a_package_for_one_platform_is_for_that_one() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("resources/cache");
        fs::create_dir_all(&cache).unwrap();
        fs::create_dir(folder.path().join("config")).unwrap();
        fs::write(folder.path().join("config/version.yml"), "version: v3.0\n").unwrap();
        let index = |platform: &str| {
            let name =
                format!("https%3A%2F%2Fhost%2Fopenjdk%2F{platform}%2F{}%2Findex.yml.cached", std::env::consts::ARCH);
            fs::write(cache.join(name), "").unwrap();
        };
        let read = || Buildpack::read(folder.path()).unwrap().unwrap();
        let platform = || read().platform("cflinuxfs4", folder.path());
        assert_eq!(platform(), "jammy");
        assert!(!read().is_offline_package());
        index("trusty");
        assert_eq!(platform(), "trusty");
        assert!(read().is_offline_package());
        index("jammy");
        assert_eq!(platform(), "jammy");
    }

    #[test]
    fn a_folder_is_told_by_its_settings() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Buildpack::read(folder.path()).unwrap().is_none());
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(Buildpack::read(&folder.path().join("file")).unwrap().is_none());
        let config = folder.path().join("config");
        fs::create_dir(&config).unwrap();
        fs::write(config.join("version.yml"), "version: v3.0\n").unwrap();
        assert_eq!(Buildpack::read(folder.path()).unwrap().unwrap().generation, Generation::Third);
        for (text, generation) in [
            ("memory_calculator:\n  memory_heuristics:\n    heap: 65\n", Generation::Third),
            ("jvmkill_agent:\n  version: 1.+\nmemory_calculator:\n  stack_threads: 250\n", Generation::Fourth),
        ] {
            fs::write(config.join("open_jdk_jre.yml"), text).unwrap();
            assert_eq!(Buildpack::read(folder.path()).unwrap().unwrap().generation, generation);
        }
        fs::write(config.join("open_jdk_jre.yml"), "a: [").unwrap();
        let error = Buildpack::read(folder.path()).unwrap_err();
        assert!(error.to_string().ends_with("/config/open_jdk_jre.yml`"), "{error}");
    }
}
