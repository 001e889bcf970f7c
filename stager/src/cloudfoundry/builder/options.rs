//! The builder's flags.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::super::credhub::Attempts;
use super::super::flags::{self, Flag, Outcome, Value};
use super::super::surroundings::clean;
use super::super::url::Url;
use super::super::{Surroundings, output, partial};
use super::error::StageError;
use super::limits::{self, Limits};
use super::locate::folder_name;

/// What the builder is asked for.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) build_dir: PathBuf,
    pub(super) droplet: PathBuf,
    pub(super) metadata: PathBuf,
    pub(super) output_cache: PathBuf,
    pub(super) buildpacks_dir: PathBuf,
    pub(super) downloads_dir: PathBuf,
    pub(super) cache_dir: PathBuf,
    pub(super) order: Vec<String>,
    pub(super) skip_detect: bool,
    pub(super) skip_cert_verify: bool,
    pub(super) attempts: Attempts,
    pub(super) limits: Limits,
    pub(super) isolate: bool,
}

/// Text flags: name, default, help.
const TEXTS: [(&str, &str, &str); 8] = [
    ("buildArtifactsCacheDir", "/tmp/cache", "directory where previous cached build artifacts should be extracted"),
    ("buildDir", "/tmp/app", "directory containing raw app bits"),
    ("buildpackOrder", "", "comma-separated list of buildpacks, to be tried in order"),
    ("buildpacksDir", "/tmp/buildpacks", "directory containing the buildpacks to try"),
    ("buildpacksDownloadDir", "/tmp/buildpackdownloads", "directory to download buildpacks to"),
    (
        "outputBuildArtifactsCache",
        "/tmp/output-cache",
        "file where compressed contents of new cached build artifacts should be written",
    ),
    ("outputDroplet", "/tmp/droplet", "file where compressed droplet should be written"),
    ("outputMetadata", "/tmp/result.json", "directory in which to write the app metadata"),
];

impl Options {
    /// Reads the flags; the exit code when help was asked for or they, or the variables beside them, are wrong.
    pub(super) fn parse(arguments: &[OsString], surroundings: &Surroundings) -> Result<Self, u8> {
        let mut flags: Vec<Flag> = TEXTS
            .iter()
            .map(|(name, default, help)| Flag::new(name, Value::Text((*default).to_owned()), help))
            .collect();
        flags.push(Flag::new("skipCertVerify", Value::Switch(false), "skip SSL certificate verification"));
        flags.push(Flag::new("skipDetect", Value::Switch(false), "skip buildpack detect"));
        flags.extend(flags::credhub_flags());
        flags.extend(limits::flags(surroundings).ok_or(flags::MISTAKE)?);
        if let Outcome::Exit(code) = flags::parse("builder", arguments, &mut flags) {
            return Err(code);
        }
        let text = |name: &str| {
            flags.iter().find(|flag| flag.name == name).map_or("", |flag| match &flag.value {
                Value::Text(text) => text.as_str(),
                _ => "",
            })
        };
        let missing: Vec<_> = TEXTS
            .iter()
            .filter(|(name, ..)| text(name).is_empty())
            .map(|(name, ..)| format!("missing flag: -{name}"))
            .collect();
        if !missing.is_empty() {
            output::error_line(&missing.join(", "));
            return Err(1);
        }
        let path = |name: &str| clean(Path::new(text(name)));
        let switch = |name: &str| flags.iter().any(|flag| flag.name == name && flag.value == Value::Switch(true));
        Ok(Self {
            build_dir: path("buildDir"),
            droplet: path("outputDroplet"),
            metadata: path("outputMetadata"),
            output_cache: path("outputBuildArtifactsCache"),
            buildpacks_dir: path("buildpacksDir"),
            downloads_dir: path("buildpacksDownloadDir"),
            cache_dir: path("buildArtifactsCacheDir"),
            order: text("buildpackOrder").split(',').map(str::to_owned).collect(),
            skip_detect: switch("skipDetect"),
            skip_cert_verify: switch("skipCertVerify"),
            attempts: flags::attempts(&flags),
            limits: Limits::read(&flags),
            isolate: switch(limits::ISOLATE.0),
        })
    }

    /// With the files that are meant where outputs are links.
    pub(super) fn behind_links(mut self) -> Result<Self, StageError> {
        for path in [&mut self.droplet, &mut self.metadata, &mut self.output_cache] {
            *path = partial::target(path).map_err(|error| StageError::file("open", path, &error))?;
        }
        Ok(self)
    }

    /// The buildpacks that only supply: all but the last when detection is skipped.
    pub(super) fn supply_keys(&self) -> &[String] {
        match self.order.split_last() {
            Some((_, rest)) if self.skip_detect => rest,
            _ => &[],
        }
    }

    /// The cache folder of a buildpack that supplies.
    pub(super) fn supply_cache(&self, key: &str) -> PathBuf {
        self.cache_dir.join(folder_name(key))
    }

    /// The cache folder of the final buildpack.
    pub(super) fn final_cache(&self) -> PathBuf {
        self.cache_dir.join("final")
    }

    /// The folder below `deps` of the buildpack at this place, padded to the digits of how many are in play.
    pub(super) fn deps_index(&self, at: usize) -> String {
        let digits = (self.supply_keys().len() + 1).to_string().len();
        format!("{at:0digits$}")
    }

    /// The folder below `deps` of the final buildpack.
    pub(super) fn final_index(&self) -> String {
        self.deps_index(self.supply_keys().len())
    }

    /// Where buildpacks of this key lie.
    pub(super) fn buildpacks_base(&self, key: &str) -> &Path {
        if is_url(key) { &self.downloads_dir } else { &self.buildpacks_dir }
    }
}

/// Whether the key is an absolute URL: anything with a scheme.
pub(super) fn is_url(key: &str) -> bool {
    Url::parse(key).is_some_and(|url| !url.scheme.is_empty())
}
