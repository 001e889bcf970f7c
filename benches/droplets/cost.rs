//! What a whole tree of processes cost: GNU time tells, which waits for it.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::measure::command::timed;

const TIME: &str = "/usr/bin/time";

/// The cost of one staging.
#[derive(Clone, Debug)]
pub(crate) struct Cost {
    /// Wall time in milliseconds.
    pub(crate) wall_ms: f64,
    /// User and system time of all processes in seconds.
    pub(crate) cpu_s: f64,
    /// Most resident memory of one process in bytes, mapped files included.
    pub(crate) peak: u64,
    /// Size of the droplet in bytes.
    pub(crate) droplet: u64,
    /// Where the time went, if the program says so.
    pub(crate) phases: Option<String>,
}

/// Runs the command, which makes `droplet`; `work` is for files of this measurement.
pub(crate) fn measured(command: &Command, droplet: &Path, work: &Path) -> io::Result<Cost> {
    if !Path::new(TIME).exists() {
        return Err(io::Error::other(format!("`{TIME}` is missing: apt-get install time")));
    }
    let costs = work.join("costs");
    let mut under = Command::new(TIME);
    under.args(["-f", "%U %S %M", "-o"]).arg(&costs).arg(command.get_program()).args(command.get_args());
    under.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let run = timed(&mut under)?;
    let text = fs::read_to_string(&costs)?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [user, system, kilobytes] = numbers[..] else {
        return Err(io::Error::other(format!("`{TIME}` said `{text}`, not three numbers")));
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size, printed without fraction")]
    let peak = (kilobytes * 1024.0) as u64;
    let streams = [&run.output.stderr, &run.output.stdout].map(|stream| String::from_utf8_lossy(stream));
    let mut lines = streams.iter().flat_map(|stream| stream.lines());
    let phases = lines.find(|line| line.starts_with("total ")).map(str::to_owned);
    Ok(Cost { wall_ms: run.wall_ms, cpu_s: user + system, peak, droplet: fs::metadata(droplet)?.len(), phases })
}
