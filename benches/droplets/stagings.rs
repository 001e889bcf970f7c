//! The stagings, in turn.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cost::{Cost, measured};
use crate::fixtures::Fixtures;
use crate::measure::command::quiet;
use crate::measure::ground::clear;

/// What a command cost, round by round.
pub(crate) struct Results {
    pub(crate) name: &'static str,
    pub(crate) costs: Vec<Cost>,
}

/// The original's name in the table.
pub(crate) const ORIGINAL: &str = "original builder";

type Staging = fn(&Fixtures) -> io::Result<Cost>;

/// Names and commands, in the table's order. A cold one makes the JRE's piece of the droplet, which the warm one after
/// it finds; neither knows the application.
const STAGINGS: [(&str, Staging); 5] = [
    (ORIGINAL, original),
    ("stage builder, cold", |fixtures| built_in(fixtures, true)),
    ("stage builder, warm", |fixtures| built_in(fixtures, false)),
    ("stage app.jar -o droplet, cold", |fixtures| artifact(fixtures, true)),
    ("stage app.jar -o droplet, warm", |fixtures| artifact(fixtures, false)),
];

pub(crate) fn run(fixtures: &Fixtures, rounds: usize) -> io::Result<Vec<Results>> {
    let wanted = STAGINGS.iter().filter(|(name, _)| *name != ORIGINAL || fixtures.originals.is_some());
    let mut results: Vec<_> = wanted.clone().map(|(name, _)| Results { name, costs: Vec::new() }).collect();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        for (result, (_, staging)) in results.iter_mut().zip(wanted.clone()) {
            result.costs.push(staging(fixtures)?);
        }
    }
    Ok(results)
}

fn original(fixtures: &Fixtures) -> io::Result<Cost> {
    let Some(originals) = &fixtures.originals else { return Err(io::Error::other("no originals")) };
    let mut command = Command::new(&originals.builder);
    let out = layout(fixtures)?;
    flags(&mut command, fixtures, &out).envs(originals.variables.iter().cloned());
    measured(&command, &out.join("droplet"), &fixtures.work)
}

fn built_in(fixtures: &Fixtures, cold: bool) -> io::Result<Cost> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stage"));
    let out = layout(fixtures)?;
    flags(command.arg("builder"), fixtures, &out)
        .env("STAGE_JAVA_BUILDPACK", "builtin")
        .env("STAGE_TIMINGS", "1")
        .env("STAGE_CACHE_DIR", cache(&fixtures.caches[0], cold)?);
    measured(&command, &out.join("droplet"), &fixtures.work)
}

fn artifact(fixtures: &Fixtures, cold: bool) -> io::Result<Cost> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stage"));
    let droplet = layout(fixtures)?.join("droplet");
    platform(&mut command).env("STAGE_CACHE_DIR", cache(&fixtures.caches[1], cold)?);
    command.arg(&fixtures.jar).arg("-o").arg(format!("droplet:{}", droplet.display()));
    measured(&command, &droplet, &fixtures.work)
}

/// The cache folder, without pieces when it is to be cold.
fn cache(folder: &Path, cold: bool) -> io::Result<&Path> {
    if cold {
        clear(&folder.join("layers"))?;
    }
    Ok(folder)
}

/// A new folder for a staging, with the application's files in it and nothing left to write to the disk.
fn layout(fixtures: &Fixtures) -> io::Result<PathBuf> {
    let out = fixtures.work.join("staging");
    clear(&out)?;
    fs::create_dir_all(out.join("tmp"))?;
    quiet(Command::new("cp").arg("-al").arg(&fixtures.exploded).arg(out.join("app")))?;
    quiet(&mut Command::new("sync"))?;
    Ok(out)
}

fn flags<'a>(command: &'a mut Command, fixtures: &Fixtures, out: &Path) -> &'a mut Command {
    let flag = |name: &str, path: &Path| format!("-{name}={}", path.display());
    command
        .args(["-buildpackOrder=java_buildpack", "-skipDetect=true"])
        .arg(flag("buildpacksDir", &fixtures.buildpacks))
        .arg(flag("buildDir", &out.join("app")))
        .arg(flag("buildArtifactsCacheDir", &out.join("cache")))
        .arg(flag("outputDroplet", &out.join("droplet")))
        .arg(flag("outputMetadata", &out.join("result.json")))
        .arg(flag("outputBuildArtifactsCache", &out.join("output-cache")));
    platform(command).env("TMPDIR", out.join("tmp"))
}

/// The platform's variables.
fn platform(command: &mut Command) -> &mut Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env("PATH", path).env("LANG", "C.UTF-8").env("CF_STACK", "cflinuxfs4").env("MEMORY_LIMIT", "1G")
}
