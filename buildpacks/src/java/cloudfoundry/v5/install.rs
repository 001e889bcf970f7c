//! Getting a dependency: the buildpack's own file, one from the build cache, or one of the offline dependency cache.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use super::manifest::{Brought, Deprecation, Listed, Manifest};
use super::runtime::ArchiveMemo;
use super::version::{self, Semantic};
use crate::absence::absent_ok;
use crate::dependency::{
    Archive, CachedDependency, DependencyCache, Description, Format, Kind, ResolvedDependency, Sha256, Version, redact,
};
use crate::java::cloudfoundry::Log;
use crate::java::cloudfoundry::inside::is_inside;

/// A dependency could not be got.
#[derive(Debug, thiserror::Error)]
pub(super) enum InstallError {
    /// The manifest has no such version.
    #[error("dependency {name} {version} not found")]
    NotListed {
        /// The dependency.
        name: String,
        /// The version.
        version: String,
    },
    /// Its file is none of the buildpack's.
    #[error("`file: {}` of {name} {version} in manifest.yml leads out of the buildpack", file.display())]
    Outside {
        /// The dependency.
        name: String,
        /// The version.
        version: String,
        /// As written.
        file: PathBuf,
    },
    /// Its file cannot be read.
    #[error("open {}: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why, in the system's words.
        reason: String,
        /// Whether it is not there at all.
        absent: bool,
    },
    /// Its file is another one.
    #[error("dependency sha256 mismatch: expected sha256 {expected}, actual sha256 {actual}")]
    Checksum {
        /// What the manifest says.
        expected: String,
        /// What it is.
        actual: String,
    },
    /// It is neither in the buildpack nor in a cache, and the network is not touched.
    #[error(
        "{name} {version} is not at hand and the network is not touched: it comes from {uri}; \
         `stage dependency fetch {name}@{version}` adds it to the cache"
    )]
    NotCached {
        /// The dependency.
        name: String,
        /// The version.
        version: String,
        /// Where it is published.
        uri: String,
    },
    /// The cache failed.
    #[error("{_0}{}", hint(_0))]
    Cache(#[from] crate::dependency::DependencyError),
}

/// Why a droplet's agent or calculator was not installed.
#[derive(Debug)]
pub(super) struct Setback {
    /// For the log.
    pub(super) reason: String,
    /// Whether it is there and cannot be had: then the droplet fails. The contract has droplets go on without what is not
    /// there, or is another file.
    pub(super) fatal: bool,
}

impl From<String> for Setback {
    fn from(reason: String) -> Self {
        Self { reason, fatal: false }
    }
}

impl InstallError {
    /// Whether the file is there and cannot be read, or not any more as what it was.
    pub(super) fn is_fatal(&self) -> bool {
        match self {
            Self::Open { absent, .. } => !absent,
            Self::Cache(_) => true,
            Self::NotListed { .. } | Self::Outside { .. } | Self::Checksum { .. } | Self::NotCached { .. } => false,
        }
    }
}

/// Where dependencies come from.
pub(super) struct Source<'a> {
    /// What there is.
    pub(super) manifest: &'a Manifest,
    /// The platform's stack; empty when it names none.
    pub(super) stack: &'a str,
    /// Files that earlier stagings left, below the build cache.
    pub(super) app_cache: PathBuf,
    /// The offline cache.
    pub(super) cache: &'a DependencyCache,
    /// Remembers checksums of files.
    pub(super) memo: &'a dyn ArchiveMemo,
    /// Today, `YYYY-MM-DD`: support of old versions ends some day.
    pub(super) today: &'a str,
}

