//! What is staged, and with what.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::measure::command::quiet;
use crate::measure::ground;

/// The folder that the builder looks for: MD5 of `java_buildpack`, which builders of every age find.
const KEY_FOLDER: &str = "deb3ba08c7cb5ec73338f27953eb386a";
const BUILDPACK: &str = "java-buildpack-v5";

/// Files and folders of the bench.
pub(crate) struct Fixtures {
    /// Everything below here is the bench's own.
    pub(crate) work: PathBuf,
    /// The real application.
    pub(crate) jar: PathBuf,
    /// The same, unpacked.
    pub(crate) exploded: PathBuf,
    /// The folder of buildpacks; empty when there are no originals.
    pub(crate) buildpacks: PathBuf,
    /// A cache folder for each of our two commands; both hold the dependencies.
    pub(crate) caches: [PathBuf; 2],
    /// The original programs.
    pub(crate) originals: Option<Originals>,
}

/// Programs built elsewhere.
pub(crate) struct Originals {
    /// The builder.
    pub(crate) builder: PathBuf,
    /// Variables that stagings with the buildpack want.
    pub(crate) variables: Vec<(String, String)>,
}

impl Fixtures {
    /// Lays out what is needed anew.
    pub(crate) fn prepare(originals: Option<PathBuf>) -> io::Result<Self> {
        let jar = ground::zipkin()?;
        let work = ground::project()?.join(".cache/bench-droplets");
        ground::clear(&work)?;
        let (exploded, buildpacks) = (work.join("exploded"), work.join("buildpacks"));
        fs::create_dir_all(&buildpacks)?;
        quiet(Command::new("unzip").arg("-q").arg(&jar).arg("-d").arg(&exploded))?;
        let originals = originals.map(|folder| folder.canonicalize()).transpose()?;
        let caches = ["builder-cache", "artifact-cache"].map(|name| work.join(name));
        for cache in &caches {
            match &originals {
                Some(folder) => import(&folder.join(BUILDPACK), cache)?,
                None => ground::add_jre(cache)?,
            }
        }
        if let Some(folder) = &originals {
            symlink(folder.join(BUILDPACK), buildpacks.join(KEY_FOLDER))?;
        }
        let originals = originals.map(|folder| Originals::of(&folder)).transpose()?;
        Ok(Self { work, jar, exploded, buildpacks, caches, originals })
    }
}

impl Originals {
    fn of(folder: &Path) -> io::Result<Self> {
        let builder = folder.join("lifecycle/builder");
        if !builder.is_file() {
            let missing =
                format!("{} is missing: `tests/side-by-side --help` says what is expected", builder.display());
            return Err(io::Error::other(missing));
        }
        let text = fs::read_to_string(folder.join("environment").join(BUILDPACK)).unwrap_or_default();
        let path = std::env::var("PATH").unwrap_or_default();
        let value = |value: &str| value.replace("@ORIGINALS@", &folder.to_string_lossy()).replace("@PATH@", &path);
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Ok(Self { builder, variables: pairs.map(|(name, text)| (name.to_owned(), value(text))).collect() })
    }
}

fn import(package: &Path, cache: &Path) -> io::Result<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stage"));
    quiet(command.env("STAGE_CACHE_DIR", cache).args(["dependency", "import"]).arg(package)).map(drop)
}
