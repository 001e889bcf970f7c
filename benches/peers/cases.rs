//! The commands, in turn.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::fixtures::Fixtures;
use crate::measure::command::{Run, quiet, timed};
use crate::measure::ground::{clear, machine};

/// Wall times in milliseconds of every command, a value a round; the most anonymous memory of stage's runs in bytes.
#[derive(Default)]
pub(crate) struct Results {
    pub(crate) walls: BTreeMap<&'static str, Vec<f64>>,
    pub(crate) peak_memory: BTreeMap<&'static str, u64>,
    pub(crate) machine: String,
}

/// Names of the commands of stage, in the table's order.
pub(crate) const STAGE: [&str; 5] = ["unchanged", "one class changed", "cold none", "cold zstd", "cold gzip"];

pub(crate) fn run(fixtures: &Fixtures, rounds: usize) -> io::Result<Results> {
    let mut results = Results { machine: machine()?, ..Results::default() };
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        references(fixtures, &mut results)?;
        cold(fixtures, &mut results)?;
        warm(fixtures, &mut results, round)?;
        if let Some(class_path) = &fixtures.jib {
            jib(fixtures, class_path, &mut results, round)?;
        }
    }
    Ok(results)
}

impl Results {
    fn add(&mut self, name: &'static str, run: &Run) {
        self.walls.entry(name).or_default().push(run.wall_ms);
        let report: serde_json::Value = serde_json::from_slice(&run.output.stdout).unwrap_or_default();
        if let Some(peak) = report["peak_anonymous_memory"].as_u64() {
            let known = self.peak_memory.entry(name).or_default();
            *known = peak.max(*known);
        }
    }
}

/// What a core can do at best with the same bytes.
fn references(fixtures: &Fixtures, results: &mut Results) -> io::Result<()> {
    results.add("openssl sha256", &timed(Command::new("openssl").args(["dgst", "-sha256"]).arg(&fixtures.jar))?);
    let out = fixtures.work.join("zipkin.zst");
    let zstd = timed(Command::new("zstd").args(["-3", "-T2", "-q", "-f", "-o"]).arg(&out).arg(&fixtures.jar))?;
    results.add("zstd -3 -T2", &zstd);
    Ok(())
}

fn stage(cache: &Path, jar: &Path, output: &Path, compression: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stage"));
    command.env("STAGE_CACHE_DIR", cache).env_remove("SOURCE_DATE_EPOCH").env_remove("BP_JVM_VERSION");
    command.arg(jar).args(["--json", "--compression", compression, "-o", &format!("oci:{}", output.display())]);
    command
}

/// The cache holds JRE, base and launcher; the application was never seen.
fn cold(fixtures: &Fixtures, results: &mut Results) -> io::Result<()> {
    for (name, compression) in [("cold none", "none"), ("cold zstd", "zstd"), ("cold gzip", "gzip")] {
        let (cache, output) = (fixtures.work.join("cold-cache"), fixtures.work.join("cold-out"));
        clear(&cache)?;
        clear(&output)?;
        quiet(Command::new("cp").arg("-al").arg(&fixtures.cache).arg(&cache))?;
        results.add(name, &timed(&mut stage(&cache, &fixtures.jar, &output, compression))?);
    }
    Ok(())
}

fn warm(fixtures: &Fixtures, results: &mut Results, round: usize) -> io::Result<()> {
    let (cache, output) = (&fixtures.warm_cache, fixtures.work.join("out"));
    let jar = fixtures.work.join("app.jar");
    replace(&fixtures.jar, &jar)?;
    // A record so young proves nothing: the first run is not remembered, the second is.
    quiet(&mut stage(cache, &jar, &output, "gzip"))?;
    quiet(&mut stage(cache, &jar, &output, "gzip"))?;
    results.add("unchanged", &timed(&mut stage(cache, &jar, &output, "gzip"))?);
    forget_application(fixtures, round)?;
    replace(&fixtures.changed[round % 2], &jar)?;
    results.add("one class changed", &timed(&mut stage(cache, &jar, &output, "gzip"))?);
    Ok(())
}

/// Removes the changed jar's layer from the cache, so that "changed" means built, in every round.
fn forget_application(fixtures: &Fixtures, round: usize) -> io::Result<()> {
    let (cache, output) = (&fixtures.warm_cache, fixtures.work.join("forget-out"));
    let jar = &fixtures.changed[round % 2];
    let report = quiet(&mut stage(cache, jar, &output, "gzip"))?;
    let report: serde_json::Value = serde_json::from_str(&report)?;
    let layers = report["layers"].as_array().cloned().unwrap_or_default();
    for layer in layers.iter().filter(|layer| layer["name"] == "application") {
        let digest = layer["digest"].as_str().and_then(|digest| digest.strip_prefix("sha256:")).unwrap_or_default();
        fs::remove_file(cache.join("layers/blobs/sha256").join(digest))?;
    }
    clear(&output)
}

fn jib(fixtures: &Fixtures, class_path: &str, results: &mut Results, round: usize) -> io::Result<()> {
    let (cache, output) = (fixtures.work.join("jib-cache"), fixtures.work.join("jib.tar"));
    let jar = fixtures.work.join("jib-app.jar");
    let run = || timed(Command::new("java").args(["-cp", class_path, "JibDriver"]).arg(&jar).arg(&cache).arg(&output));
    clear(&cache)?;
    replace(&fixtures.jar, &jar)?;
    results.add("Jib cold", &run()?);
    results.add("Jib unchanged", &run()?);
    replace(&fixtures.changed[round % 2], &jar)?;
    results.add("Jib one class changed", &run()?);
    Ok(())
}

/// Puts a copy of `from` at `to` as a new file: no earlier record knows it.
fn replace(from: &Path, to: &Path) -> io::Result<()> {
    let new = to.with_extension("new");
    fs::copy(from, &new)?;
    fs::rename(new, to)
}