impl Source<'_> {
    /// Gets a dependency and says so.
    pub(super) fn install(&self, name: &str, version: &str, log: Log<'_>) -> Result<ResolvedDependency, InstallError> {
        log.step(&format!("Installing {name} {version}"));
        let Some(listed) = self.manifest.exactly(name, version, self.stack) else {
            log.error(&not_listed(name, version, &self.manifest.versions(name, self.stack)));
            return Err(InstallError::NotListed { name: name.to_owned(), version: version.to_owned() });
        };
        let dependency = self.fetch(listed, log)?;
        self.warn(listed, log);
        Ok(dependency)
    }

    fn fetch(&self, listed: &Listed, log: Log<'_>) -> Result<ResolvedDependency, InstallError> {
        if let Some(cached) = &listed.cached {
            let dependency = self.cache.verified(cached)?;
            log.info(&format!("Copy [{}]", dependency.path().display()));
            return Ok(dependency);
        }
        if let Some(file) = listed.file.as_ref().filter(|file| !is_inside(&file.folder, &file.name)) {
            let Listed { name, version, .. } = listed;
            let file = file.name.clone();
            return Err(InstallError::Outside { name: name.clone(), version: version.clone(), file });
        }
        let earlier = || {
            let folder = HEXLOWER.encode(Sha256::of(listed.uri.as_bytes()).bytes());
            self.app_cache.join(folder).join(base_name(&listed.uri))
        };
        let file = listed.file.as_ref().map_or_else(earlier, Brought::path);
        let failed = |error: std::io::Error| InstallError::Open {
            absent: absent_ok(Err::<(), _>(std::io::Error::from(error.kind()))).is_ok(),
            path: file.clone(),
            reason: reason(&error),
        };
        if listed.file.is_none() {
            let found = absent_ok(std::fs::metadata(&file)).map_err(failed)?;
            if !found.is_some_and(|metadata| metadata.is_file()) {
                return self.take_cached(listed, log);
            }
        }
        log.info(&format!("Copy [{}]", file.display()));
        let remembered = |state, hash: &dyn Fn() -> std::io::Result<Sha256>| self.memo.sha256(&file, state, hash);
        let dependency = ResolvedDependency::in_place_with(description(listed), &file, remembered).map_err(failed)?;
        let actual = dependency.sha256.as_ref().map(Sha256::to_string).unwrap_or_default();
        if actual == listed.sha256.to_ascii_lowercase() {
            Ok(dependency)
        } else {
            Err(InstallError::Checksum { expected: listed.sha256.clone(), actual })
        }
    }

    fn take_cached(&self, listed: &Listed, log: Log<'_>) -> Result<ResolvedDependency, InstallError> {
        let record = match listed.sha256.parse() {
            Ok(sha256) => self.cache.record(sha256)?,
            Err(_) => None,
        };
        let Some(record) = record else {
            return Err(InstallError::NotCached {
                name: listed.name.clone(),
                version: listed.version.clone(),
                uri: redact(&listed.uri),
            });
        };
        // As the manifest has it unpacked, whatever the cache's own catalogue thinks of it.
        let record = CachedDependency { description: description(listed), ..record };
        let dependency = self.cache.verified(&record)?;
        log.info(&format!("Copy [{}]", dependency.path().display()));
        Ok(dependency)
    }

    /// Says when the version is old, or soon without support.
    fn warn(&self, listed: &Listed, log: Log<'_>) {
        let Some(version) = Semantic::parse(&listed.version) else { return };
        let Listed { name, version: text, .. } = listed;
        if version.pre_release.is_empty() {
            let line = format!("{}.{}.x", version.numbers[0], version.numbers[1]);
            let newest = version::highest(&line, &self.manifest.at_hand(name, self.stack));
            if let Some(newest) = newest.ok().filter(|newest| newest != text) {
                log.warning(&format!(
                    "A newer version of {name} is available in this buildpack. Please adjust your app to use version \
                     {newest} instead of version {text} as soon as possible. Old versions of {name} are only provided \
                     to assist in migrating to newer versions."
                ));
            }
        } else {
            log.warning(&format!("You are using the pre-release version {text} of {name}"));
        }
        for end in self.manifest.deprecations.iter().filter(|end| end.name == *name) {
            if version::highest(&end.version_line, &[text]).is_ok() && ends_soon(&end.date, self.today) {
                log.warning(&end_of_life(end));
            }
        }
    }
}

fn end_of_life(end: &Deprecation) -> String {
    let Deprecation { name, version_line, date, link } = end;
    let see = if link.is_empty() { String::new() } else { format!("\nSee: {link}") };
    format!("{name} {version_line} will no longer be available in new buildpacks released after {date}.{see}")
}

fn not_listed(name: &str, version: &str, others: &[&str]) -> String {
    let what = if others.is_empty() {
        format!("Dependency {name} is not provided by this buildpack\n")
    } else {
        let list = others.iter().map(|version| format!("\t- {version}\n")).collect::<Vec<_>>().concat();
        format!(
            "Version {version} of dependency {name} is not supported by this buildpack.\n\
             The versions of {name} supported in this buildpack are:\n{list}"
        )
    };
    format!("DEPENDENCY MISSING IN MANIFEST:\n\n{what}")
}

/// Whether `date` is less than thirty days after `today`, or before it. Dates that are none never come.
fn ends_soon(date: &str, today: &str) -> bool {
    match (day_number(date), day_number(today)) {
        (Some(end), Some(now)) => end - now < 30,
        _ => false,
    }
}

/// Days since 1970-01-01 of a date `YYYY-MM-DD` (the civil calendar's arithmetic).
fn day_number(date: &str) -> Option<i64> {
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1 - 719_468)
}

/// How the file is unpacked: by what its URI ends in; what is no archive is kept as the one file it is.
pub(super) fn description(listed: &Listed) -> Description {
    let base = base_name(&listed.uri);
    let format = match () {
        () if base.as_bytes().ends_with(b".tar.gz") || base.as_bytes().ends_with(b".tgz") => Format::TarGz,
        () if base.as_bytes().ends_with(b".zip") => Format::Zip,
        () => Format::File,
    };
    let single = format == Format::File;
    let archive = Archive { format, prefix: None, strip: 0, file: single.then(|| base.to_owned()) };
    let zero = || Version::parse("0").unwrap_or_else(|error| unreachable!("{error}"));
    let version = Version::parse(&listed.version).unwrap_or_else(|_| zero());
    let mut description = Description::new(&listed.name, version, Kind::Tool, archive);
    description.uri = Some(redact(&listed.uri));
    description
}

/// What stands behind the last `/` of a URI.
pub(super) fn base_name(uri: &str) -> &str {
    Path::new(uri).file_name().and_then(|name| name.to_str()).unwrap_or(uri)
}

/// What to do about it, in the same line: a buildpack's log has no place for hints.
fn hint(error: &crate::dependency::DependencyError) -> String {
    let hint = error.hint().unwrap_or_default();
    let mut letters = hint.chars();
    letters.next().map_or_else(String::new, |first| format!("; {}{}", first.to_lowercase(), letters.as_str()))
}

/// An error's text with those of its causes.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// The system's reason in lower case, without number and path: `no such file or directory`.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once("`: ").map_or(text.as_str(), |(_, reason)| reason);
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn support_ends_within_thirty_days() {
        for (date, today, soon) in [
            ("2026-11-30", "2026-11-01", true),
            ("2026-11-30", "2026-10-31", false),
            ("2026-11-30", "2027-01-01", true),
            ("2028-03-01", "2028-02-01", true),
            ("soon", "2028-02-01", false),
        ] {
            assert_eq!(ends_soon(date, today), soon, "{date} {today}");
        }
        assert_eq!(day_number("1970-01-01"), Some(0));
        assert_eq!(day_number("2000-03-01"), Some(11_017));
    }

    #[test]
    fn a_missing_version_lists_the_others() {
        let text = not_listed("openjdk", "9", &["8", "11"]);
        assert!(text.ends_with("are:\n\t- 8\n\t- 11\n"), "{text}");
        assert!(not_listed("x", "9", &[]).ends_with("Dependency x is not provided by this buildpack\n"));
    }
}
